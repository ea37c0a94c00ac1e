# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine, password
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once

CA = builders.authority("CA one")
LABEL = "epinio.io/api-export-registry"
NEW = "n3w-s3cret"


@pytest.fixture(autouse=True)
def tried(monkeypatch):
    """Collect what is tried; who has `denied` in the name is denied."""
    seen = []

    def check(attempts, **limits):
        seen.append(([one.name for one in attempts], limits))
        assert {leg.credentials.password for one in attempts for leg in (one.chart, one.image)} <= {NEW}
        found = [(one.name, "denied" if "denied" in one.name else "ok") for one in attempts]
        said = {"message": "The registry said no.", "remedy": "Ask it."}
        legs = [{leg: {"verdict": verdict, **said} for leg in ("chart", "image")} for _name, verdict in found]
        return [{"name": n, "verdict": v, "legs": leg, "duration": 0.1} for (n, v), leg in zip(found, legs)]

    monkeypatch.setattr(password.proof, "check", check)
    return seen


def run(api, *, check_mode=False, diff=False, **options):
    given = {
        "host": api.url,
        "api_key": "t0ken",
        "namespace": "epinio",
        "timeout": 5.0,
        "registry": "registry.example.com",
        "registry_username": "robot",
        "registry_password": NEW,
        "names": None,
        "managed_only": False,
        "verify": "before",
        "recreate": False,
        **options,
    }
    return engine.run("export_registry_password", given, check_mode=check_mode, diff=diff)


def actions(result):
    return {entry["name"]: entry["action"] for entry in result["destinations"]}


def password_of(api, name):
    return builders.stored(api.secrets[name])[2]


def by_hand(name, **changes):
    secret = builders.destination_secret(name, style="pretty", labels={"team": "x"}, annotations={"note": "by hand"})
    return {**secret, **changes}


def test_check_do_check_again_do_again(api, tried):
    for secret in (
        by_hand("one"),
        by_hand("two"),
        builders.destination_secret(
            "other", config=builders.docker_config("registry.example.com", "somebody", "s3cret")
        ),
    ):
        api.store(secret)
    checked = run(api, check_mode=True, diff=True)
    assert api.writes() == []
    done = run(api, diff=True)
    assert checked.result == done.result
    assert actions(done.result) == {"one": "changed", "two": "changed"}
    assert done.result["refused"] == []
    assert [entry["fields"] for entry in done.result["destinations"]] == [["registry_password"]] * 2
    assert "s3cret" not in json.dumps(done.result)
    assert {password_of(api, name) for name in ("one", "two")} == {NEW}
    assert password_of(api, "other") == "s3cret"
    for check_mode in (True, False):
        before = len(tried)
        again = run(api, check_mode=check_mode)
        assert again.result["changed"] is False
        assert actions(again.result) == {"one": "kept", "two": "kept"}
        assert [names for names, _limits in tried[before:]] == [[]]


def test_everything_else_stays_byte_for_byte(api):
    secret = by_hand("one", type="kubernetes.io/dockerconfigjson")
    secret["metadata"]["ownerReferences"] = [{"uid": "x", "kind": "Thing", "name": "thing", "apiVersion": "v1"}]
    secret["data"]["other"] = base64.b64encode(b"\xff\x00").decode()
    secret["data"]["certs"] = base64.b64encode(b"ca").decode()
    api.store(secret)
    api.store(builders.certificate_secret("ca", CA))
    before = copy.deepcopy(api.secrets["one"])
    outcome = run(api)
    after = api.secrets["one"]
    assert ["also belongs to Thing" in warning for warning in outcome.warnings] == [True]
    for side in (before, after):
        del side["metadata"]["resourceVersion"]
    config = base64.b64decode(before["data"][".dockerconfigjson"]).decode()
    wanted = config.replace('"s3cret"', f'"{NEW}"').replace(
        builders.auth("robot", "s3cret"), builders.auth("robot", NEW)
    )
    assert base64.b64decode(after["data"].pop(".dockerconfigjson")).decode() == wanted
    before["data"].pop(".dockerconfigjson")
    assert after == before


def test_a_diff_shows_no_metadata_of_others(api):
    """The annotation of kubectl apply holds the old password."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "0ld-s3cret"}
    api.store(builders.destination_secret("one", annotations=applied))
    diff = run(api, diff=True).result["diff"]
    assert "0ld-s3cret" not in json.dumps(diff)
    before, after = (diff[side]["destinations"]["one"] for side in ("before", "after"))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"registry_password"}
    assert after["registry_password"] == "(changed)"


def test_the_denied_keep_the_old_one_and_fail_the_run(api, tried):
    for name in ("denied", "one"):
        api.store(by_hand(name))
    with pytest.raises(Failure) as failed:
        run(api)
    assert str(failed.value) == (
        "1 of 2 destinations keep their old password.\n- denied: The registry said no. Ask it."
    )
    result = failed.value.result
    assert (result["changed"], actions(result)) == (True, {"one": "changed"})
    [refused] = result["refused"]
    assert (refused["name"], refused["verdict"], refused["problems"]) == ("denied", "denied", [])
    assert set(refused["legs"]) == {"chart", "image"}
    assert (password_of(api, "denied"), password_of(api, "one")) == ("s3cret", NEW)


def test_what_needs_repair_is_refused_with_its_problems_and_not_tried(api, tried):
    config = builders.docker_config("registry.example.com", "robot", "s3cret")
    config["auths"]["registry.example.com"]["auth"] = ""
    api.store(builders.destination_secret("broken", config=config))
    two = {"auths": {**builders.docker_config("a.example.com", "x", "y")["auths"], **config["auths"]}}
    api.store(builders.destination_secret("several", config=two))
    api.store(
        builders.destination_secret(
            "spelled", config=builders.docker_config("https://Registry.example.com/", "robot", "s")
        )
    )
    with pytest.raises(Failure, match=r"^3 of 3 destinations keep their old password") as failed:
        run(api)
    codes = {one["name"]: {problem["code"] for problem in one["problems"]} for one in failed.value.result["refused"]}
    assert codes["broken"] == {"auth_missing"}
    assert codes["several"] == {"auths_several"}
    assert codes["spelled"]
    assert {one["verdict"] for one in failed.value.result["refused"]} == {"unusable"}
    assert [names for names, _limits in tried] == [[]]
    assert api.writes() == []


def test_never_asks_no_registry(api, tried):
    api.store(by_hand("denied"))
    assert actions(run(api, verify="never").result) == {"denied": "changed"}
    assert tried == []


def test_nothing_matches(api):
    api.store(by_hand("one"))
    outcome = run(api, registry_username="nobody")
    assert (outcome.result["changed"], outcome.result["destinations"]) == (False, [])
    assert list(outcome.warnings) == [
        "registry: No destination of the namespace logs in to 'registry.example.com' with this user name. "
        "Compare both with what export_registry_info shows."
    ]


def test_names_and_managed_only(api):
    api.store(by_hand("one"))
    api.store(builders.destination_secret("two", labels={"epinio.registries/managed": "destination"}))
    api.store(by_hand("three"))
    assert actions(run(api, managed_only=True).result) == {"two": "changed"}
    assert actions(run(api, names=["one", "two"]).result) == {"one": "changed", "two": "kept"}
    assert password_of(api, "three") == "s3cret"


def test_a_name_that_is_not_there(api):
    with pytest.raises(Failure) as failed:
        run(api, names=["one"])
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["destination_missing"]


def test_all_problems_at_once(api):
    with pytest.raises(Failure) as failed:
        run(api, registry="HTTPS://registry.example.com", registry_username="a:b", registry_password="s3cret\n")
    problems = failed.value.result["problems"]
    assert [(one["option"], one["code"]) for one in problems] == [
        ("registry", "registry_not_canonical"),
        ("registry_username", "username_colon"),
        ("registry_password", "control_character"),
    ]
    assert api.requests == []
    with pytest.raises(Failure) as failed:
        run(api, registry=None, registry_username=None, registry_password=None)
    assert [one["code"] for one in failed.value.result["problems"]] == ["option_required"] * 3


def test_an_immutable_one(api):
    api.store(by_hand("one", immutable=True))
    api.store(by_hand("two"))
    with pytest.raises(Failure) as failed:
        run(api)
    [problem] = failed.value.result["problems"]
    assert (problem["code"], problem["name"], problem["option"]) == ("immutable", "one", "recreate")
    assert api.writes() == []
    assert actions(run(api, recreate=True).result) == {"one": "changed", "two": "changed"}
    assert (password_of(api, "one"), api.secrets["one"]["immutable"]) == (NEW, True)


def test_one_that_is_being_deleted(api):
    api.store(builders.waiting(by_hand("one"), deleted=True))
    with pytest.raises(Failure) as failed:
        run(api)
    assert [one["code"] for one in failed.value.result["problems"]] == ["being_deleted"]


def test_another_round_tries_nothing_again(api, tried):
    """Somebody else writes to a secret meanwhile: it is planned anew, and what was tried is known."""
    for name in ("denied", "one"):
        api.store(by_hand(name))
    api.faults.append(once("PUT", (409, {}, {"message": "the object has been modified"})))
    with pytest.raises(Failure) as failed:
        run(api)
    assert [names for names, _limits in tried] == [["denied", "one"], []]
    assert len({id(limits["session"]) for _names, limits in tried}) == 1
    assert actions(failed.value.result) == {"one": "changed"}


def test_a_failure_says_what_was_done(api):
    for name in ("one", "two"):
        api.store(by_hand(name))
    api.faults.append(once("PUT", (403, {}, {"message": "no"}), skip=1, times=9))
    with pytest.raises(Failure) as failed:
        run(api)
    assert failed.value.result["changed"] is True
    assert "1 of the changes were made before" in str(failed.value)
    assert sorted(password_of(api, name) for name in ("one", "two")) == [NEW, "s3cret"]

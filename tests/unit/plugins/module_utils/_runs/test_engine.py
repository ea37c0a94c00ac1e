# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import api as _api
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster
from ansible_collections.epinio.registries.plugins.module_utils._runs import converge, engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer, once

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")
BUSY = (429, {"Retry-After": "0"}, {"message": "too many requests"})
BROKEN = (500, {}, {"message": "etcdserver: leader changed"})
UNKNOWN = (401, {}, {"message": "Unauthorized"})
FORBIDDEN = (403, {}, {"message": 'secrets is forbidden: User "tester" cannot do that'})


ABSENT = {"state": "absent"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(_api.time, "sleep", lambda _seconds: None)
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api():
    with ApiServer() as server:
        yield server


def params(api, **options):
    return {"host": api.url, "api_key": "t0ken", "namespace": "epinio", "timeout": 5.0, **options}


def run_list(api, *items, check_mode=False, diff=False, **options):
    given = params(api, destinations=list(items), **{"prune": False, "prune_all": False, "prune_except": (), **options})
    return engine.run("export_registries", given, check_mode=check_mode, diff=diff)


def actions(outcome):
    return {
        kind: {entry["name"]: (entry["action"], entry["fields"]) for entry in outcome[kind]}
        for kind in ("destinations", "certificates")
    }


def test_check_do_check_again_do_again(api):
    items = [builders.item("acme", certificate=CA), builders.item("beta")]
    checked = run_list(api, *items, check_mode=True, diff=True)
    assert api.writes() == []
    done = run_list(api, *items, diff=True)
    assert checked.result == done.result
    assert done.result["changed"] is True
    assert actions(done.result) == {
        "destinations": {"acme": ("created", []), "beta": ("created", [])},
        "certificates": {"acme-certificate": ("created", [])},
    }
    assert [entry["certificate_secret"] for entry in done.result["destinations"]] == ["acme-certificate", None]
    assert done.result["counts"] == {"created": 3, "changed": 0, "removed": 0, "kept": 0}
    for check_mode in (True, False):
        before = len(api.requests)
        again = run_list(api, *items, check_mode=check_mode)
        assert again.result["changed"] is False
        assert again.result["counts"] == {"created": 0, "changed": 0, "removed": 0, "kept": 3}
        assert "diff" not in again.result
        assert [method for method, _path in api.requests[before:]] == ["GET", "GET"]


def test_diff_shows_no_login_that_somebody_wrote_before_a_host(api):
    config = builders.docker_config("robot:0ther@registry.example.com", "robot", "s3cret")
    annotations = {"epinio.io/registry-namespace": "robot:0ther@acme"}
    api.store(builders.destination_secret("acme", config=config, annotations=annotations))
    changed = run_list(api, builders.item("acme", adopt=True), diff=True)
    before = changed.result["diff"]["before"]["destinations"]["acme"]
    assert (before["registry"], before["organization"]) == ("********@registry.example.com", "********@acme")
    assert "0ther" not in str(changed.result)


def test_diff_shows_facts_and_no_secret(api):
    run_list(api, builders.item("acme", registry_password="0ld-s3cret"))
    changed = run_list(
        api, builders.item("acme", registry_password="n3w-s3cret", organization="team", certificate=CA), diff=True
    )
    before, after = changed.result["diff"]["before"], changed.result["diff"]["after"]
    assert before["destinations"]["acme"]["registry_password"] == "(set)"
    assert after["destinations"]["acme"]["registry_password"] == "(changed)"
    assert (before["destinations"]["acme"]["organization"], after["destinations"]["acme"]["organization"]) == (
        "acme",
        "team",
    )
    assert after["certificates"]["acme-certificate"]["certificate"][0].startswith("CN=CA one sha256:")
    text = json.dumps(changed.result)
    assert "s3cret" not in text
    assert builders.auth("robot", "n3w-s3cret") not in text
    removed = run_list(api, builders.item("acme", state="absent"), diff=True)
    assert list(removed.result["diff"]["before"]["destinations"]) == ["acme"]
    assert removed.result["diff"]["after"] == {"destinations": {}, "certificates": {}}


@pytest.mark.parametrize(
    ("username", "password", "shown"),
    [
        pytest.param("robot", "dop_v1_made_up", True, id="apart"),
        pytest.param("dop_v1_made_up", "dop_v1_made_up", False, id="the password"),
        pytest.param("DOP_V1_made_up", "dop_v1_made_up", False, id="the password in other cases"),
        pytest.param("acme-dop_v1_made_up-x", "dop_v1_made_up", False, id="holds the password"),
        pytest.param("team-token-for-x", "x", False, id="holds a short password"),
        pytest.param("v1_made_up", "dop_v1_made_up", False, id="a part of the password"),
        pytest.param("made_up", "dop_v1_made_up", True, id="less than eight characters of it"),
    ],
)
def test_a_user_name_that_tells_the_password_shows_nowhere(api, username, password, shown):
    item = builders.item("acme", registry_username=username, registry_password=password)
    for change in ({"registry_username": "other"}, {"registry_password": "another one"}, ABSENT):
        for then in (item, {**item, **change}):
            sides = run_list(api, then, diff=True).result["diff"].values()
            names = {entry["registry_username"] for side in sides for entry in side["destinations"].values()}
            assert names
            assert names <= {username if shown else "********", "other"}
    run_list(api, item)
    [entry] = engine.run("export_registry_info", params(api)).result["destinations"]
    assert entry["username"] == (username if shown else "********")


def test_prune_is_reported_behind_the_list(api):
    run_list(api, builders.item("old", certificate=CA), builders.item("kept"))
    pruned = run_list(api, builders.item("kept"), prune=True)
    assert actions(pruned.result) == {
        "destinations": {"kept": ("kept", []), "old": ("removed", [])},
        "certificates": {"old-certificate": ("removed", [])},
    }


def test_a_bad_list_writes_nothing_and_says_everything(api):
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"), builders.item("Beta"), builders.item("gamma", registry=""))
    assert str(failed.value) == (
        "Nothing was written: 2 problems.\n"
        "- destinations[1] (Beta), name: 'Beta' has upper-case letters. Use 'beta'.\n"
        "- destinations[2] (gamma), registry: It is missing or empty. Set registry."
    )
    assert failed.value.result["changed"] is False
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["name_invalid", "option_required"]
    assert api.requests == []


def test_a_long_list_of_problems_is_short_in_the_message(api):
    with pytest.raises(Failure) as failed:
        run_list(api, *(builders.item("Acme") for _number in range(150)))
    assert str(failed.value).count("\n") == 101
    assert str(failed.value).endswith("\n- and 199 more, in problems")
    assert len(failed.value.result["problems"]) == 299


def test_what_the_cluster_does_not_allow_is_said_before_the_first_write(api):
    api.store(builders.secret("beta", {"key": b"x"}))
    with pytest.raises(Failure, match="The secret 'beta' is there already and is not an export destination"):
        run_list(api, builders.item("acme"), builders.item("beta"))
    assert api.writes() == []


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(builders.item("acme", registry="https://robot:s3cret@registry.example.com"), id="in the registry"),
        pytest.param(builders.item("s3cret!", registry_password="s3cret!"), id="as the name"),
        pytest.param(builders.item("acme", registry_password="s3cret\ud800"), id="before what is no UTF-8"),
        pytest.param(
            builders.item("acme", registry_password="'\"s3cret\\'/", certificate_secret="'\"s3cret\\'/"),
            id="as the certificate secret, with quotes",
        ),
        pytest.param(builders.item("'\"s3cret\\'/", registry_password="'\"s3cret\\'/"), id="as the name, with quotes"),
    ],
)
def test_a_secret_that_stands_in_an_option_is_masked(api, item):
    with pytest.raises(Failure) as failed:
        run_list(api, item)
    assert "s3cret" not in str(failed.value) + json.dumps(failed.value.result)


def test_a_secret_within_a_password_that_is_no_text_is_masked(api):
    item = builders.item("acme", registry="https://robot:s3cret@example.com", registry_password={"value": ["s3cret"]})
    with pytest.raises(Failure) as failed:
        run_list(api, item)
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["registry_not_canonical", "not_text"]
    assert "s3cret" not in str(failed.value) + json.dumps(failed.value.result)


@pytest.mark.parametrize(
    "users",
    [
        pytest.param(1, id="a number"),
        pytest.param("one", id="text"),
        pytest.param([None], id="null in the list"),
        pytest.param([{"name": "one"}], id="a user without content"),
        pytest.param([{"user": None}], id="null for a user"),
        pytest.param([{"user": ["s3cret"]}], id="a list for a user"),
    ],
)
def test_users_of_a_kubeconfig_may_be_anything(users):
    with pytest.raises(Failure, match=r"The kubeconfig that kubeconfig gives has "):
        engine.run("export_registry_info", {"kubeconfig": {"users": users}, "namespace": "epinio", "timeout": 5.0})


def test_a_secret_of_the_kubeconfig_is_masked(api):
    config = {
        "clusters": [{"name": "one", "cluster": {"server": api.url}}],
        "users": [{"name": "one", "user": {"token": "t0k3n-of-config"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    api.faults.append(once("GET", (403, {}, {"message": "no to t0k3n-of-config"}), times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"), host=None, api_key=None, kubeconfig=config)
    assert str(failed.value).startswith("A permission is missing: no to ********.")


def test_single_destination_and_certificate(api):
    shared = params(api, name="company-ca", certificate=CA, state="present")
    assert engine.run("export_registry_certificate", shared).result["certificates"][0]["action"] == "created"
    one = {**params(api), **builders.item("acme", certificate_secret="company-ca")}
    assert actions(engine.run("export_registry", one).result) == {
        "destinations": {"acme": ("created", [])},
        "certificates": {},
    }
    gone = {**shared, "state": "absent"}
    with pytest.raises(Failure, match="These destinations name it: acme"):
        engine.run("export_registry_certificate", gone)
    assert engine.run("export_registry", {**one, "state": "absent"}).result["counts"]["removed"] == 1
    assert engine.run("export_registry_certificate", gone).result["changed"] is True
    assert engine.run("export_registry_certificate", gone).result["changed"] is False


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BUSY, id="busy"),
        pytest.param(BROKEN, id="broken"),
        "cut",
        "lost",
        pytest.param(200, {}, b'{"tru', id="half an answer"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_passing_fault_does_not_fail_a_run_nor_change_its_report(api, method, fault, skip):
    run_list(api, *(builders.item(name) for name in ("a", "b", "c")))
    run_list(api, *(builders.item(name, certificate=CA) for name in ("x", "y", "z")))
    items = [
        *(builders.item(name, organization="team") for name in ("a", "b", "c")),
        *(builders.item(name) for name in ("k", "l", "m")),
        *(builders.item(name, state="absent") for name in ("x", "y", "z")),
    ]
    api.faults.append(once(method, fault, skip=skip))
    outcome = run_list(api, *items)
    assert outcome.result["counts"] == {"created": 3, "changed": 3, "removed": 6, "kept": 0}
    assert run_list(api, *items).result["changed"] is False


def test_a_lasting_fault_reports_what_was_done(api):
    api.faults.append(once("POST", FORBIDDEN, skip=2, times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, *(builders.item(name, certificate=CA) for name in ("a", "b", "c")))
    assert str(failed.value).startswith('A permission is missing: secrets is forbidden: User "tester" cannot do that.')
    assert "2 of the changes were made before; once this is mended, a second run makes the rest." in str(failed.value)
    assert failed.value.result["changed"] is True
    assert {entry["action"] for entry in failed.value.result["certificates"]} == {"created"}
    assert failed.value.result["destinations"] == []
    assert "not known" not in str(failed.value)
    api.faults.clear()
    assert run_list(api, *(builders.item(name, certificate=CA) for name in ("a", "b", "c"))).result["counts"] == {
        "created": 4,
        "changed": 0,
        "removed": 0,
        "kept": 2,
    }


def test_a_write_without_an_answer_is_named(api):
    api.faults.append(once("POST", "lost", times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"), timeout=0.5)
    assert "It is not known whether these were written: acme." in str(failed.value)


def test_a_concurrent_change_is_planned_anew(api):
    run_list(api, builders.item("acme"))

    def meanwhile(method, _path):
        if method == "PUT" and len(api.writes()) == 2:
            raw = json.loads(json.dumps(api.secrets["acme"]))
            raw["metadata"]["labels"]["team"] = "x"
            api.store(raw)

    api.faults.append(meanwhile)
    outcome = run_list(api, builders.item("acme", organization="team"))
    assert actions(outcome.result)["destinations"] == {"acme": ("changed", ["organization"])}
    assert api.secrets["acme"]["metadata"]["labels"]["team"] == "x"


def test_what_somebody_else_did_meanwhile_is_not_reported_as_ours(api):
    def meanwhile(method, _path):
        if method == "POST":
            api.store(builders.destination_secret("acme"))
            api.faults.clear()

    api.faults.append(meanwhile)
    outcome = run_list(api, builders.item("acme"))
    assert actions(outcome.result)["destinations"] == {"acme": ("kept", [])}
    assert outcome.result["changed"] is False


def test_every_write_whose_answer_was_lost_is_reported(api):
    api.faults.append(once("POST", "lost", times=6))
    items = [builders.item(f"d{number}") for number in range(6)]
    outcome = run_list(api, *items, timeout=60.0)  # long enough for a write that meets all six
    assert outcome.result["counts"] == {"created": 6, "changed": 0, "removed": 0, "kept": 0}


def test_what_another_run_creates_while_this_one_reads_is_no_foreign_secret(api):
    items = [builders.item("acme", certificate=CA), builders.item("team")]
    run_list(api, *items)
    stored, api.secrets = api.secrets, {}
    lists = iter(range(99))

    def appear(method, path):
        if method == "GET" and path.endswith("/secrets") and next(lists) == 2:  # both labels are listed by then
            api.secrets = stored

    api.faults.append(appear)
    assert run_list(api, *items).result["counts"] == {"created": 0, "changed": 0, "removed": 0, "kept": 3}


def pem(secret):
    return base64.b64decode(secret["data"]["tls.crt"]).decode()


def beside(api, method, name, action, answer=None):
    """Do something as the first such write of a secret arrives (of any secret, for POST), before it is acted on."""

    def fault(asked, path):
        if asked == method and path.endswith("/secrets" if method == "POST" else f"/{name}"):
            api.faults.clear()
            action()
            return answer
        return None

    api.faults.append(fault)


@pytest.fixture
def certificate_alone(api):
    """A certificate secret of ours that no destination names; a foreign label is on it."""
    run_list(api, builders.item("acme", certificate=CA))
    del api.secrets["acme"]
    api.secrets["acme-certificate"]["metadata"]["labels"]["team"] = "x"
    return api.secrets["acme-certificate"]


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_another_run_removes_comes_back(api):
    item = builders.item("acme", certificate=CA)
    beside(api, "POST", "acme", lambda: run_list(api, builders.item("beta"), prune=True))
    outcome = run_list(api, item)
    assert actions(outcome.result) == {
        "destinations": {"acme": ("created", [])},
        "certificates": {"acme-certificate": ("created", [])},
    }
    assert set(api.secrets) == {"acme", "acme-certificate", "beta"}
    assert run_list(api, item).result["changed"] is False


@pytest.mark.parametrize(
    ("lost", "deletes", "posts"),
    [
        pytest.param(None, 1, 3, id="every answer arrives"),
        pytest.param("DELETE", 2, 3, id="the removal's answer is lost"),
        pytest.param("POST", 1, 4, id="the creation's answer is lost"),
    ],
)
def test_a_certificate_that_another_run_begins_to_name_comes_back(api, certificate_alone, lost, deletes, posts):
    """As it was; also where the answer to its removal, or to its creation, is lost."""
    before = len(api.requests)
    item = builders.item("acme", certificate=CA)

    def name_it():
        run_list(api, item)
        api.faults.append(once("POST", "lost" if lost == "POST" else None))

    beside(api, "DELETE", "acme-certificate", name_it, answer="lost" if lost == "DELETE" else None)
    outcome = run_list(api, builders.item("beta"), prune=True, prune_except=["acme"], diff=True)
    assert actions(outcome.result) == {"destinations": {"beta": ("created", [])}, "certificates": {}}
    assert list(outcome.result["diff"]["after"]["destinations"]) == ["beta"]
    assert outcome.result["diff"]["before"]["certificates"] == {}
    back = api.secrets["acme-certificate"]
    assert {key: back[key] for key in ("data", "type")} == {key: certificate_alone[key] for key in ("data", "type")}
    assert back["metadata"]["labels"] == certificate_alone["metadata"]["labels"]
    sent = [method for method, _path in api.requests[before:]]
    assert (sent.count("DELETE"), sent.count("POST")) == (deletes, posts)
    assert run_list(api, item).result["changed"] is False


def test_a_run_that_fails_brings_certificates_back_too(api, certificate_alone):
    """No later run of this list could."""
    item = builders.item("acme", certificate=CA)
    beside(api, "DELETE", "acme-certificate", lambda: (run_list(api, item), api.faults.append(once("GET", UNKNOWN))))
    with pytest.raises(Failure):
        run_list(api, builders.item("beta"), prune=True, prune_except=["acme"])
    assert api.secrets["acme-certificate"]["data"] == certificate_alone["data"]
    assert run_list(api, item).result["changed"] is False


def test_a_certificate_whose_removal_is_in_doubt_is_brought_back_too(api, certificate_alone):
    item = builders.item("acme", certificate=CA)

    def name_it():
        run_list(api, item)
        api.faults.append(once("DELETE", "cut", times=7))

    beside(api, "DELETE", "acme-certificate", name_it, answer="lost")
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("beta"), prune=True, prune_except=["acme"], timeout=600)
    assert "broke" in str(failed.value)
    assert "not known" not in str(failed.value)
    assert api.secrets["acme-certificate"]["data"] == certificate_alone["data"]


def test_what_stands_was_not_deleted(api):
    """A removal is repeated, and in between somebody else changes what was to go; then the run fails."""
    beta = builders.item("beta", certificate=CA)
    run_list(api, builders.item("acme"), beta)

    def touch():
        api.store(api.secrets["acme"])
        del api.secrets["beta-certificate"]
        api.faults.append(once("POST", FORBIDDEN))

    beside(api, "DELETE", "acme", touch, answer=(503, {}, {"message": "busy"}))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", state="absent"), beta)
    assert failed.value.result["changed"] is False
    assert "deleted" not in str(failed.value)


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_stands_was_not_removed(api):
    """Its removal is repeated, and in between another run changes it and names it."""
    other = builders.item("acme", certificate=OTHER_CA)
    beside(api, "DELETE", "acme-certificate", lambda: run_list(api, other), answer=(503, {}, {"message": "busy"}))
    outcome = run_list(api, prune=True, prune_except=["acme"])
    assert outcome.result["counts"]["removed"] == 0
    assert set(api.secrets) == {"acme", "acme-certificate"}


@pytest.mark.usefixtures("certificate_alone")
def test_certificates_that_cannot_be_brought_back_are_named(api):
    item = builders.item("acme", certificate=CA)
    beside(
        api,
        "DELETE",
        "acme-certificate",
        lambda: (run_list(api, item), api.faults.append(once("POST", FORBIDDEN, times=9))),
    )
    with pytest.raises(Failure) as failed:
        run_list(api, prune=True, prune_except=["acme"])
    assert str(failed.value).endswith(
        " 1 of the changes were made before; once this is mended, a second run makes the rest. "
        "These certificate secrets were removed while destinations began to name them, and could not be brought back: "
        "acme-certificate. Create them again."
    )
    assert actions({"destinations": [], **failed.value.result})["certificates"] == {"acme-certificate": ("removed", [])}


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_comes_back_as_it_was_at_last(api, monkeypatch):
    """It is removed, made with another content by another run, removed again, and then named."""
    other = builders.item("acme", certificate=OTHER_CA)

    look = converge._look_again

    def first_look(*_arguments):
        monkeypatch.setattr(converge, "_look_again", look)
        run_list(api, other)
        del api.secrets["acme"]
        beside(api, "DELETE", "acme-certificate", lambda: run_list(api, other))
        raise cluster.Conflict([])

    monkeypatch.setattr(converge, "_look_again", first_look)
    run_list(api, builders.item("beta"), prune=True, prune_except=["acme"])
    assert pem(api.secrets["acme-certificate"]) == OTHER_CA
    assert run_list(api, other).result["changed"] is False


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_somebody_makes_by_hand_again_is_left_to_them(api):
    def by_hand():
        certs = base64.b64encode(b"acme-certificate").decode()
        api.store(builders.destination_secret("acme", data={"certs": certs}))

    def instead(method, path):
        if method == "GET" and "acme-certificate" not in api.secrets:
            api.store(builders.certificate_secret("acme-certificate", OTHER_CA))

    beside(api, "DELETE", "acme-certificate", lambda: (by_hand(), api.faults.append(instead)))
    outcome = run_list(api, builders.item("beta"), prune=True)
    assert actions(outcome.result)["certificates"] == {"acme-certificate": ("removed", [])}
    assert pem(api.secrets["acme-certificate"]) == OTHER_CA


def test_the_look_reads_no_content_of_foreign_certificates(api):
    items = [builders.item(name, certificate_secret=f"{name}-ca") for name in ("a", "b", "c")]
    for item in items:
        api.store(builders.certificate_secret(item["certificate_secret"], CA))
    run_list(api, *items)
    read = [path.rpartition("/")[2] for method, path in api.requests if method == "GET"]
    together = (slice(0, 2), slice(2, 4), slice(4, 7), slice(7, None))  # side by side, in whatever order they arrive
    assert [sorted(read[part]) for part in together] == [
        ["secrets", "secrets"],
        ["epinio", "secrets"],
        ["a-ca", "b-ca", "c-ca"],
        ["secrets"] * 3,
    ]


def test_a_shared_certificate_that_gets_a_destination_while_it_goes_stays(api):
    shared = {"name": "ca", "certificate": CA, "state": "present"}
    engine.run("export_registry_certificate", params(api, **shared))
    beside(api, "DELETE", "ca", lambda: run_list(api, builders.item("acme", certificate_secret="ca")))
    with pytest.raises(Failure) as failed:
        engine.run("export_registry_certificate", params(api, **{**shared, "state": "absent"}))
    assert str(failed.value) == (
        "Nothing was written: 1 problem.\n- ca, state: These destinations name it: acme. Remove them first, or give "
        "them another certificate."
    )
    assert failed.value.result["changed"] is False
    assert set(api.secrets) == {"acme", "ca"}


def test_a_shared_certificate_that_goes_while_it_gets_a_destination_is_missing(api):
    engine.run("export_registry_certificate", params(api, name="ca", certificate=CA, state="present"))
    beside(api, "POST", "acme", lambda: api.secrets.pop("ca"))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", certificate_secret="ca"))
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["certificate_missing"]
    assert str(failed.value).startswith("Nothing more was written: 1 problem.")
    assert actions({"certificates": [], **failed.value.result})["destinations"] == {"acme": ("created", [])}


def test_endless_conflicts_end(api):
    api.faults.append(once("POST", (409, {}, {"message": "exists"}), times=99))
    with pytest.raises(Failure, match="Something else kept changing secrets"):
        run_list(api, builders.item("acme"))


def test_a_missing_namespace(api):
    with pytest.raises(Failure, match=r"There is no namespace 'nowhere'\. Install Epinio first"):
        run_list(api, builders.item("acme"), namespace="nowhere")
    with pytest.raises(Failure, match="There is no namespace 'nowhere'"):
        engine.run("export_registry_info", params(api, namespace="nowhere"))


def no_list(method, path):
    if method == "GET" and path.endswith("/secrets"):
        return 403, {}, {"message": "cannot list"}
    return None


def test_without_list_single_reads_do(api):
    api.faults.append(no_list)
    items = [builders.item("acme", certificate=CA), builders.item("beta", certificate_secret="acme-certificate")]
    assert run_list(api, *items).result["counts"]["created"] == 3
    assert run_list(api, *items).result["counts"]["kept"] == 3
    with pytest.raises(Failure, match="Grant the verb list on secrets"):
        run_list(api, *items, prune=True)
    with pytest.raises(Failure, match="'acme-certificate' would go"):
        run_list(api, builders.item("acme"))
    info = engine.run("export_registry_info", params(api, names=["acme"])).result
    assert info["destinations"][0]["usable"] is True
    with pytest.raises(Failure, match="or give names"):
        engine.run("export_registry_info", params(api))


def test_without_get_either_the_missing_permission_is_named(api):
    api.faults.append(lambda _method, path: (403, {}, {"message": "cannot"}) if "/secrets" in path else None)
    with pytest.raises(Failure, match="A permission is missing: cannot"):
        run_list(api, builders.item("acme"))


def test_info_as_epinio_reads_it(api):
    run_list(api, builders.item("acme", certificate=CA))
    api.store(builders.destination_secret("half", config={"auths": {"registry.example.com": {"username": "a"}}}))
    api.store(builders.secret("other", {"key": b"x"}))
    result = engine.run("export_registry_info", params(api)).result
    assert [one["name"] for one in result["destinations"]] == ["acme", "half"]
    acme, half = result["destinations"]
    assert acme == {
        "name": "acme",
        "namespace": "epinio",
        "registry": "registry.example.com",
        "organization": "acme",
        "username": "robot",
        "url": "registry.example.com/acme",
        "listed": True,
        "usable": True,
        "legs": {"list": {"ok": True}, "chart": {"ok": True}, "image": {"ok": True}},
        "problems": [],
        "certificate": acme["certificate"],
        "managed": True,
        "written_by": None,
    }
    assert acme["certificate"]["secret"] == "acme-certificate"
    assert acme["certificate"]["certificates"][0]["subject"] == "CN=CA one"
    assert acme["certificate"]["expires"] == acme["certificate"]["certificates"][0]["not_after"]
    assert (half["listed"], half["usable"], half["managed"]) == (True, False, False)
    assert {"code", "leg", "message", "remedy"} == set(half["problems"][0])
    assert [(one["secret"], one["destinations"], one["managed"]) for one in result["certificates"]] == [
        ("acme-certificate", ["acme"], True)
    ]
    named = engine.run("export_registry_info", params(api, names=["other", "nowhere"])).result
    assert [(one["name"], one["listed"]) for one in named["destinations"]] == [("other", False)]


def test_an_unverified_connection_is_a_warning(api, monkeypatch):
    monkeypatch.setattr(cluster.Cluster, "verified", False)
    assert "not verified" in run_list(api, builders.item("acme")).warnings[0]


def test_warnings_of_options_and_plan(api):
    expired = builders.authority("old", days=-1, since=10)
    warnings = run_list(api, builders.item("acme", certificate=expired), check_mode=True).warnings
    assert warnings[0].startswith("destinations[0] (acme), certificate: ")


def test_destinations_that_stepped_aside_and_are_not_back_are_named(api):
    items = [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items[0] = builders.item("one", certificate=OTHER_CA, recreate=True)
    api.faults.append(once("POST", FORBIDDEN, times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, *items)
    assert str(failed.value).endswith(
        "has the Role. These secrets were deleted, and are missing until a second run creates them: "
        "one-certificate, one, two."
    )
    assert failed.value.result["changed"] is True
    assert actions(failed.value.result) == {
        "destinations": {"one": ("removed", []), "two": ("removed", [])},
        "certificates": {"one-certificate": ("removed", [])},
    }


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        pytest.param("DELETE", "lost", id="the removal's answer is lost"),
        pytest.param("POST", (409, {}, {"message": "exists"}), id="another run creates it first"),
        pytest.param("POST", "cut", id="the creation gets no answer"),
    ],
)
def test_a_destination_is_recreated_whatever_happens_in_between(api, method, fault):
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    api.faults.append(once(method, fault))
    outcome = run_list(api, builders.item("acme", registry_password="new", recreate=True))
    assert actions(outcome.result)["destinations"] == {"acme": ("changed", ["registry_password"])}


@pytest.mark.parametrize(
    ("status", "end"),
    [
        pytest.param(
            403,
            "These secrets were deleted, and are missing until a second run creates them: acme.",
            id="it is forbidden",
        ),
        pytest.param(504, "It is not known whether these were written: acme.", id="it does not end in time"),
    ],
)
def test_a_destination_that_cannot_be_created_again(api, status, end):
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    api.faults.append(once("POST", (status, {}, {"message": "no"}), times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", registry_password="new", recreate=True), timeout=0.5)
    assert str(failed.value).endswith(end)
    api.faults.clear()
    outcome = run_list(api, builders.item("acme", registry_password="new"))
    assert actions(outcome.result)["destinations"] == {"acme": ("created", [])}


def test_recreating_is_one_change_in_the_report(api):
    items = [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items[0] = builders.item("one", certificate=OTHER_CA, recreate=True)
    api.faults.append(once("POST", "lost"))
    outcome = run_list(api, *items)
    assert {name: action for name, (action, _fields) in actions(outcome.result)["destinations"].items()} == {
        "one": "changed",
        "two": "changed",
    }
    assert outcome.result["counts"]["changed"] == 3


def test_what_another_run_creates_again_was_changed_here(api):
    """Both are to recreate it; the one deletes it, the other is first to create it."""
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    item = builders.item("acme", registry_password="n3w", recreate=True)
    beside(api, "POST", "acme", lambda: run_list(api, item))
    assert actions(run_list(api, item).result)["destinations"] == {"acme": ("changed", ["registry_password"])}


def test_what_stepped_aside_and_another_run_creates_again_was_changed_here(api):
    items = [builders.item("one", certificate=CA)]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items = [builders.item("one", certificate=OTHER_CA, registry_password="n3w", recreate=True)]

    def first(method, path):
        if method == "POST" and "one-certificate" in api.secrets:
            api.faults.clear()
            run_list(api, *items)

    api.faults.append(first)
    outcome = run_list(api, *items, diff=True)
    assert actions(outcome.result)["destinations"] == {"one": ("changed", ["registry_password"])}
    assert list(outcome.result["diff"]["after"]["destinations"]) == ["one"]


@pytest.fixture
def sharing(api):
    """The list of two destinations that stand there, and share a certificate that is immutable."""
    items = [
        builders.item("one", certificate=CA, certificate_secret="ca"),
        builders.item("two", certificate_secret="ca"),
    ]
    run_list(api, *items)
    api.secrets["ca"]["immutable"] = True
    return items


@pytest.mark.parametrize("gone", [False, True])
def test_a_destination_with_finalizers_does_not_step_aside(api, sharing, gone):
    api.secrets["two"]["metadata"]["finalizers"] = ["example.com/wait"]
    sharing[0].update(certificate=OTHER_CA, recreate=True)
    before = len(api.writes())
    with pytest.raises(Failure) as failed:
        run_list(api, *sharing[: 1 if gone else 2], prune=gone)
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["finalizers"]
    assert len(api.writes()) == before


def test_what_has_finalizers_is_not_recreated(api):
    run_list(api, builders.item("acme"))
    api.secrets["acme"].update(immutable=True)
    api.secrets["acme"]["metadata"]["finalizers"] = ["example.com/wait"]
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", registry_password="n3w", recreate=True))
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["finalizers"]
    assert [method for method, _path in api.writes()] == ["POST"]


@pytest.mark.parametrize("fault", [pytest.param(None, id="answered"), pytest.param("lost", id="the answer is lost")])
def test_what_a_finalizer_keeps_is_removed_once(api, fault):
    run_list(api, builders.item("acme", certificate=CA))
    builders.waiting(api.secrets["acme"])
    gone = builders.item("acme", state="absent")
    checked = run_list(api, gone, check_mode=True)
    api.faults.append(once("DELETE", fault))
    done = run_list(api, gone)
    assert checked.result["changed"] is done.result["changed"] is True
    assert actions(done.result) == {"destinations": {"acme": ("removed", [])}, "certificates": {}}
    assert any("example.com/hold" in warning for warning in done.warnings)
    for check_mode in (True, False):
        again = run_list(api, gone, check_mode=check_mode)
        assert again.result["changed"] is False
        assert actions(again.result)["destinations"] == {"acme": ("kept", [])}
        assert "is still there" in again.warnings[0]
    info = engine.run("export_registry_info", params(api))
    assert [entry["name"] for entry in info.result["destinations"]] == ["acme"]
    assert "is still there" in info.warnings[0]
    del api.secrets["acme"]
    assert actions(run_list(api, gone).result)["certificates"] == {"acme-certificate": ("removed", [])}


@pytest.mark.parametrize(
    "gone", [pytest.param({"state": "absent"}, id="by its state"), pytest.param(None, id="by pruning")]
)
def test_a_certificate_is_recreated_although_one_of_its_destinations_goes(api, sharing, gone):
    before = len(api.writes())
    after = [{**sharing[0], "certificate": OTHER_CA, "recreate": True}] + ([{**sharing[1], **gone}] if gone else [])
    outcome = run_list(api, *after, prune=gone is None)
    assert actions(outcome.result) == {
        "destinations": {"one": ("changed", ["recreated"]), "two": ("removed", [])},
        "certificates": {"ca": ("changed", ["certificate"])},
    }
    written = [(method, path.rpartition("/")[2]) for method, path in api.writes()[before:]]
    assert sorted(written[:2]) == [("DELETE", "one"), ("DELETE", "two")]
    assert written[2:] == [("DELETE", "ca"), ("POST", "secrets"), ("POST", "secrets")]
    assert run_list(api, *after).result["changed"] is False


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param(
            'secrets is forbidden: User "a" cannot create resource "secrets"', "A permission is missing: ", id="RBAC"
        ),
        pytest.param(
            'secrets "acme" is forbidden: exceeded quota', "The API server refused the request: ", id="a quota"
        ),
        pytest.param(
            "admission webhook denied the request: it cannot be", "The API server refused the request: ", id="a webhook"
        ),
    ],
)
def test_only_rbac_says_that_a_permission_is_missing(api, message, text):
    api.faults.append(once("POST", (403, {}, {"message": message})))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"))
    assert str(failed.value).startswith(f"{text}{message}.")


def quoting(api, method, name, form):
    """Let an admission webhook refuse a write and quote what stands there."""

    def fault(asked, path):
        if asked == method and path.endswith(f"/{name}"):
            return 403, {}, {"message": f"admission webhook denied the request: {form(api.secrets[name])}"}
        return None

    api.faults.append(fault)


FORMS = {
    "object": json.dumps,
    "config": lambda raw: base64.b64decode(raw["data"][".dockerconfigjson"]).decode(),
    "auth": lambda raw: builders.auth(*builders.stored(raw)[1:]),
    "pair": lambda raw: ":".join(builders.stored(raw)[1:]),
    "password": lambda raw: builders.stored(raw)[2],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("PUT", {"registry_password": "n3w"}),
        ("PUT", {"registry_password": "n3w", "update_password": "on_create", "organization": "x"}),
        ("DELETE", {"state": "absent"}),
    ],
    ids=["change", "keep", "remove"],
)
def test_a_stored_password_that_the_api_server_quotes_is_masked(api, method, change, form):
    old = "first-s3cret"
    run_list(api, builders.item("acme", registry_password=old))
    quoting(api, method, "acme", form)
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", **change))
    text = str(failed.value)
    assert text.startswith("The API server refused the request: admission webhook denied the request: ")
    assert "********" in text
    assert old not in text
    assert builders.auth("robot", old)[:20] not in text
    assert api.secrets["acme"]["data"][".dockerconfigjson"][:40] not in text


@pytest.mark.parametrize(
    ("host", "said"),
    [
        pytest.param(
            "http://robot:s3cret@127.0.0.1:1",
            "The API server at http://********@127.0.0.1:1 cannot be reached: ",
            id="nobody listens",
        ),
        pytest.param(
            "http://robot:s3cret@127.0.0.1:99999",
            "host is http://********@127.0.0.1:99999, which is no address.",
            id="no port",
        ),
        pytest.param(
            "robot:s3cret@a:1", "The API server at https://********@a:1 cannot be reached: ", id="without a scheme"
        ),
    ],
)
def test_a_password_in_the_address_is_masked(host, said):
    given = {"host": host, "api_key": "t0ken", "namespace": "epinio", "timeout": 5.0}
    with pytest.raises(Failure) as failed:
        engine.run("export_registry_info", given)
    assert str(failed.value).startswith(said)
    assert "s3cret" not in str(failed.value)


def test_info_asks_once_for_a_certificate_that_many_name(api):
    certs = {"certs": base64.b64encode(b"ca").decode()}
    for number in range(5):
        api.store(builders.destination_secret(f"d{number}", data=certs))
    engine.run("export_registry_info", params(api))
    assert [path.rpartition("/")[2] for _method, path in api.requests] == ["secrets", "secrets", "ca"]


class TestAltered:
    """What the API server stores may be something else than what it was sent: an admission policy changes it."""

    @pytest.fixture
    def policed(self, api):
        """A server that changes what it stores; what is as it was before keeps its version, as with etcd."""
        store = api._store

        def altering(change):
            def _store(raw):
                change(raw)
                before = api.secrets.get(raw["metadata"]["name"])
                same = before and {**before["metadata"], "uid": ""} == {**raw["metadata"], "uid": ""}
                return before if same and before["data"] == raw["data"] else store(raw)

            api._store = _store

        return altering

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            pytest.param(lambda raw: raw["metadata"]["labels"].update(tier="policy"), "labels", id="a label"),
            pytest.param(lambda raw: raw["metadata"]["labels"].pop("tier"), "labels", id="a label is taken away"),
            pytest.param(
                lambda raw: raw["metadata"]["annotations"].update(note="x"), "annotations", id="an annotation"
            ),
            pytest.param(
                lambda raw: raw["metadata"]["annotations"].update({"epinio.io/registry-namespace": "policy"}),
                "organization",
                id="Epinio's annotation",
            ),
            pytest.param(
                lambda raw: raw["metadata"]["labels"].pop("epinio.registries/managed"), "managed", id="our label"
            ),
            pytest.param(lambda raw: raw["data"].update(more="eA=="), "data_keys", id="a data key"),
            pytest.param(
                lambda raw: raw["data"].update({".dockerconfigjson": "e30="}), "docker_config", id="the docker config"
            ),
        ],
    )
    def test_is_reported(self, api, policed, change, field):
        policed(change)
        item = builders.item("acme", labels={"tier": "list"}, annotations={"note": "list"})
        first = run_list(api, item)
        assert actions(first.result)["destinations"] == {"acme": ("created", [])}
        assert f"stored the secret 'acme' otherwise than it was sent ({field})" in first.warnings[0]
        again = run_list(api, item)
        assert again.result["changed"] is False
        assert actions(again.result)["destinations"] == {"acme": ("kept", [])}
        assert again.warnings == (first.warnings if field != "managed" else [])

    def test_not_what_does_not_matter(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(other="policy"))
        for changed in (True, False):
            outcome = run_list(api, builders.item("acme"))
            assert (outcome.result["changed"], outcome.warnings) == (changed, [])

    def test_is_reported_of_what_was_done_before_a_failure(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(tier="policy"))
        api.faults.append(once("POST", (422, {}, {"message": "no"}), skip=1))
        with pytest.raises(Failure) as failed:
            run_list(api, builders.item("acme", certificate=CA, labels={"tier": "list"}))
        assert "stored the secret 'acme-certificate' otherwise" in failed.value.warnings[0]

    def test_the_remedy_comes_to_rest(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(tier="policy"))
        run_list(api, builders.item("acme", labels={"tier": "list"}))
        outcome = run_list(api, builders.item("acme", labels={"tier": "policy"}))
        assert (outcome.result["changed"], outcome.warnings) == (False, [])


def test_what_was_written_is_said_where_the_machine_has_no_more_threads(api, monkeypatch):
    start = threading.Thread.start
    begun = []

    def limited(thread):
        if thread.name.startswith("ThreadPoolExecutor"):
            begun.append(thread)
            if len(begun) > 6:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with pytest.raises(Failure, match="This machine lets Ansible begin no more threads") as failed:
        run_list(api, *(builders.item(f"d{number}") for number in range(20)))
    assert "It is not known whether these were written: d0" in str(failed.value)

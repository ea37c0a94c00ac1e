# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result and a failure say, and what they do not show."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once
from ansible_collections.epinio.registries.tests.support.runs import FORBIDDEN, params, run_list

CA = builders.authority("CA one")


ABSENT = {"state": "absent"}


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


def test_a_long_list_of_problems_is_short_in_the_message(api):
    with pytest.raises(Failure) as failed:
        run_list(api, *(builders.item("Acme") for _number in range(150)))
    assert str(failed.value).count("\n") == 101
    assert str(failed.value).endswith("\n- and 199 more, in problems")
    assert len(failed.value.result["problems"]) == 299


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


def test_an_unverified_connection_is_a_warning(api, monkeypatch):
    monkeypatch.setattr(cluster.Cluster, "verified", False)
    assert "not verified" in run_list(api, builders.item("acme")).warnings[0]


def test_warnings_of_options_and_plan(api):
    expired = builders.authority("old", days=-1, since=10)
    warnings = run_list(api, builders.item("acme", certificate=expired), check_mode=True).warnings
    assert warnings[0].startswith("destinations[0] (acme), certificate: ")


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
    with pytest.raises(Failure, match="This machine does not let Ansible start more threads") as failed:
        run_list(api, *(builders.item(f"d{number}") for number in range(20)))
    assert "It is not known whether these were written: d0" in str(failed.value)

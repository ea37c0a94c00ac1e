# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that writes goes on where an answer is lost, or somebody else writes at the same time."""

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once
from ansible_collections.epinio.registries.tests.support.runs import actions, beside, params, run_list

CA = builders.authority("CA one")


BUSY = (429, {"Retry-After": "0"}, {"message": "too many requests"})
BROKEN = (500, {}, {"message": "etcdserver: leader changed"})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BUSY, id="busy"),
        pytest.param(BROKEN, id="broken"),
        "cut",
        "lost",
        pytest.param((200, {}, b'{"tru'), id="half an answer"),
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

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""At no instant does a listed destination name a certificate that is not there, by every event of the API server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils import _cluster
from ansible_collections.epinio.registries.tests.unit.plugins.module_utils import builders

from tests.acceptance import engine
from tests.acceptance.kube import Event, Secrets, dangling
from tests.acceptance.plays import Play
from tests.faults import Proxy, jitter

COUNT = 24  # of destinations: three times what is written side by side
LONGEST = 0.01  # seconds that a request, and an answer, may be held up
CA, OTHER_CA, SHARED_CA = (builders.authority(name) for name in ("CA", "other CA", "shared CA"))


def listed(**options: Any) -> list[dict[str, Any]]:
    return [builders.item(f"d{number:02}", **options) for number in range(COUNT)]


def mixed() -> list[dict[str, Any]]:
    """One list that creates, changes, renames, takes away and removes at once."""
    items = listed(certificate=OTHER_CA)
    for item in items[0::4]:
        item["state"] = "absent"
    for item in items[1::4]:
        del item["certificate"]
    for item in items[2::4]:
        item["certificate_secret"] = f"{item['name']}-other"
    new = [builders.item(f"e{number:02}", certificate=CA) for number in range(COUNT // 4)]
    return items + new


SHARED = builders.certificate_secret("shared", SHARED_CA)
BEFORE = listed(certificate=CA)
AFTER: dict[str, tuple[Sequence[dict[str, Any]], dict[str, Any]]] = {
    "change of certificate": (listed(certificate=OTHER_CA), {}),
    "change of certificate name": (listed(certificate=CA, certificate_secret="one"), {}),
    "change to a certificate of others": (listed(certificate_secret="shared"), {}),
    "certificate removed": (listed(), {}),
    "delete": (listed(state="absent"), {}),
    "prune": ([builders.item("other")], {"prune": True}),
    "prune all": ([], {"prune": True, "prune_all": True}),
    "all at once": (mixed(), {}),
}


@pytest.fixture
def run(secrets: Secrets, proxy: Proxy) -> Any:
    """Run a list through a proxy that mixes up what is written side by side; return the events and what dangled."""
    seed = 0

    def run_list(items: Sequence[Any], **options: Any) -> tuple[list[Event], list[str]]:
        nonlocal seed
        seed += 1
        proxy.fault = jitter(seed, LONGEST)
        before, since = secrets.now()
        given = {**proxy.connection, "namespace": secrets.namespace, "destinations": items, **options}
        result = engine.run("export_registries", given).result
        events = secrets.events(since)
        assert {event.name for event in events} == set(engine.actions(result)), "the events are those of the run"
        return events, dangling(before, events)

    return run_list


@pytest.mark.parametrize(("items", "options"), AFTER.values(), ids=AFTER)
def test_no_destination_ever_names_a_missing_certificate(
    secrets: Secrets, run: Any, items: Sequence[Any], options: dict[str, Any]
) -> None:
    secrets.create(SHARED)
    created, dangled = run(BEFORE)
    assert len(created) == 2 * COUNT
    assert dangled == []
    changed, dangled = run(items, **options)
    assert len(changed) >= COUNT
    assert dangled == []
    assert run(items, **options) == ([], [])


def test_an_immutable_certificate_is_recreated_without_a_dangling_name(secrets: Secrets, run: Any) -> None:
    run(listed(certificate=CA, certificate_secret="one"))
    secrets.patch("one", {"immutable": True})
    events, dangled = run(listed(certificate=OTHER_CA, certificate_secret="one", recreate=True))
    assert dangled == []
    kinds = [event.kind for event in events if event.name == "one"]
    assert kinds == ["DELETED", "ADDED"]
    assert len(events) == 2 + 2 * COUNT, "each destination steps aside and comes back"


@pytest.mark.parametrize("after", ["delete", "change of certificate name", "certificate removed"])
def test_the_wrong_order_is_noticed(secrets: Secrets, run: Any, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    monkeypatch.setattr(_cluster, "PHASES", tuple(reversed(_cluster.PHASES)))
    _events, dangled = run(BEFORE)
    assert dangled, "destinations came before their certificates"
    items, options = AFTER[after]
    _events, dangled = run(items, **options)
    assert dangled, "certificates went before their destinations, or came after them"


def test_whole_runs_of_ansible(play: Play, secrets: Secrets) -> None:
    before, since = secrets.now()
    steps: dict[str, dict[str, Any]] = {
        "create": {"destinations": BEFORE},
        "all at once": {"destinations": mixed()},
        "prune": {"destinations": [builders.item("other")], "prune": True},
    }
    tasks = [
        {"name": name, "epinio.registries.export_registries": {"namespace": secrets.namespace, **options}}
        for name, options in steps.items()
    ]
    ran = play(*tasks)
    assert all(ran.result(name)["changed"] for name in steps)
    events = secrets.events(since)
    assert len(events) > 5 * COUNT
    assert dangling(before, events) == []


# ------------------------------------------------------------------------------------------------------ the checker

CERTIFICATE = builders.certificate_secret("a-certificate", CA)
PLAIN = builders.destination_secret("a")
NAMING = builders.destination_secret("a", data={"certs": "YS1jZXJ0aWZpY2F0ZQ=="})  # a-certificate
UNLISTED = builders.secret("a", {"certs": b"a-certificate"})


@pytest.mark.parametrize(
    ("before", "events", "instants"),
    [
        ([], [("ADDED", CERTIFICATE), ("ADDED", NAMING), ("DELETED", NAMING), ("DELETED", CERTIFICATE)], []),
        ([], [("ADDED", NAMING), ("ADDED", CERTIFICATE)], [0]),
        ([CERTIFICATE], [("ADDED", NAMING), ("DELETED", CERTIFICATE), ("MODIFIED", PLAIN)], [1]),
        ([CERTIFICATE, NAMING], [("MODIFIED", PLAIN), ("DELETED", CERTIFICATE)], []),
        ([PLAIN], [("MODIFIED", NAMING)], [0]),
        ([CERTIFICATE, NAMING], [("DELETED", CERTIFICATE), ("ADDED", CERTIFICATE)], [0]),
        ([CERTIFICATE, NAMING], [("DELETED", CERTIFICATE), ("DELETED", NAMING)], [0]),
        ([], [("ADDED", UNLISTED)], []),
    ],
)
def test_the_checker_itself(before: list[Any], events: list[Any], instants: list[int]) -> None:
    found = dangling({one["metadata"]["name"]: one for one in before}, [Event(*event) for event in events])
    assert [int(line.partition(":")[0]) for line in found] == instants

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""At no instant does a listed destination name a certificate that is not there, by every event of the API server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import apply
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.kube import Event, Secrets, dangling
from tests.acceptance.plays import Play
from tests.faults import Proxy, jitter

FEW = 3  # their certificates included, all are written side by side
MANY = 24  # three times what is written side by side
LONGEST = 0.1  # seconds that a request, and an answer, may be held up
CA, OTHER_CA, SHARED_CA = (builders.authority(name) for name in ("CA", "other CA", "shared CA"))
SHARED = builders.certificate_secret("shared", SHARED_CA)

Options = dict[str, Any]


def listed(count: int, **options: Any) -> Options:
    return {"destinations": [builders.item(f"d{number:02}", **options) for number in range(count)]}


def mixed(count: int) -> Options:
    """Return one list that creates, changes, renames, takes away and removes at once."""
    items = listed(count, certificate=OTHER_CA)["destinations"]
    for item in items[0::3]:
        item["state"] = "absent"
    for item in items[1::3]:
        del item["certificate"]
    for item in items[2::6]:
        item["certificate_secret"] = f"{item['name']}-other"
    return {"destinations": [*items, *(builders.item(f"e{number}", certificate=CA) for number in range(count))]}


def before(count: int) -> Options:
    return listed(count, certificate=CA)


AFTER: dict[str, Callable[[int], Options]] = {
    "change of certificate": lambda count: listed(count, certificate=OTHER_CA),
    "change of certificate name": lambda count: listed(count, certificate=CA, certificate_secret="one"),
    "change to a certificate of others": lambda count: listed(count, certificate_secret="shared"),
    "certificate removed": listed,
    "delete": lambda count: listed(count, state="absent"),
    "prune": lambda _count: {"destinations": [builders.item("other")], "prune": True},
    "prune all": lambda _count: {"destinations": [], "prune": True, "prune_all": True},
    "all at once": mixed,
}


@pytest.fixture
def run(secrets: Secrets, proxy: Proxy) -> Any:
    """Run a list through a proxy that mixes up what is written side by side; return the events and what dangled."""
    seed = 0

    def run_list(options: Options) -> tuple[list[Event], list[str]]:
        nonlocal seed
        seed += 1
        proxy.fault = jitter(seed, LONGEST)
        there, since = secrets.now()
        result = engine.run("export_registries", {**proxy.connection, "namespace": secrets.namespace, **options}).result
        events = secrets.events(since)
        assert {event.name for event in events} == set(engine.actions(result)), "the events are those of the run"
        return events, dangling(there, events)

    return run_list


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(FEW, id="all side by side"),
        pytest.param(FEW - 1, id="one less"),
        pytest.param(MANY, id="many more than side by side"),
    ],
)
@pytest.mark.parametrize("after", AFTER)
def test_no_destination_ever_names_a_missing_certificate(secrets: Secrets, run: Any, after: str, count: int) -> None:
    secrets.create(SHARED)
    created, dangled = run(before(count))
    assert len(created) == 2 * count
    assert dangled == []
    changed, dangled = run(AFTER[after](count))
    assert len(changed) >= count
    assert dangled == []
    assert run(AFTER[after](count)) == ([], [])


def test_an_immutable_certificate_is_recreated_without_a_dangling_name(secrets: Secrets, run: Any) -> None:
    run(listed(MANY, certificate=CA, certificate_secret="one"))
    secrets.patch("one", {"immutable": True})
    events, dangled = run(listed(MANY, certificate=OTHER_CA, certificate_secret="one", recreate=True))
    assert dangled == []
    assert [event.kind for event in events if event.name == "one"] == ["DELETED", "ADDED"]
    assert len(events) == 2 + 2 * MANY, "each destination steps aside and comes back"


@pytest.mark.parametrize("after", ["delete", "change of certificate name", "certificate removed"])
def test_the_wrong_order_is_noticed(secrets: Secrets, run: Any, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    monkeypatch.setattr(apply, "PHASES", tuple(reversed(apply.PHASES)))
    _events, dangled = run(before(FEW))
    assert dangled, "destinations came before their certificates"
    _events, dangled = run(AFTER[after](FEW))
    assert dangled, "certificates went before their destinations, or came after them"


def test_whole_runs_of_ansible(play: Play, secrets: Secrets) -> None:
    there, since = secrets.now()
    steps = {"create": before(MANY), "all at once": mixed(MANY), "prune": AFTER["prune"](MANY)}
    ran = play(
        *(
            {"name": name, "epinio.registries.export_registries": {"namespace": secrets.namespace, **options}}
            for name, options in steps.items()
        )
    )
    assert all(ran.result(name)["changed"] for name in steps)
    events = secrets.events(since)
    assert len(events) > 5 * MANY
    assert dangling(there, events) == []


# ------------------------------------------------------------------------------------------------------ the checker

CERTIFICATE = builders.certificate_secret("a-certificate", CA)
PLAIN = builders.destination_secret("a")
NAMING = builders.destination_secret("a", data={"certs": "YS1jZXJ0aWZpY2F0ZQ=="})  # a-certificate
UNLISTED = builders.secret("a", {"certs": b"a-certificate"})


@pytest.mark.parametrize(
    ("there", "events", "instants"),
    [
        pytest.param(
            [],
            [("ADDED", CERTIFICATE), ("ADDED", NAMING), ("DELETED", NAMING), ("DELETED", CERTIFICATE)],
            [],
            id="the right order",
        ),
        pytest.param([], [("ADDED", NAMING), ("ADDED", CERTIFICATE)], [0], id="the destination comes first"),
        pytest.param(
            [CERTIFICATE],
            [("ADDED", NAMING), ("DELETED", CERTIFICATE), ("MODIFIED", PLAIN)],
            [1],
            id="the certificate goes before the name of it",
        ),
        pytest.param(
            [CERTIFICATE, NAMING],
            [("MODIFIED", PLAIN), ("DELETED", CERTIFICATE)],
            [],
            id="the name goes before the certificate",
        ),
        pytest.param([PLAIN], [("MODIFIED", NAMING)], [0], id="a name of what was never there"),
        pytest.param(
            [CERTIFICATE, NAMING],
            [("DELETED", CERTIFICATE), ("ADDED", CERTIFICATE)],
            [0],
            id="the certificate goes and comes back",
        ),
        pytest.param(
            [CERTIFICATE, NAMING],
            [("DELETED", CERTIFICATE), ("DELETED", NAMING)],
            [0],
            id="the certificate goes before the destination",
        ),
        pytest.param([], [("ADDED", UNLISTED)], [], id="a secret without the label"),
    ],
)
def test_the_checker_itself(there: list[Any], events: list[Any], instants: list[int]) -> None:
    found = dangling({one["metadata"]["name"]: one for one in there}, [Event(*event) for event in events])
    assert [int(line.partition(":")[0]) for line in found] == instants

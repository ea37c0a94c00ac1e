# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed at any instant leaves no destination with a missing certificate, and the next run does the rest.

By default a few kills; `--full` makes hundreds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.kube import Api, Secrets
from tests.acceptance.plays import Play
from tests.acceptance.scenarios import CA, SCENARIOS, Scenario, Stage, item
from tests.control_plane import Cluster
from tests.faults import Exchange, Proxy, at

pytestmark = [
    pytest.mark.faults,
    # A child that is forked has nothing to import: so the kills fall on its work. It touches no thread of ours.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

MANY = [f"d{number:02}" for number in range(20)]
FULL, SAMPLE = 64, 3  # kills of each scenario
ROUNDS = 10  # a run may be timed while the machine is much slower or faster than it is when runs are killed
SEED = 20261124


def everything(**options: Any) -> list[dict[str, Any]]:
    return [item(name, **options) for name in MANY]


def both(action: str) -> dict[str, str]:
    return {name: action for one in MANY for name in (one, f"{one}-certificate")}


KILLED = {
    **SCENARIOS,
    "create": Scenario(
        "create", {"destinations": []}, {"destinations": everything(certificate=CA)}, {}, both("created")
    ),
    "prune": Scenario(
        "prune",
        {"destinations": everything(certificate=CA)},
        {"destinations": [], "prune": True, "prune_all": True},
        {},
        both("removed"),
    ),
    "delete": Scenario(
        "delete",
        {"destinations": everything(certificate=CA)},
        {"destinations": everything(state="absent")},
        {},
        both("removed"),
    ),
}


@pytest.fixture(scope="module")
def cluster_connection(cluster: Cluster) -> dict[str, Any]:
    return {"kubeconfig": str(cluster.kubeconfig)}


def started(stage: Stage) -> Any:
    """Start the run in a process of its own."""
    process = multiprocessing.get_context("fork").Process(target=stage.run, args=(stage.scenario.after,))
    process.start()
    return process


def duration(stage: Stage) -> float:
    """Return how long a run takes that nobody kills, in seconds."""
    stage.set_up()
    begun = time.monotonic()
    process = started(stage)
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - begun


def killed(stage: Stage, instant: float) -> bool:
    """Kill a run so many seconds after its start, check what it left, and return whether it had begun to write."""
    stage.set_up()
    process = started(stage)
    time.sleep(instant)
    process.kill()
    process.join()
    assert process.exitcode in (-signal.SIGKILL, 0)
    time.sleep(0.1)  # the API server may still be about a request whose sender is gone
    written = stage.written()
    stage.check({}, written, whole=False)
    return bool(written) and process.exitcode != 0


@pytest.mark.parametrize("scenario", KILLED.values(), ids=KILLED)
def test_kills(api: Api, cluster_connection: dict[str, Any], full: bool, scenario: Scenario) -> None:
    stage = Stage(Secrets(api, api.namespace()), cluster_connection, scenario)
    chance = random.Random(SEED)
    kills = FULL if full else SAMPLE
    for _round in range(ROUNDS):
        longest = duration(stage)
        if sum(killed(stage, longest * (number + chance.random()) / kills) for number in range(kills)):
            return
    pytest.fail("no kill fell between the writes")


def tree(process: int) -> list[int]:
    """Return a process and all that it has started, itself first."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            number, rest = stat.read_text().split(" ", 1)
            parents[int(number)] = int(rest.rpartition(")")[2].split()[1])
    found = [process]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found


@pytest.mark.parametrize("keywords", [{}, {"environment": {"PYTHONUNBUFFERED": "1"}}], ids=["worker", "module"])
@pytest.mark.parametrize(
    ("verb", "position"),
    [
        pytest.param("POST", 1, id="in a creation"),
        pytest.param("PUT", 2, id="in a change"),
        pytest.param("DELETE", 1, id="in a removal"),
    ],
)
def test_kills_of_whole_runs(
    api: Api, proxy: Proxy, play: Play, verb: str, position: int, keywords: dict[str, Any]
) -> None:
    """All processes of a run end at once, as one of its requests reaches the API server."""
    stage = Stage(Secrets(api, api.namespace()), proxy.connection, SCENARIOS["mixed"])
    stage.set_up()
    processes: list[int] = []

    def kill(_exchange: Exchange) -> None:
        for process in tree(processes[0]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    proxy.fault = at(verb, position, kill)
    play({**stage.task(), **keywords}, code=-signal.SIGKILL, started=processes.append)
    proxy.reset()
    time.sleep(0.1)  # the API server may still be about other requests
    assert stage.written()
    stage.check({}, stage.written(), whole=False)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever breaks between the collection and the API server: a clear error or none, and the next run does the rest.

By default a sample; `--full` tries every fault at every request of the run, once and lasting.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster

from tests.acceptance import engine
from tests.acceptance.kube import Api, Secrets
from tests.acceptance.plays import Play
from tests.acceptance.scenarios import PASSWORD, SCENARIOS, Scenario, Stage, told
from tests.faults import KINDS, Proxy, at

pytestmark = pytest.mark.faults

TIMEOUT = 1.5  # seconds, of one request with its repeats
LIMIT = 20 * TIMEOUT  # of a whole run: far less than one that hangs
ALWAYS = 1000

UNREACHED = r"The API server at \S+ cannot be reached: .+\. Check host"
BROKEN = rf"{UNREACHED}|The connection to the API server at \S+ broke: .+\. Run again"
BUSY = r"The API server answered [A-Z]+ with an error \({}\): .+\. Run again later\."
#: What is said of each kind, where it does not pass.
SAID = {
    "refused": BROKEN,
    "down": BROKEN,
    "cut-before": BROKEN,
    "cut-after": BROKEN,
    "truncated": BROKEN,
    "invalid-json": "does not answer as an API server: ",
    "web-page": "does not answer as an API server: ",
    "401": r"The API server does not accept the credentials: Unauthorized\. Check the token",
    "403": r"A permission is missing: secrets is forbidden: .*\. The guide on least-privilege RBAC|Grant the verb list",
    "409": rf"Something else kept changing secrets while they were written|{BUSY.format(409)}",
    "410": "The API server expired the list of secrets three times while it was read",
    "429": BUSY.format(429),
    "429-long": BUSY.format(429),
    "500": BUSY.format(500),
    "503": BUSY.format(503),
    "504": BUSY.format(504),
    "never-before": r"The API server at \S+ did not answer within 1\.5 seconds\.",
    "never-after": r"The API server at \S+ did not answer within 1\.5 seconds\.",
}
#: Kinds that one occurrence of does no harm, at any request but the first, whose failure may be a wrong address.
PASSING = {"latency", "refused", "cut-before", "cut-after", "truncated", "invalid-json", "web-page"}
PASSING |= {"409", "410", "429", "500", "503", "504"}
#: Only some verbs are answered so, or by an API server that is not ours.
VERBS = {"409": ("POST", "PUT", "DELETE"), "410": ("LIST",)}

Case = tuple[Scenario, str, str, int, int]
Matrix = Counter[tuple[str, bool, bool]]  # kind, whether it lasted, whether the run ended well
FOLDER = Path(__file__).parents[2] / "build"


def cases() -> Iterator[Case]:
    for times in (1, ALWAYS):
        for kind in KINDS:
            for scenario in SCENARIOS.values():
                for verb, count in scenario.requests.items():
                    if verb in VERBS.get(kind, scenario.requests):
                        yield from ((scenario, kind, verb, position, times) for position in range(count))


def sample() -> Iterator[Case]:
    """Yield two cases of every kind, one that passes and one that lasts, spread over all verbs and positions."""
    everything = list(cases())
    for number, (kind, times) in enumerate((kind, times) for kind in KINDS for times in (1, ALWAYS)):
        fitting = [case for case in everything if (case[1], case[4]) == (kind, times)]
        yield fitting[number * 7 % len(fitting)]


def name(case: Case) -> str:
    scenario, kind, verb, position, times = case
    return f"{scenario.name}-{kind}-{verb}-{position}-{'once' if times == 1 else 'always'}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        chosen = cases() if metafunc.config.getoption("--full") else sample()
        metafunc.parametrize("case", [*chosen], ids=name)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that lists have a next page, as those of many destinations have."""
    monkeypatch.setattr(cluster, "PAGE", 5)


@pytest.fixture(scope="module")
def stages(api: Api, module_proxy: Proxy) -> dict[str, Stage]:
    return {
        scenario.name: Stage(Secrets(api, api.namespace()), module_proxy.connection, scenario)
        for scenario in SCENARIOS.values()
    }


def ended(stage: Stage) -> engine.Outcome | engine.Failure:
    """Run it, and return how it ended within its time."""
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        future = pool.submit(stage.run, stage.scenario.after, timeout=TIMEOUT)
        try:
            outcome: engine.Outcome | engine.Failure = future.result(LIMIT)
        except engine.Failure as failure:
            outcome = failure
        assert time.monotonic() - started < LIMIT
    return outcome


def doubtful(message: str) -> set[str]:
    found = re.search(r"It is not known whether these were written: (.*)\.$", message)
    return set(found[1].split(", ")) if found else set()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_without_a_fault(stages: dict[str, Stage], proxy: Proxy, scenario: Scenario) -> None:
    """The matrix leaves no request out."""
    stage = stages[scenario.name]
    stage.set_up()
    proxy.requests.clear()
    outcome = ended(stage)
    assert isinstance(outcome, engine.Outcome)
    verbs = [request.verb for request in proxy.requests]
    assert {verb: verbs.count(verb) for verb in scenario.requests} == scenario.requests
    assert set(verbs) == set(scenario.requests)
    stage.check(engine.actions(outcome.result), set(), whole=True)


@pytest.fixture(scope="module")
def matrix(full: bool) -> Iterator[Matrix]:
    """Count how the cases end; the table of a full run goes to build/."""
    counted: Matrix = Counter()
    yield counted
    if full:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "faults.md").write_text(table(counted))


def table(counted: Matrix) -> str:
    """Return the matrix as Markdown: by kind, how many runs ended well, and how many with a clear error."""
    lines = [
        "| fault | struck one request: ended well | clear error | lasted: ended well | clear error |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        cells = [str(counted[kind, lasting, well]) for lasting in (False, True) for well in (True, False)]
        lines.append(f"| {' | '.join([kind, *cells])} |")
    return "\n".join([*lines, "", f"{sum(counted.values())} runs."]) + "\n"


def test_faults(stages: dict[str, Stage], proxy: Proxy, matrix: Matrix, case: Case) -> None:
    scenario, kind, verb, position, times = case
    stage = stages[scenario.name]
    stage.set_up()
    proxy.fault = at(verb, position, KINDS[kind], times=times)
    outcome = ended(stage)
    struck = sum(request.verb == verb for request in proxy.requests) > position
    assert struck, "the run came to this request"
    proxy.reset()
    assert not PASSWORD.found_in(told(outcome).encode())
    first = (verb, position) == ("LIST", 0)
    if kind == "latency" or (kind in PASSING and times == 1 and not first):
        assert isinstance(outcome, engine.Outcome), outcome
    if isinstance(outcome, engine.Outcome):
        stage.check(engine.actions(outcome.result), set(), whole=True)
    else:
        assert re.search(SAID[kind], str(outcome)), str(outcome)
        assert outcome.result["changed"] is bool(engine.actions(outcome.result))
        stage.check(engine.actions(outcome.result), doubtful(str(outcome)), whole=False)
    matrix[kind, times == ALWAYS, isinstance(outcome, engine.Outcome)] += 1


#: Whole runs of Ansible, in its worker and with a module's process: kind, verb, position, times.
RUNS = [
    ("401", "LIST", 0, ALWAYS),
    ("cut-after", "POST", 3, 1),
    ("503", "POST", 2, ALWAYS),
    ("never-after", "DELETE", 1, ALWAYS),
]


@pytest.mark.parametrize("keywords", [{}, {"environment": {"PYTHONUNBUFFERED": "1"}}], ids=["worker", "module"])
@pytest.mark.parametrize("run", RUNS, ids=lambda run: "-".join(map(str, run[:3])))
def test_faults_of_whole_runs(
    stages: dict[str, Stage], proxy: Proxy, play: Play, run: tuple[str, str, int, int], keywords: dict[str, Any]
) -> None:
    kind, verb, position, times = run
    stage = stages["mixed"]
    stage.set_up()
    proxy.fault = at(verb, position, KINDS[kind], times=times)
    ran = play({**stage.task(timeout=TIMEOUT), **keywords}, arguments=["-vvv"], code=0 if times == 1 else 2)
    proxy.reset()
    result = ran.result("run")
    said = "".join([ran.stdout, ran.stderr, ran.log, json.dumps(result)])
    assert not PASSWORD.found_in(said.encode())
    assert "Traceback" not in said
    if times == 1:
        stage.check(engine.actions(result), set(), whole=True)
    else:
        assert re.search(SAID[kind], result["msg"]), result["msg"]
        stage.check(engine.actions(result), doubtful(result["msg"]), whole=False)

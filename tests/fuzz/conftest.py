# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many inputs a run has to try, and what it says of them."""

from __future__ import annotations

import gc

import pytest

from tests.fuzz.counting import COUNTS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--at-least", type=int, default=0, help="generated inputs without which a run fails")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:Generating overly large repr")  # of the strategies, which nest


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what is imported stays; to look through it for garbage again and again takes a fifth of the time


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and COUNTS.total() < session.config.getoption("--at-least"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("generated inputs")
    for target, count in sorted(COUNTS.items()):
        terminalreporter.line(f"{count:8,}  {target}")
    wanted = config.getoption("--at-least")
    enough = f"at least {wanted:,} are wanted" if wanted else "no minimum was asked for"
    terminalreporter.line(f"{COUNTS.total():8,}  together; {enough}", red=COUNTS.total() < wanted)


@pytest.fixture(autouse=True)
def no_cluster_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)

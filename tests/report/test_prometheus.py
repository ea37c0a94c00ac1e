# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gauges and the alerts, as Prometheus reads them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs
from ansible_collections.epinio.registries.plugins.module_utils._audit.metrics import metrics
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.tests.support import fleets

ALERTS = Path(__file__).parents[2] / "extensions/prometheus"

Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tool(prometheus: Path) -> Tool:
    """Return a function that runs promtool in the folder of the alerts."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [prometheus, *arguments],
            cwd=ALERTS,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


HOSTILE = 'a"} 1\nb{c="\\'


@pytest.mark.parametrize(
    "fleet",
    [
        pytest.param(fleets.showcase(), id="everything"),
        pytest.param({}, id="nothing"),
        pytest.param(fleets.large(), id="2,000 destinations"),
        pytest.param(
            {HOSTILE: fleets.cluster(fleets.destination(HOSTILE, namespace=HOSTILE)), "é\ud800": fleets.down()},
            id="names that would break out",
        ),
    ],
)
def test_prometheus_reads_the_gauges(tool: Tool, fleet: dict[str, object]) -> None:
    clusters = inputs.merged([inputs.clusters_of_run(fleet, now=fleets.NOW, place="here")])
    text = metrics(Audit(fleets.NOW, clusters)).encode("utf-8", "replace").decode()
    checked = tool("check", "metrics", stdin=text)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_prometheus_would_say_what_is_wrong(tool: Tool) -> None:
    assert tool("check", "metrics", stdin='a{b="c} 1\n').returncode != 0


def test_the_alerts_are_valid(tool: Tool) -> None:
    checked = tool("check", "rules", "alerts.yml")
    assert checked.returncode == 0, checked.stdout
    assert "5 rules found" in checked.stdout


def test_the_alerts_fire_when_they_should(tool: Tool) -> None:
    tested = tool("test", "rules", "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout

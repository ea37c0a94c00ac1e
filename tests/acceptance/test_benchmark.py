# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of both benchmarks: that they run, and how many requests each run sends. No times: machines are noisy.

But a distance can be relied on: nothing that goes over it is faster.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.control_plane import Cluster

ROOT = Path(__file__).parents[2]


def rows(cluster: Cluster, folder: Path, what: str, *arguments: str) -> dict[tuple[str, str], Any]:
    """Run a benchmark once; return its rows by way and situation."""
    command = [sys.executable, "-m", "tests.benchmark", what, "--rounds", "1", "--output", str(folder)]
    command += ["--ways", "ping|export_registries|one task", *arguments]
    ended = subprocess.run(
        command, cwd=ROOT, env=dict(cluster.environment), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    [results] = folder.glob(f"benchmark-{what}*.json")
    found = json.loads(results.read_text())
    table = results.with_suffix(".md").read_text()
    assert all(f"| {row['way']} |" in table for row in found)
    return {(row["way"], row["situation"]): row for row in found}


@pytest.mark.parametrize("way", ["export_registries", "export_registries as a module"])
@pytest.mark.parametrize(
    ("situation", "requests"),
    [
        pytest.param("first", {"LIST": 5, "POST": 2}, id="a certificate and its destination are created"),
        pytest.param("nothing to do", {"LIST": 2}, id="nothing is written without a change"),
        pytest.param("check mode", {"LIST": 2}, id="nothing is written in check mode"),
        pytest.param("one change", {"LIST": 2, "PUT": 1}, id="one password is one write"),
    ],
)
def test_one_cluster(one: Any, way: str, situation: str, requests: dict[str, int]) -> None:
    assert one[way, situation]["requests"] == requests


def test_peers(one: Any) -> None:
    assert {way for way, _situation in one} == {
        "ping",
        "export_registries",
        "export_registries as a module",
        "kubernetes.core.k8s, one task",
    }
    assert all(row["seconds"] > 0 for row in one.values())
    assert all(0 < row["main"] <= row["memory"] + 1 for row in one.values()), "Linux counts by the page, and roughly"


def test_fleet(cluster: Cluster, tmp_path: Path) -> None:
    found = rows(cluster, tmp_path, "fleet", "--hosts", "2", "--forks", "2")
    ours = {way for way, _situation in found if way.startswith("export_registries")}
    assert len(ours) == 5
    for way in ours:
        assert found[way, "first"]["requests"] == {"LIST": 10, "POST": 40}
        assert found[way, "nothing to do"]["requests"] == {"LIST": 4}


def test_far_cluster(cluster: Cluster, tmp_path: Path) -> None:
    found = rows(cluster, tmp_path, "fleet", "--hosts", "1", "--forks", "1", "--round-trip", "1000", "--ways", "ping")
    first, nothing = (found["export_registries", situation] for situation in ("first", "nothing to do"))
    assert (first["requests"], nothing["requests"]) == ({"LIST": 5, "POST": 20}, {"LIST": 2})
    assert nothing["seconds"] > 3  # to connect, to agree on TLS, to ask
    assert first["seconds"] > 3 + 3  # and for certificates, for destinations, and to look again


@pytest.fixture(scope="module")
def one(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return rows(cluster, tmp_path_factory.mktemp("benchmark"), "one", "--sizes", "1")

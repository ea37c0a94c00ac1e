# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of both benchmarks: that they run, and how many requests each run sends. No times: machines are noisy."""

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
    found = json.loads((folder / f"benchmark-{what}.json").read_text())
    table = (folder / f"benchmark-{what}.md").read_text()
    assert all(f"| {row['way']} |" in table for row in found)
    return {(row["way"], row["situation"]): row for row in found}


@pytest.mark.parametrize("way", ["export_registries", "export_registries as a module"])
@pytest.mark.parametrize(
    ("situation", "requests"),
    [
        ("first", {"LIST": 5, "POST": 2}),
        ("nothing to do", {"LIST": 2}),
        ("check mode", {"LIST": 2}),
        ("one change", {"LIST": 2, "PUT": 1}),
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
    assert all(row["seconds"] > 0 and row["memory"] > 0 for row in one.values())


def test_fleet(cluster: Cluster, tmp_path: Path) -> None:
    found = rows(cluster, tmp_path, "fleet", "--hosts", "2", "--forks", "2")
    assert found["export_registries", "first"]["requests"] == {"LIST": 10, "POST": 40}
    assert found["export_registries", "nothing to do"]["requests"] == {"LIST": 4}


@pytest.fixture(scope="module")
def one(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return rows(cluster, tmp_path_factory.mktemp("benchmark"), "one", "--sizes", "1")

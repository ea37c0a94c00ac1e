# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of Ansible over many clusters, in a home without any kubeconfig."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.control_plane import Cluster

__all__ = ["ansible", "environment"]


def environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    """Return the environment of somebody whose home is this folder, and who has no cluster."""
    path = os.pathsep.join([str(Path(sys.executable).parent), cluster.environment["PATH"]])
    inherited = {name: value for name, value in cluster.environment.items() if "KUBECONFIG" not in name}
    return {**inherited, "PATH": path, "HOME": str(folder)}


def ansible(
    cluster: Cluster,
    folder: Path,
    program: str,
    *arguments: str,
    code: int = 0,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs there, with ``more`` variables; it has to end with this code."""
    ended = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**environment(cluster, folder), **(more or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Kubernetes API server for tests.

`open_cluster()` gives the cluster meant for tests where there is one (`EPINIO_TEST_KUBECONFIG`), and starts one of its
own otherwise: from `KUBEBUILDER_ASSETS`, from a cached build of the Go sources beside this file, or from a new build.
`python -m tests.control_plane run -- COMMAND` does the same around a command.
"""

from __future__ import annotations

from ..go_builds import cache_directory
from ._cluster import Cluster, ControlPlane, Unavailable, open_cluster, open_control_plane

__all__ = ["Cluster", "ControlPlane", "Unavailable", "cache_directory", "open_cluster", "open_control_plane"]

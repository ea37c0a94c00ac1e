# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters that acceptance tests run against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.control_plane import Cluster, ControlPlane, open_cluster, open_control_plane


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that all tests share: each keeps to namespaces of its own."""
    with open_cluster() as opened:
        yield opened


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """A new namespace of the shared cluster."""
    return cluster.namespace()


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """A control plane of the module's own, which its tests may stop and kill but leave running."""
    with open_control_plane() as opened:
        yield opened

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that the tests of a session share, as fixtures: each session takes them from here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.acceptance.kube import Api, Secrets
from tests.control_plane import Cluster, open_cluster

__all__ = ["api", "cluster", "namespace", "secrets"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that all tests share: each keeps to namespaces of its own."""
    with open_cluster() as opened:
        yield opened


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Iterator[Api]:
    """The shared cluster without kubectl."""
    with closing(Api(cluster)) as opened:
        yield opened


@pytest.fixture
def namespace(api: Api) -> str:
    """A new namespace of the shared cluster."""
    return api.namespace()


@pytest.fixture
def secrets(api: Api, namespace: str) -> Secrets:
    """The secrets of the new namespace."""
    return Secrets(api, namespace)

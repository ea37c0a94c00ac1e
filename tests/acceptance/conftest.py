# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters that acceptance tests run against, and the ways to use the collection on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.kube import Api, Secrets
from tests.acceptance.plays import Play
from tests.control_plane import Cluster, ControlPlane, open_cluster, open_control_plane
from tests.faults import Proxy, open_proxy


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="every fault and hundreds of kills instead of a sample")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: what breaks between the collection and the API server, or within")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried, and not a sample."""
    return bool(request.config.getoption("--full"))


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


@pytest.fixture
def play(cluster: Cluster, tmp_path: Path) -> Play:
    """Runs playbooks against the shared cluster."""
    return Play(tmp_path, cluster.environment)


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """A control plane of the module's own, which its tests may stop and kill but leave running."""
    with open_control_plane() as opened:
        yield opened


@pytest.fixture(scope="module")
def module_proxy(cluster: Cluster) -> Iterator[Proxy]:
    with open_proxy(cluster) as opened:
        yield opened


@pytest.fixture
def proxy(module_proxy: Proxy) -> Iterator[Proxy]:
    """A proxy in front of the shared cluster, that forwards everything until it is told what to break."""
    yield module_proxy
    module_proxy.reset()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters that acceptance tests run against, and the ways to use the collection on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.clusters import api, cluster, namespace, secrets
from tests.acceptance.plays import Play
from tests.control_plane import Cluster, ControlPlane, open_control_plane
from tests.faults import Proxy, open_proxy
from tests.go_builds import Unavailable
from tests.registries import programs
from tests.registries.rig import Rig

__all__ = ["api", "cluster", "namespace", "secrets"]  # beside what is here


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="every fault and hundreds of kills instead of a sample")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: what breaks between the collection and the API server, or within")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried, and not a sample."""
    return bool(request.config.getoption("--full"))


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


@pytest.fixture(scope="module")
def registry_programs() -> None:
    """Skip where there are no registries and clients to be had."""
    try:
        programs.require()
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, registry_programs: None) -> Iterator[Rig]:  # noqa: ARG001 - it may skip
    """Real registries, each started when it is first asked for."""
    with closing(Rig(tmp_path_factory.mktemp("rig"))) as made:
        yield made


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's roots, which are none until a test writes some."""
    file = tmp_path / "roots.pem"
    file.write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return file

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private CA, and a system that trusts it and knows no proxies."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from tests.registries.authority import Authority


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority("root")


@pytest.fixture(scope="module")
def tls(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return root.identity().server_context(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def trusted(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the system trust the private CA: most tests here are not about trust."""
    roots = tmp_path_factory.mktemp("roots") / "roots.pem"
    roots.write_bytes(root.pem)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SSL_CERT_FILE", str(roots))
        yield

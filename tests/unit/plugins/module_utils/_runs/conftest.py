# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

# The collection is importable once pytest has begun, but not yet when this file is read.


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    from ansible_collections.epinio.registries.plugins.module_utils._cluster import api

    monkeypatch.setattr(api.time, "sleep", lambda _seconds: None)
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api():
    from ansible_collections.epinio.registries.tests.support.api_server import ApiServer

    with ApiServer() as server:
        yield server

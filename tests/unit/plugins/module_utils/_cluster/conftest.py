# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from kubernetes.client import Configuration
from kubernetes.config import kube_config

# The collection is importable once pytest has begun, but not yet when this file is read.


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch, tmp_path):
    from ansible_collections.epinio.registries.plugins.module_utils._cluster import api

    monkeypatch.setattr(Configuration, "_default", None)
    monkeypatch.setattr(api.time, "sleep", lambda _seconds: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))


@pytest.fixture
def api():
    from ansible_collections.epinio.registries.tests.support.api_server import ApiServer

    with ApiServer() as server:
        yield server

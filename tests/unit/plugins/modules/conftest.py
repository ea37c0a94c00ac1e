# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools

import pytest
from ansible.module_utils.basic import AnsibleModule

# The collection is importable once pytest has begun, but not yet when this file is read.


@pytest.fixture
def api():
    from ansible_collections.epinio.registries.tests.support.api_server import ApiServer

    with ApiServer() as server:
        yield server


@pytest.fixture
def run(request, api, capfd, monkeypatch):
    """Run the module that the test file is named after against a small API server."""
    from ansible_collections.epinio.registries.tests.unit.plugins.modules import harness

    monkeypatch.setattr(AnsibleModule, "log", lambda _self, message, **_more: pytest.fail(f"logged {message}"))
    name = request.path.stem.replace("test_", "")
    return functools.partial(harness.run, name, capfd, host=api.url, api_key="t0ken")

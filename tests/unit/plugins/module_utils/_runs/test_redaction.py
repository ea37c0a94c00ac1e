# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.epinio.registries.plugins.module_utils._runs.redaction import secrets_of
from ansible_collections.epinio.registries.tests.support import builders


def test_a_key_that_ansible_made_a_mapping_of_is_masked_as_it_is_sent():
    key = {"type": "service_account", "private_key": "made up\n", "client_email": "a@b", "project_id": "acme"}
    item = builders.item("acme", registry_username="_json_key", registry_password=key)
    assert {*secrets_of({"destinations": [item]})} == {json.dumps(key), builders.auth("_json_key", json.dumps(key))}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Google service account's key as a password."""

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination, secrets
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.options import problems

KEY_FILE = """{
  "type": "service_account",
  "project_id": "acme-project",
  "private_key": "made up\\nof two lines\\n",
  "client_email": "exports@acme-project.iam.gserviceaccount.com"
}"""


@pytest.mark.parametrize(
    ("password", "written"),
    [
        pytest.param(KEY_FILE, KEY_FILE, id="key file of many lines"),
        pytest.param(KEY_FILE.replace("\n", "\r\n"), KEY_FILE.replace("\n", "\r\n"), id="its lines end as in Windows"),
        pytest.param(json.loads(KEY_FILE), json.dumps(json.loads(KEY_FILE)), id="mapping that Ansible made of it"),
        pytest.param("one\n\ntwo", "one\n\ntwo", id="any other text of several lines"),
    ],
)
def test_the_key_of_a_google_service_account(password, written):
    item = builders.item("acme", registry_username="_json_key", registry_password=password)
    parsed = destination.parse_destinations([item], many=True)
    assert parsed.problems == []
    assert parsed.items[0].password == written
    secret = secrets.authentication(parsed.items[0], written).written()
    reading = _epinio.read(secret, lambda _name: None)
    assert reading.usable
    assert dockerconfig.exact(secret.data[".dockerconfigjson"]).password == written


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"type": "authorized_user"}, id="of another type"),
        pytest.param({"private_key": None}, id="without a private key"),
        pytest.param({"client_email": 5}, id="not all of it text"),
    ],
)
def test_no_other_mapping_is_a_password(change):
    item = builders.item("acme", registry_password={**json.loads(KEY_FILE), **change})
    assert problems(item) == [("not_text", 0, "acme", "registry_password")]

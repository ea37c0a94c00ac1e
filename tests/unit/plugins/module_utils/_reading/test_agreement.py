# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement
from ansible_collections.epinio.registries.tests.support.builders import auth, docker_config, one_entry

HOST = "registry.example.com"
GOOD = docker_config(HOST, "robot", "s3cret")
AUTH = auth("robot", "s3cret")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(json.dumps(GOOD).encode(), id="as the modules write it"),
        pytest.param(json.dumps(GOOD, indent=2).encode(), id="with white space"),
        pytest.param(one_entry(auth=AUTH), id="auth alone"),
        pytest.param(one_entry(auth=AUTH, username="robot"), id="auth and user name"),
        pytest.param(
            one_entry(auth=auth("robot", "s3cret\0"), username="robot", password="s3cret"),
            id="NUL behind the password in auth",
        ),
        pytest.param(one_entry(username="robot", password="s3cret"), id="no auth"),
        pytest.param(one_entry(AUTH=AUTH, email="a@example.com"), id="auth in capitals and a mail address"),
        pytest.param(json.dumps({**GOOD, "credsStore": "desktop"}).encode(), id="a store of credentials beside"),
    ],
)
def test_stored(data):
    held = agreement.stored(data)
    assert (held.registry, held.username, held.password) == (HOST, "robot", "s3cret")
    assert "s3cret" not in repr(held)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(b"{", "the docker config cannot be read.", id="no JSON"),
        pytest.param(b"[]", "the docker config cannot be read.", id="a list"),
        pytest.param(b"{}", "the docker config has no entry.", id="no auths"),
        pytest.param(b'{"auths": {}}', "the docker config has no entry.", id="empty auths"),
        pytest.param(b'{"auths": {"a": {}, "b": {}}}', "the docker config has more than one entry.", id="two entries"),
        pytest.param(one_entry(), "the docker config has no user name and password.", id="an empty entry"),
        pytest.param(
            one_entry(username="robot"), "the docker config has no user name and password.", id="a user name alone"
        ),
        pytest.param(
            one_entry(auth="cm9ib3Q="), "the docker config has no user name and password.", id="no password in auth"
        ),
        pytest.param(
            one_entry(auth=auth("", "s3cret")),
            "the docker config has no user name and password.",
            id="no user name in auth",
        ),
        pytest.param(
            one_entry(auth=auth("robot", "\0")),
            "the docker config has no user name and password.",
            id="NUL for a password in auth",
        ),
        pytest.param(
            one_entry(auth="***", username="robot", password="s3cret"),
            "its auth is not base64.",
            id="auth is no base64",
        ),
        pytest.param(one_entry(auth="cjr/"), "its auth is not UTF-8.", id="auth is no UTF-8"),
        pytest.param(one_entry(password=12345), "the docker config cannot be read.", id="a number for the password"),
        pytest.param(
            one_entry(auth=AUTH, password="other"),
            "its username and password say something else than its auth.",
            id="another password than auth's",
        ),
        pytest.param(
            one_entry(auth=AUTH, username="other"),
            "its username and password say something else than its auth.",
            id="another user name than auth's",
        ),
        pytest.param(
            one_entry(auth=auth("ro:bot", "s3cret"), username="ro:bot", password="s3cret"),
            "its username and password say something else than its auth.",
            id="a colon in the user name",
        ),
    ],
)
def test_nobody_can_say_what_is_stored(data, text):
    with pytest.raises(agreement.Contradiction) as caught:
        agreement.stored(data)
    assert CATALOGUE.cases[caught.value.doubt].message == f"The stored password cannot be kept: {text}"

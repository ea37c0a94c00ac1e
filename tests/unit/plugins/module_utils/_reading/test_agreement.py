# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement
from ansible_collections.epinio.registries.tests.support.builders import auth, docker_config

HOST = "registry.example.com"
GOOD = docker_config(HOST, "robot", "s3cret")
AUTH = auth("robot", "s3cret")


def one(**fields):
    """Return a docker config with one entry that holds these fields."""
    return json.dumps({"auths": {HOST: fields}}).encode()


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(GOOD).encode(),
        json.dumps(GOOD, indent=2).encode(),
        one(auth=AUTH),
        one(auth=AUTH, username="robot"),
        one(auth=auth("robot", "s3cret\0"), username="robot", password="s3cret"),
        one(username="robot", password="s3cret"),
        one(AUTH=AUTH, email="a@example.com"),
        json.dumps({**GOOD, "credsStore": "desktop"}).encode(),
    ],
)
def test_stored(data):
    held = agreement.stored(data)
    assert (held.registry, held.username, held.password) == (HOST, "robot", "s3cret")
    assert "s3cret" not in repr(held)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{", "the docker config cannot be read."),
        (b"[]", "the docker config cannot be read."),
        (b"{}", "the docker config has no entry."),
        (b'{"auths": {}}', "the docker config has no entry."),
        (b'{"auths": {"a": {}, "b": {}}}', "the docker config has more than one entry."),
        (one(), "the docker config has no user name and password."),
        (one(username="robot"), "the docker config has no user name and password."),
        (one(auth="cm9ib3Q="), "the docker config has no user name and password."),
        (one(auth=auth("", "s3cret")), "the docker config has no user name and password."),
        (one(auth=auth("robot", "\0")), "the docker config has no user name and password."),
        (one(auth="***", username="robot", password="s3cret"), "its auth is not base64."),
        (one(auth="cjr/"), "its auth is not UTF-8."),
        (one(password=12345), "the docker config cannot be read."),
        (one(auth=AUTH, password="other"), "its username and password say something else than its auth."),
        (one(auth=AUTH, username="other"), "its username and password say something else than its auth."),
        (
            one(auth=auth("ro:bot", "s3cret"), username="ro:bot", password="s3cret"),
            "its username and password say something else than its auth.",
        ),
    ],
)
def test_nobody_can_say_what_is_stored(data, text):
    with pytest.raises(agreement.Contradiction) as caught:
        agreement.stored(data)
    assert CATALOGUE.cases[caught.value.doubt].message == f"The stored password cannot be kept: {text}"

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket

import pytest
from ansible_collections.epinio.registries.tests.support import builders

GIVEN = {"registry_username": "robot", "registry_password": "n3w-s3cret"}


@pytest.fixture
def nobody():
    """An address that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"localhost:{unused.getsockname()[1]}"


def test_a_registry_that_cannot_be_reached(run, api, nobody):
    """The old password stays, whatever the reason."""
    api.store(builders.destination_secret("acme", config=builders.docker_config(nobody, "robot", "s3cret")))
    result = run(**GIVEN, registry=nobody, timeout=5)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith("1 of 1 destinations keep their old password.\n- acme: ")
    assert [one["verdict"] for one in result["refused"]] == ["unreachable"]
    assert api.writes() == []
    assert "s3cret" not in json.dumps(result)


def test_without_proof(run, api, nobody):
    api.store(builders.destination_secret("acme", config=builders.docker_config(nobody, "robot", "s3cret")))
    result = run(**GIVEN, registry=nobody, verify="never")
    assert (result["changed"], result["refused"]) == (True, [])
    assert builders.stored(api.secrets["acme"]) == (nobody, "robot", "n3w-s3cret")
    assert "s3cret" not in json.dumps(result)
    assert run(**GIVEN, registry=nobody, verify="never")["changed"] is False


def test_a_choice_that_there_is_not(run):
    result = run(**GIVEN, registry="ghcr.io", verify="after")
    assert [(one["option"], one["code"]) for one in result["problems"]] == [("verify", "choice_wanted")]

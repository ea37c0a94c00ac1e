# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket

import pytest
from ansible_collections.epinio.registries.tests.support import builders


@pytest.fixture
def nobody():
    """An address that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"localhost:{unused.getsockname()[1]}"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_registry_that_cannot_be_reached(run, api, nobody, check_mode):
    given = {"destinations": [builders.item("acme", registry=nobody)], "timeout": 5}
    result = run(**given, _ansible_check_mode=check_mode)
    assert result["failed"] is True
    assert result["msg"].startswith(
        "1 of 1 destinations cannot be pushed to.\n- acme, chart and image push: localhost:"
    )
    assert result["destinations"][0]["verdict"] == "unreachable"
    assert run(**given, fail_on=[])["changed"] is False
    assert "s3cret" not in json.dumps(result)
    assert api.requests == []


def test_from_the_cluster(run, api, nobody):
    config = builders.docker_config(nobody, "robot", "s3cret")
    api.store(builders.destination_secret("acme", config=config))
    result = run(names=["acme"], fail_on=[], timeout=5)
    assert [one["verdict"] for one in result["destinations"]] == ["unreachable"]
    assert "s3cret" not in json.dumps(result)
    assert api.writes() == []


def test_names_or_a_list(run):
    assert run(names=["acme"], destinations=[])["msg"] == "parameters are mutually exclusive: destinations|names"

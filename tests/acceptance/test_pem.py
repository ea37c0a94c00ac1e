# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PEM that went through an editor, YAML or a lookup is written as it is meant; the second run finds it so."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.kube import Secrets, decoded
from tests.acceptance.plays import Play

CA, OTHER = builders.authority("CA"), builders.authority("Other CA")
BOTH = CA + OTHER
WAYS = {"worker": {}, "module": {"environment": {"AS": "module"}}}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param("\ufeff" + BOTH, id="a byte order mark"),
        pytest.param(BOTH.replace("\n", " "), id="YAML's >"),
        pytest.param(BOTH.replace("\n", ","), id="a lookup's commas"),
        pytest.param([CA.replace("\n", "\\n"), OTHER], id="a list"),
    ],
)
def test_a_pem_is_written_as_it_is_meant(certificate: Any, way: str, play: Play, secrets: Secrets) -> None:
    options = {**builders.item("acme", certificate=certificate), "namespace": secrets.namespace}
    runs = [
        play({"name": "Write", "epinio.registries.export_registry": options, **WAYS[way]}).result("Write")
        for _again in range(2)
    ]
    assert [run["changed"] for run in runs] == [True, False]
    assert decoded(secrets.get("acme-certificate"), "tls.crt") == BOTH

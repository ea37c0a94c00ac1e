# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chain is verified as Go does, on every Python: `ssl` is as strict here as Python 3.13 makes it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading.trust import verify_as_go

from tests.registries.authority import Authority, Identity
from tests.registries.scripted import always, reply, serve

ROOT = Authority("root")  # without key identifiers and key usage, as the CAs of many clusters are
MIDDLE = Authority("middle", ROOT)
STRICT = ssl.VERIFY_X509_STRICT


def strict(anchor: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=anchor.pem.decode())
    context.verify_flags |= STRICT
    return context


def as_go(anchor: Authority) -> ssl.SSLContext:
    context = strict(anchor)
    verify_as_go(context)
    return context


def verified(folder: Path, identity: Identity, context: ssl.SSLContext) -> str:
    """Return why the server's chain is refused, or nothing."""
    with (
        serve(always(reply(200)), tls=identity.server_context(folder)) as server,
        socket.create_connection(server.server_address[:2], timeout=5) as connection,
    ):
        try:
            context.wrap_socket(connection, server_hostname="127.0.0.1").close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    return ""


@pytest.mark.parametrize(
    ("identity", "anchor", "said_by_python"),
    [
        pytest.param(ROOT.identity(), ROOT, "Missing Authority Key Identifier", id="a CA without key identifiers"),
        pytest.param(MIDDLE.identity(), MIDDLE, "unable to get issuer certificate", id="an intermediate as anchor"),
    ],
)
def test_taken(tmp_path: Path, identity: Identity, anchor: Authority, said_by_python: str) -> None:
    alone = strict(anchor)
    alone.verify_flags &= ~0x80000
    assert verified(tmp_path, identity, alone) == said_by_python
    assert verified(tmp_path, identity, as_go(anchor)) == ""


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        pytest.param(Authority("other").identity(), "unable to get local issuer certificate", id="another CA"),
        pytest.param(MIDDLE.identity(whole_chain=False), "unable to get local issuer certificate", id="half a chain"),
        pytest.param(ROOT.identity(expired=True), "certificate has expired", id="out of date"),
        pytest.param(ROOT.identity("registry.example"), "IP address mismatch", id="another name"),
    ],
)
def test_refused(tmp_path: Path, identity: Identity, said: str) -> None:
    assert said in verified(tmp_path, identity, as_go(ROOT))


def test_the_flags_of_openssl() -> None:
    context = as_go(ROOT)
    assert not context.verify_flags & STRICT
    assert context.verify_flags & 0x80000
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname

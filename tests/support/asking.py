# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to a server, and why it had no answer."""

from __future__ import annotations

import ssl

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.proxies import Proxies
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer, exchange, trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline, Unanswered

from tests.registries.scripted import reply

TLS = trust(None, system=True)
PLAIN = reply(200, "X-Kind: plain", "x-kind: twice", body="body")


def ask(
    url: str, *, method: str = "GET", tls: ssl.SSLContext | None = None, seconds: float = 5, **headers: str
) -> Answer:
    """Ask, through whatever proxies the environment names."""
    return exchange(
        method,
        url,
        headers=headers,
        tls=tls or TLS,
        deadline=Deadline(seconds),
        proxies=Proxies(),
    )


def failure(url: str, *, tls: ssl.SSLContext | None = None, seconds: float = 5) -> Unanswered:
    """Return why there was no answer."""
    with pytest.raises(Unanswered) as caught:
        ask(url, tls=tls, seconds=seconds)
    return caught.value

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a client written in Go verifies the chain of a server, told to Python's `ssl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

#: OpenSSL's X509_V_FLAG_X509_STRICT and X509_V_FLAG_PARTIAL_CHAIN; `ssl` names the latter since Python 3.10.
_STRICT = 0x20
_PARTIAL_CHAIN = 0x80000


def verify_as_go(context: ssl.SSLContext) -> None:
    """Let any trusted certificate end a chain, also one that is not a root, and CAs do without key identifiers.

    `ssl.create_default_context` refuses the second since Python 3.13, and the first before. Chain, dates, purposes and
    names are verified as ever (Go, crypto/x509, Certificate.Verify).
    """
    context.verify_flags = (context.verify_flags | _PARTIAL_CHAIN) & ~_STRICT

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy between the collection and a real API server that breaks exactly what a test tells it to.

It ends TLS with a certificate of its own, and forwards with the administrator's token, whatever token it was given:
so a test may log in with a token that it looks for afterwards.
"""

from __future__ import annotations

from .kinds import KINDS, Fault, at, jitter
from .proxy import Answer, Exchange, Proxy, Request, open_proxy

__all__ = ["KINDS", "Answer", "Exchange", "Fault", "Proxy", "Request", "at", "jitter", "open_proxy"]

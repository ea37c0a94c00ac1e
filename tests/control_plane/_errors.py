# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that callers of this package see."""

from __future__ import annotations

__all__ = ["Unavailable"]


class Unavailable(Exception):
    """There is no API server to test against, or none that can do what was asked; the message says why."""

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How this collection writes a moment."""

from __future__ import annotations

import datetime


def written(moment: datetime.datetime) -> str:
    """Return an instant in UTC as everything here shows it; C(strftime) may leave out the zeros of early years."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"

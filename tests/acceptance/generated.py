# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of strategies for tests that look at many of them together."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

__all__ = ["generated"]


def generated(strategy: st.SearchStrategy[Any], number: int) -> list[Any]:
    """Return so many values of a strategy, the same every time."""
    values: list[Any] = []
    limits = settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def collect(value: Any) -> None:
        values.append(value)

    limits(given(strategy)(collect))()
    return values

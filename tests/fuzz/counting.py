# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property tests that count what they tried."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

__all__ = ["COUNTS", "inputs"]

#: Inputs tried by this process, by target.
COUNTS: Counter[str] = Counter()
#: FUZZ_TIMES multiplies them all, for nights.
TIMES = int(os.environ.get("FUZZ_TIMES", "1"))


def inputs(target: str, number: int, **strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Return a decorator: the test is run with so many inputs from these strategies.

    In CI the inputs are the same every time (hypothesis' own profile); by hand they differ from run to run.
    """

    def decorate(test: Callable[..., None]) -> Any:
        def counted(**values: Any) -> None:
            COUNTS[target] += 1
            test(**values)

        counted.__name__ = test.__name__
        # What derandomized inputs are derived from.
        counted.__qualname__ = test.__qualname__
        counted.__module__ = test.__module__
        counted.__doc__ = test.__doc__
        limits = settings(
            max_examples=number * TIMES,
            deadline=None,  # a busy machine is no defect
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        )
        return limits(given(**strategies)(counted))

    return decorate

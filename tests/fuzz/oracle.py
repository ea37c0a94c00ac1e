# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold whatever comes in."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

from tests.acceptance.canary import Canary

__all__ = ["CANARIES", "CREDENTIAL", "KEY", "PASSWORD", "STORED", "TOKEN", "assert_documented", "assert_no_secret"]

_PAGE = Path(__file__).parents[2] / "docs/docsite/rst/problem_codes.rst"


def _canary(name: str, core: str) -> Canary:
    # No colon: what stands before one in an auth is a user name, and shown.
    return Canary(name, value=f"'a\"\\é/+ %&=@{core}$#<>!", core=core)


#: Fixed, so that the same inputs mean the same: the password of the options, one in the cluster, a kubeconfig's, what
#: stands in private keys, and the token for the API server.
PASSWORD = _canary("password", "c4n4ryPa55w0rdQ7ZxK2mV9tB3nL6hJ8")
STORED = _canary("stored password", "c4n4ryStOr3dW1rF5yD0gS4aP7qE2uC9")
CREDENTIAL = _canary("kubeconfig", "c4n4ryKub3cNf6bH3xT8jM1vR5zG0kQ2")
KEY = Canary("private key", value="c4n4ryK3yPrIvAt3wX9pL2sD7fN4oU6eY", core="c4n4ryK3yPrIvAt3wX9pL2sD7fN4oU6eY")
TOKEN = Canary("token", value="c4n4ryT0k3nHj5cA8lB1iF6rW0tE3yS9", core="c4n4ryT0k3nHj5cA8lB1iF6rW0tE3yS9")
CANARIES = (PASSWORD, STORED, CREDENTIAL, KEY, TOKEN)


@functools.cache
def documented() -> frozenset[str]:
    """Return every code that the page of problem codes explains."""
    return frozenset(re.findall(r"(?m)^([a-z0-9_]+)\n~+$", _PAGE.read_text(encoding="utf-8")))


def assert_documented(problems: Iterable[Problem | Mapping[str, Any]]) -> None:
    """Check that each problem has a code of the page and says something."""
    for problem in problems:
        shown = problem if isinstance(problem, Mapping) else problem.as_option_problem()
        assert shown["code"] in documented(), shown
        assert shown["message"], shown
        assert shown["remedy"], shown


def assert_no_secret(*things: Any) -> None:
    """Check that no canary is in what these things show: their text, and their repr with all that it holds."""
    shown = "\n".join(text for thing in things for text in (str(thing), repr(thing)))
    data = shown.encode("utf-8", "surrogatepass")
    for canary in CANARIES:
        assert canary.found_in(data) == [], f"{canary} in {shown}"

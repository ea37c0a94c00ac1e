# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every room says when something will not be accepted."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Problem"]


@dataclasses.dataclass(frozen=True)
class Problem:
    """One reason why something will not be accepted, and the way out.

    ``code`` is stable and documented. ``message`` and ``remedy`` are sentences for people without any secret value.
    ``leg`` (``list``, ``chart``, ``image``) says which reader of Epinio objects; ``index``, ``name`` and ``option`` say
    where in the user's list it stands.
    """

    code: str
    message: str
    remedy: str
    leg: str | None = None
    index: int | None = None
    name: str | None = None
    option: str | None = None

    def at(self, **where: Any) -> Problem:
        """Return the same problem at a place: any of ``leg``, ``index``, ``name``, ``option``."""
        return dataclasses.replace(self, **where)

    def as_option_problem(self) -> dict[str, Any]:
        """Return the shape that a failed write reports: code, index, name, option, message, remedy."""
        return {key: getattr(self, key) for key in ("code", "index", "name", "option", "message", "remedy")}

    def as_leg_problem(self) -> dict[str, Any]:
        """Return the shape that C(export_registry_info) reports: code, leg, message, remedy."""
        return {key: getattr(self, key) for key in ("code", "leg", "message", "remedy")}

    def __str__(self) -> str:
        """Return one line: where, what is wrong, what to do."""
        place = "" if self.index is None else f"destinations[{self.index}]"
        if self.name is not None:
            place = f"{place} ({self.name})" if place else self.name
        if self.option:
            place = f"{place}, {self.option}" if place else self.option
        return f"{place}: {self.message} {self.remedy}" if place else f"{self.message} {self.remedy}"

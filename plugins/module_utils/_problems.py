# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every wing says when something will not be accepted, and the form in which it declares that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Generic, TypeVar


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


@dataclasses.dataclass(frozen=True)
class Sentences:
    """What is said of one case. ``message`` and ``remedy`` have named fields, as C(str.format) takes them.

    ``legs`` can report it, or it is found in one of ``options``, most often in the first.
    """

    message: str
    remedy: str
    legs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


Case = TypeVar("Case", bound=str)


class Catalogue(Generic[Case]):
    """All that one wing says: its cases, and the sentences of each.

    A case is a problem's code, or `code:variant` where one code has several sentences.
    """

    def __init__(self, cases: Mapping[Case, Sentences]) -> None:
        self.cases = cases

    def problem(
        self,
        case: Case,
        *,
        leg: str | None = None,
        index: int | None = None,
        name: str | None = None,
        option: str | None = None,
        **fields: object,
    ) -> Problem:
        """Return the problem at its place. KeyError where its sentences need another of ``fields``."""
        said = self.cases[case]
        return Problem(
            code=case.partition(":")[0],
            message=said.message.format(option=option, **fields),
            remedy=said.remedy.format(option=option, **fields),
            leg=leg,
            index=index,
            name=name,
            option=option,
        )

    @property
    def codes(self) -> Mapping[str, tuple[Sentences, ...]]:
        """Every code with the sentences of its cases, in the order of the catalogue."""
        codes: dict[str, tuple[Sentences, ...]] = {}
        for case, said in self.cases.items():
            code = case.partition(":")[0]
            codes[code] = (*codes.get(code, ()), said)
        return codes

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every wing says when something will not be accepted, and the form in which it declares that."""

from __future__ import annotations

import dataclasses
import functools
import string
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from ansible_collections.epinio.registries.plugins.module_utils._masking import printable

#: Takes what must not show out of a text of others.
Masked = Callable[[str], str]
#: A longer value is not quoted. Characters.
_LONGEST = 80


def quoted(value: Any, mask: Masked = str) -> str:
    """Return a value as it can stand in a sentence: in quotes, escaped, and whole."""
    text = ascii(value)
    if len(text) > _LONGEST:
        return f"(a value of {len(text)} characters)"
    return ascii(mask(value)) if isinstance(value, str) else mask(text)


class _Sentence(string.Formatter):
    """Fills in the fields of a sentence. Those with a conversion are what others wrote, and they alone are masked."""

    def __init__(self, mask: Masked) -> None:
        self._mask = mask

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """Return a field as it is; with C(!a) in quotes and escaped, with C(!r) a name in quotes, with C(!s) words."""
        if conversion is None:
            return value
        if conversion == "a":
            return quoted(value, self._mask)
        return super().convert_field(self._mask(str(value)), conversion)


@dataclasses.dataclass(frozen=True)
class Problem:
    """One reason why something will not be accepted, and the way out.

    ``code`` is stable and documented. ``message`` and ``remedy`` are sentences for people without any secret value.
    ``leg`` (``list``, ``chart``, ``image``) says which reader of Epinio objects; ``index``, ``name`` and ``option`` say
    where in the user's list it is.
    """

    code: str
    message: str
    remedy: str
    leg: str | None = None
    index: int | None = None
    name: str | None = None
    option: str | None = None
    #: Message and remedy again, by what takes secrets out of what others wrote.
    said_by: Callable[[Masked], tuple[str, str]] | None = dataclasses.field(default=None, repr=False, compare=False)

    def masked(self, mask: Masked) -> Problem:
        """Return the same problem without what ``mask`` finds in what others wrote: its name, and what it quotes."""
        message, remedy = self.said_by(mask) if self.said_by else (self.message, self.remedy)
        return dataclasses.replace(self, message=message, remedy=remedy, name=self.name and mask(self.name))

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
            name = printable(self.name)
            place = f"{place} ({name})" if place else name
        if self.option:
            place = f"{place}, {self.option}" if place else self.option
        return f"{place}: {self.message} {self.remedy}" if place else f"{self.message} {self.remedy}"


@dataclasses.dataclass(frozen=True)
class Sentences:
    """What is said of one case. ``message`` and ``remedy`` have named fields, as C(str.format) takes them.

    A field with a conversion is what others wrote: C({value!a}) any value, C({secret!r}) a name, C({subject!s}) words.
    Where such a value may hold a secret, it is masked before it is put into the sentence; our own words never are.

    ``legs`` can report it, or it is found in one of ``options``, most often in the first.
    """

    message: str
    remedy: str
    legs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def _filled(said: Sentences, fields: Mapping[str, Any], mask: Masked) -> tuple[str, str]:
    sentence = _Sentence(mask)
    return sentence.vformat(said.message, (), fields), sentence.vformat(said.remedy, (), fields)


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
        said_by = functools.partial(_filled, self.cases[case], {"option": option, **fields})
        message, remedy = said_by(str)
        return Problem(case.partition(":")[0], message, remedy, leg, index, name, option, said_by)

    @property
    def codes(self) -> Mapping[str, tuple[Sentences, ...]]:
        """Every code with the sentences of its cases, in the order of the catalogue."""
        codes: dict[str, tuple[Sentences, ...]] = {}
        for case, said in self.cases.items():
            code = case.partition(":")[0]
            codes[code] = (*codes.get(code, ()), said)
        return codes

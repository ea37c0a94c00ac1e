# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look into what others wrote: a mapping whose fields are what they should be, or a word on the first that is not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._masking import printable

#: More of a text of others shows nothing new. Characters.
LONGEST = 1000
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class Misshapen(ValueError):
    """Something is not what it should be; the text says where, and what was wanted."""


class Shape:
    """A mapping at a place of a tree. What is absent is None, false or empty; what is of another type is an error."""

    def __init__(self, value: Any, place: str = "") -> None:
        if not isinstance(value, Mapping):
            raise Misshapen(f"{place or 'The whole'} is not a mapping.")
        self._value = value
        self._place = place

    def __contains__(self, key: str) -> bool:
        return self._value.get(key) is not None

    def text(self, key: str) -> str | None:
        """Return a text in one line, without what does not print."""
        value = self._get(key, str, "text")
        return None if value is None else shown(value)

    def words(self, key: str) -> str:
        """Return a text that is empty where it is absent."""
        return self.text(key) or ""

    def flag(self, key: str) -> bool:
        """Return a boolean."""
        return bool(self._get(key, bool, "boolean"))

    def number(self, key: str, default: int) -> int:
        """Return a whole number."""
        value = self._get(key, int, "number")
        return default if value is None else int(value)

    def moment(self, key: str) -> datetime.datetime | None:
        """Return a moment in the form that this collection writes."""
        value = self._get(key, str, "text")
        if value is None:
            return None
        try:
            return datetime.datetime.strptime(value, _MOMENT).replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            raise Misshapen(f"{self._at(key)} is not a time such as 2027-01-31T12:00:00Z.") from None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._get(key, (list, tuple), "list") or ()
        if not all(isinstance(value, str) for value in values):
            raise Misshapen(f"{self._at(key)} is not a list of texts.")
        return tuple(map(shown, values))

    def inner(self, key: str) -> Shape:
        """Return a mapping within; an empty one where it is absent."""
        value = self._value.get(key)
        return Shape({} if value is None else value, self._at(key))

    def each(self, key: str) -> Iterator[Shape]:
        """Yield the mappings of a list."""
        for index, value in enumerate(self._get(key, (list, tuple), "list") or ()):
            yield Shape(value, f"{self._at(key)}[{index}]")

    def items(self) -> Iterator[tuple[str, Shape]]:
        """Yield name and content of mappings in a mapping."""
        for key in self._value:
            yield shown(str(key)), self.inner(key)

    def _get(self, key: str, kind: type | tuple[type, ...], word: str) -> Any:
        value = self._value.get(key)
        if value is not None and not isinstance(value, kind):
            raise Misshapen(f"{self._at(key)} is not a {word}.")
        return value

    def _at(self, key: str) -> str:
        return shown(f"{self._place}.{key}" if self._place else str(key))


def shown(text: str) -> str:
    """Return a text of others as it can be shown and stored: printable, in one line, not endless."""
    line = printable(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"

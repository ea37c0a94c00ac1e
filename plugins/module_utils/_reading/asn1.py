# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elements of DER, as Go's C(cryptobyte) reads them: what this refuses, its callers in C(crypto/x509) refuse."""

from __future__ import annotations

import datetime
import re

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT_IDENTIFIER = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
IMPLICIT, EXPLICIT = 0x80, 0xA0  # the classes of a tag that is its number in context, primitive and constructed

_TIME = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:Z|([+-])([0-9]{2})([0-9]{2}))")


class Malformed(ValueError):
    """It is not DER, or not what was expected there; the text says why, or nothing."""


def require(fine: object, reason: str = "") -> None:
    """Refuse what is not fine."""
    if not fine:
        raise Malformed(reason)


class Elements:
    """The elements that stand one after another in some bytes; each method reads the next."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Say whether anything is left."""
        return self._at < len(self._data)

    @property
    def tag(self) -> int | None:
        """The tag of what comes next, or None at the end."""
        return self._data[self._at] if self else None

    def any(self) -> tuple[int, bytes]:
        """Read whatever it is: its tag and its content. Tags of several bytes are not known to Go."""
        data, start = self._data, self._at + 2
        require(start <= len(data) and data[self._at] & 0x1F != 0x1F)
        tag, length = data[self._at], data[self._at + 1]
        if length & 0x80:
            width = length & 0x7F
            require(1 <= width <= 4 and start + width <= len(data))
            length = int.from_bytes(data[start : start + width], "big")
            require(length >= 0x80 and length >> 8 * (width - 1))  # the shortest form
            start += width
        self._at = start + length
        require(self._at <= len(data))
        return tag, data[start : self._at]

    def content(self, tag: int) -> bytes:
        """Read an element of this tag."""
        found, content = self.any()
        require(found == tag)
        return content

    def within(self, tag: int = SEQUENCE) -> Elements:
        """Read an element of this tag that holds others."""
        return Elements(self.content(tag))

    def optional(self, tag: int) -> Elements | None:
        """Read an element of this tag if there is one."""
        return self.within(tag) if self.tag == tag else None

    def element(self, tag: int = SEQUENCE) -> bytes:
        """Read an element of this tag: all of it."""
        start = self._at
        self.content(tag)
        return self._data[start : self._at]

    def boolean(self) -> bool:
        """Read a BOOLEAN."""
        content = self.content(BOOLEAN)
        require(content in (b"\x00", b"\xff"))
        return content == b"\xff"

    def integer(self, tag: int = INTEGER) -> int:
        """Read an INTEGER in its shortest form, of any size."""
        content = self.content(tag)
        require(content)
        require(len(content) == 1 or not (content[0] in (0, 0xFF) and (content[0] ^ content[1]) & 0x80 == 0))
        return int.from_bytes(content, "big", signed=True)

    def identifier(self) -> bytes:
        """Read an OBJECT IDENTIFIER whose numbers are below 2^31: the bytes of its content."""
        content = self.content(OBJECT_IDENTIFIER)
        require(content)
        numbers(content)
        return content

    def bits(self) -> bytes:
        """Read a BIT STRING: its bits in bytes, to the right."""
        content = self.content(BIT_STRING)
        require(content)
        padding, content = content[0], content[1:]
        require(padding <= 7 and (content or not padding))
        require(not content or not content[-1] & ((1 << padding) - 1))
        return (int.from_bytes(content, "big") >> padding).to_bytes(len(content), "big") if padding else content

    def time(self) -> datetime.datetime:
        """Read a UTCTime (the years 1950 to 2049) or a GeneralizedTime, both with a zone: the time in UTC."""
        tag, content = self.any()
        if tag == UTC_TIME:
            if len(content.partition(b"Z")[0].partition(b"+")[0].partition(b"-")[0]) == 10:
                content = content[:10] + b"00" + content[10:]  # minutes are enough
            content = (b"19" if content[:2] >= b"50" else b"20") + content
        else:
            require(tag == GENERALIZED_TIME)
        return _instant(content)


def _instant(text: bytes) -> datetime.datetime:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Malformed
    numbers_of = [int(digits) for digits in match.groups()[:6]]
    year = numbers_of[0]
    numbers_of[0] = year or 4  # Go has a year 0, a leap year
    zone = datetime.timedelta()
    if match[7]:
        require(int(match[8]) <= 24 and int(match[9]) < 60 and match[0][-4:] != b"0000")
        zone = datetime.timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == b"-" else 1)
    try:
        local = datetime.datetime(*numbers_of, tzinfo=datetime.timezone.utc)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise Malformed from error
    try:
        return local.replace(year=year) - zone
    except (OverflowError, ValueError):  # beyond what Python can say
        edge = datetime.datetime.max if year > 1 else datetime.datetime.min
        return edge.replace(tzinfo=datetime.timezone.utc)


def numbers(identifier: bytes) -> list[int]:
    """Return the numbers of an OBJECT IDENTIFIER."""
    found = [0]
    number, width = 0, 0
    for byte in identifier:
        require(width < 5 and number < 1 << 24 and not (width == 0 and byte == 0x80))
        number, width = number << 7 | byte & 0x7F, width + 1
        if not byte & 0x80:
            found.append(number)
            number, width = 0, 0
    require(width == 0)
    first = min(found[1] // 40, 2)
    return [first, found[1] - 40 * first, *found[2:]]

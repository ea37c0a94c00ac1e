# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the challenges of `WWW-Authenticate` by the grammar of RFC 9110, section 11."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_END = r"[ \t]*(?=,|\Z)"
_PARAMETER = re.compile(rf"({_TOKEN})[ \t]*=[ \t]*(?:({_TOKEN})|{_QUOTED}){_END}", re.DOTALL)
_SCHEME = re.compile(rf"({_TOKEN})(?: +|{_END})")
_TOKEN68 = re.compile(rf"([A-Za-z0-9\-._~+/]+=*){_END}")
_SEPARATORS = re.compile(r"[ \t,]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Challenge:
    """One way to log in that a server offers.

    ``scheme`` and the names of ``parameters`` are in lower case (both are case-insensitive). ``line`` counts the header
    lines from 0, and ``leads`` says whether the challenge is the first of its line: most clients read no further.
    """

    scheme: str
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)
    token68: str | None = None
    line: int = 0
    leads: bool = True


def parse(lines: Iterable[str]) -> list[Challenge]:
    """Return every challenge of these header lines, in order.

    Never raises: what the grammar does not allow is passed over up to the next comma. Of a parameter given twice the
    last one counts, as for Helm and skopeo.
    """
    return [challenge for number, line in enumerate(lines) for challenge in _parse_line(line, number)]


def _parse_line(line: str, number: int) -> list[Challenge]:
    found: list[Challenge] = []
    parameters: dict[str, str] | None = None  # of the challenge that is being read, unless it has a token68 instead
    position = _skip(line, 0)
    while position < len(line):
        parameter = None if parameters is None else _PARAMETER.match(line, position)
        scheme = None if parameter else _SCHEME.match(line, position)
        if parameter and parameters is not None:
            token, quoted = parameter[2], parameter[3]
            parameters[parameter[1].lower()] = token or _ESCAPE.sub(r"\1", quoted)
            position = parameter.end()
        elif scheme:
            token68 = _TOKEN68.match(line, scheme.end())
            parameters = None if token68 else {}
            leads = not found and not line[:position].strip(" \t")
            found.append(
                Challenge(
                    scheme[1].lower(),
                    {} if parameters is None else parameters,
                    token68[1] if token68 else None,
                    number,
                    leads,
                )
            )
            position = (token68 or scheme).end()
        else:
            comma = line.find(",", position)
            position = len(line) if comma < 0 else comma
        position = _skip(line, position)
    return found


def _skip(line: str, position: int) -> int:
    separators = _SEPARATORS.match(line, position)
    return separators.end() if separators else position

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of texts that others wrote."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "masked", "masking", "texts", "without_userinfo"]

MASK = "********"
#: By so many of its first characters a form is looked up, so that many secrets cost no more than one.
_HEAD = 4
#: So many characters of a form, at the end of a text, are taken for one that breaks off there.
_BROKEN_OFF = 8
#: What may stand behind it there.
_ENDS = " \t\r\n.\u2026\"'`)]}"
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")


def texts(value: Any) -> list[str]:
    """Return every text and number in a value that may be nested, as text; keys are none of them.

    What stands in it several times is looked into once, so that references to references cost nothing.
    """
    found: list[str] = []
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, (Mapping, list, tuple)):
            found += [] if value is None or isinstance(value, bool) else [str(value)]
        elif id(value) not in seen:
            seen.add(id(value))
            waiting += value.values() if isinstance(value, Mapping) else value
    return found


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a foreign text without any of these secrets, also where it breaks off within one: see ``masking``."""
    return masking(secrets, broken_off=True)(text)


def masking(secrets: Iterable[str], *, broken_off: bool = False) -> Callable[[str], str]:
    """Return the function that takes all of these secrets out of a text.

    It finds them in any case: plain, escaped for JSON, URLs or Python, and in base64, also where that holds them among
    other things. What is in base64 twice, like the auth of a docker config, must be named encoded once.
    ``broken_off``: so does the beginning of a secret at the end of a text, or before its last dots, quotes, brackets.
    Meant for foreign texts only: a mask in a sentence of our own would tell that the password is one of its words.
    """
    forms: dict[str, dict[int, set[str]]] = {}  # by head and length, so that many that begin alike cost no more either
    beginnings: dict[str, list[str]] = {}
    for form in sorted({form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True):
        folded = _folded(form)
        forms.setdefault(folded[:_HEAD], {}).setdefault(len(folded), set()).add(folded)
        if broken_off:
            beginnings.setdefault(folded[:_BROKEN_OFF], []).append(folded)
    heads = sorted({len(head) for head in forms}, reverse=True)

    def longest_at(text: str, start: int) -> int:
        for head in heads:
            for length, known in forms.get(text[start : start + head], {}).items():
                if start + length <= len(text) and text[start : start + length] in known:
                    return length
        return 0

    def mask(text: str) -> str:
        folded = _folded(text)
        end = len(folded.rstrip(_ENDS))
        parts, done, start = [], 0, 0
        while forms and start < len(folded):
            length = longest_at(folded, start) or _rest_at(folded, start, end, beginnings)
            if length:
                parts += [text[done:start], MASK]
                done = start + length
            start += length or 1
        return "".join((*parts, text[done:]))

    return mask


def _rest_at(text: str, start: int, end: int, beginnings: Mapping[str, Sequence[str]]) -> int:
    """Return how much is left of a text, if that is the beginning of a form; ``beginnings`` hold the longest first."""
    rest = end - start
    known = beginnings.get(text[start : start + _BROKEN_OFF], ())
    if not known or not _BROKEN_OFF <= rest < len(known[0]):
        return 0
    return rest if any(len(form) > rest and text.endswith(form[:rest], start, end) for form in known) else 0


def without_userinfo(url: str, mask: str) -> str:
    """Return a URL, with or without a scheme, with ``mask`` for the user name and password before its host."""
    before, at, host = url.rpartition("@")
    scheme = _SCHEME.match(before)
    return f"{scheme[0] if scheme else ''}{mask}@{host}" if at else url


def _folded(text: str) -> str:
    """Return the text in lower case, as long as it was: two letters would come from one in some languages."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _forms(secret: str) -> Iterator[str]:
    data = secret.encode("utf-8", "surrogatepass")
    escaped = json.dumps(secret)[1:-1]
    yield from (secret, escaped, json.dumps(secret, ensure_ascii=False)[1:-1])
    for quoted in (repr(f"'\"{secret}"), ascii(f"'\"{secret}")):  # with both in it, Python escapes the single ones
        yield from (quoted[4:-1], quoted[4:-1].replace("\\'", "'"))
    yield from (quote(data), quote(data, safe=""), quote_plus(data))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(data).decode()
        yield from (whole, whole.rstrip("="))
        if len(data) >= _HEAD:  # of less, so little remains that it is found everywhere
            yield from _within(encode, data)
            yield from _within(encode, escaped.encode())


def _within(encode: Callable[[bytes], bytes], data: bytes) -> Iterator[str]:
    """Yield what base64 makes of data that stands within other data, less the characters that hold some of both."""
    for preceding in range(3):
        padded = b"\0" * preceding + data
        yield encode(padded).decode()[-(-preceding * 8 // 6) : len(padded) * 8 // 6]

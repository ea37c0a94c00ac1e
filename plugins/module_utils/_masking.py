# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of texts that others wrote, before a sentence of our own quotes them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MASK = "********"
#: So many characters of a secret are taken for a part of it, wherever they stand.
_PART = 8
#: Within base64 and the like a shorter secret is not a find: its letters come by chance.
_WITHIN = 4
#: More of one secret is not looked for: nobody quotes so much of it. Characters.
_LONGEST = 1 << 16
#: Encoders that a text went through one after the other: more are not undone.
_LAYERS = 3
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_ESCAPE = re.compile(
    r"(?P<units>(?:\\u[0-9a-fA-F]{4})+)"
    r"|\\U(?P<rune>[0-9a-fA-F]{8})"
    r"|(?P<bytes>(?:\\x[0-9a-fA-F]{2})+)"
    r"|\\(?P<letter>.)"
    r"|(?P<percent>(?:%[0-9a-fA-F]{2})+)"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0"}
#: What may be base64, in one piece or in lines; and what may be hexadecimal.
_BASE64 = re.compile(r"(?P<run>[A-Za-z0-9+/_-]{8,}(?:[\r\n]+[ \t]*[A-Za-z0-9+/_-]+)*)={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
_URL_SAFE = str.maketrans("-_", "+/")

#: From where to where.
Range = tuple[int, int]


class Mask:
    """Finds secrets, and parts of them, whatever an encoder made of them.

    No text may hold one of ``secrets``, nor eight characters of one in a row. Case does not matter.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._parts: set[str] = set()
        self._short: dict[int, set[str]] = {}
        self._unread = [secrets]

    def learn(self, secrets: Iterable[str]) -> Mask:
        """Find these too. They are looked at when there is a text to mask: most runs quote nobody."""
        self._unread.append(secrets)
        return self

    def _read(self) -> None:
        while self._unread:
            for form in (form for secret in self._unread.pop() for form in _forms(secret)):
                if 0 < len(form) < _PART:
                    self._short.setdefault(len(form), set()).add(form)
                self._parts.update(form[start : start + _PART] for start in range(len(form) - _PART + 1))

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        self._read()
        parts, done = [], 0
        for start, end in _merged(self._find(text, _LAYERS)):
            parts += [text[done:start], MASK]
            done = end
        return "".join((*parts, text[done:]))

    def quote(self, text: str, longest: int = 1000) -> str:
        """Return a text of others fit for a sentence of ours: without them, in one line, not longer than this."""
        shown = self(printable(self(text[: 1 << 14])))
        return shown if len(shown) <= longest else f"{shown[:longest]} …"

    def finds(self, text: str) -> bool:
        """Return whether a text holds one of them, or a part of one."""
        self._read()
        return any(True for _found in self._find(text, _LAYERS))

    def _find(self, text: str, layers: int, shortest: int = 1) -> Iterator[Range]:
        """Yield where they stand, in this text and in what is encoded in it; ``shortest`` is the length of a find."""
        if not self._parts and not self._short:
            return
        yield from self._plain(_folded(text), shortest)
        if not layers:
            return
        for content, spans in _packed(text):
            for start, end in self._find(content, layers - 1, _WITHIN):
                yield spans[start][0], spans[end - 1][1]
        decoded, spans = _unescaped(text)
        if decoded is not None:
            for start, end in self._find(decoded, layers - 1, shortest):
                yield spans[start][0], spans[end - 1][1]

    def _plain(self, folded: str, shortest: int) -> Iterator[Range]:
        for start in range(len(folded)):
            if folded[start : start + _PART] in self._parts:
                yield start, start + _PART
            for length, known in self._short.items():
                if length >= shortest and folded[start : start + length] in known:
                    yield start, start + length


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is compared: as text, and as the bytes of its UTF-8."""
    secret = secret.strip()  # it may stand elsewhere without the white space around it
    plain = _folded(secret[:_LONGEST])
    yield plain
    as_bytes = _folded(secret[:_LONGEST].encode("utf-8", "surrogatepass").decode("latin-1"))
    if as_bytes != plain:
        yield as_bytes


def _folded(text: str) -> str:
    """Return the text in lower case, as long as it was; a plus is the blank that it stands for in a query."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lower.replace("+", " ").replace("\n", " ").replace("\r", " ").replace("\t", " ")


def _unescaped(text: str) -> tuple[str | None, Sequence[Range]]:
    """Undo one layer of escapes (JSON, Python, C, URL, HTML); None where there is none. Also: where each letter was."""
    parts: list[str] = []
    spans: list[Range] = []
    done = 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[done : match.start()])
        spans += [(at, at + 1) for at in range(done, match.start())]
        letters = _unescape(match)
        parts.append(letters)
        spans += [match.span()] * len(letters)
        done = match.end()
    if not parts:
        return None, ()
    parts.append(text[done:])
    spans += [(at, at + 1) for at in range(done, len(text))]
    return "".join(parts), spans


def _unescape(match: re.Match[str]) -> str:
    kind, word = match.lastgroup or "", match.group(match.lastgroup or 0)
    if kind == "units":
        units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in word.split("\\u")[1:])
        return units.decode("utf-16-be", "replace")
    if kind == "rune":
        number = int(word, 16)
        return chr(number) if number <= 0x10FFFF else ""
    if kind in ("bytes", "percent"):
        data = bytes.fromhex(word.replace("\\x", "").replace("%", ""))
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if kind == "entity":
        import html  # few texts of others are HTML

        return html.unescape(word)
    return _LETTERS.get(word, word)


def _packed(text: str) -> Iterator[tuple[str, Sequence[Range]]]:
    """Yield the bytes, as letters, of each run that may be base64 or hexadecimal, and where each of them was.

    What holds a secret among other things may begin anywhere in a group of four: so each run is read four times.
    """
    for match in _BASE64.finditer(text):
        places = [at for at in range(match.start(), match.end("run")) if not text[at].isspace()]
        run = "".join(text[at] for at in places).translate(_URL_SAFE)
        ends = [at + 1 for at in places[:-1]] + [match.end()]
        for offset in range(4):
            size = (len(run) - offset) * 6 // 8
            used = run[offset : offset + -(-size * 8 // 6)]
            content = binascii.a2b_base64(used + "A" * (-len(used) % 4))[:size].decode("latin-1")
            yield (
                content,
                [(places[offset + at * 8 // 6], ends[offset - (-(at + 1) * 8 // 6) - 1]) for at in range(size)],
            )
    for match in _HEX.finditer(text):
        begin = match.start()
        content = bytes.fromhex(match.group()).decode("latin-1")
        yield content, [(begin + 2 * at, begin + 2 * at + 2) for at in range(len(content))]


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def printable(text: str) -> str:
    """Return a text of others as one line that no terminal takes for more than that."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def texts(value: Any) -> list[str]:
    """Return every text and number in a value that may be nested, as text; keys are none of them.

    What is in it several times is looked into once, so that references to references cost nothing.
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


def without_userinfo(url: str, mask: str) -> str:
    """Return a URL, with or without a scheme, with ``mask`` for the user name and password before its host."""
    before, at, host = url.rpartition("@")
    scheme = _SCHEME.match(before)
    return f"{scheme[0] if scheme else ''}{mask}@{host}" if at else url

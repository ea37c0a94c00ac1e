# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Go's standard library reads where Python's reads something else.

Epinio, Helm and skopeo are written in Go. Whether they accept a text is decided by C(encoding/json),
C(encoding/base64), C(encoding/pem), C(net/url) and C(path) of Go 1.25 and later; each function here keeps the rules of
the one that it names. Everything takes any input, in linear time, and raises nothing but ValueError.
"""

from __future__ import annotations

import binascii
import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

_MAX_DEPTH = 10_000  # encoding/json, maxNestingDepth
_SURROGATE = re.compile("[\ud800-\udfff]")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NEWLINES = re.compile(rb"[\r\n]+")


def to_text(data: bytes) -> str:
    """Decode as Go's C(string) does wherever it becomes JSON or runes: each byte that is not UTF-8 is one U+FFFD."""
    return _SURROGATE.sub("\ufffd", data.decode("utf-8", "surrogateescape"))


def decode_base64(data: bytes) -> bytes:
    """Decode as C(base64.StdEncoding) does: it skips line ends anywhere, wants padding, and ignores stray last bits."""
    packed = _NEWLINES.sub(b"", data)
    if _BASE64.fullmatch(packed) is None:
        raise ValueError("illegal base64 data")
    return binascii.a2b_base64(packed)


# encoding/json


class JSONObject:
    """A JSON object with all its members in their order: Go's maps and structs treat a repeated key differently."""

    def __init__(self) -> None:
        self.members: list[tuple[str, Any]] = []


_TOKEN = re.compile(
    r"[ \t\n\r]*(?:"
    r"(?P<mark>[{}\[\]:,])"
    r'|"(?P<string>[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>true|false|null))"
)
_NAMES = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def parse_json(data: bytes) -> Any:
    """Parse one JSON text: JSONObject, list, str, float (C(inf) where it does not fit), True, False or None."""
    text = to_text(data)
    top: list[Any] = []
    containers: list[Any] = [top]
    keys: list[str] = []
    expected = "value"  # value, value-or-end, key, key-or-end, colon, comma-or-end, nothing
    position = 0
    while True:
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position = token.end()
        kind = token.lastgroup or ""
        word = token.group(kind)
        container = containers[-1]
        if kind == "mark" and word == ":":
            _require(expected == "colon")
            expected = "value"
        elif kind == "mark" and word == ",":
            _require(expected == "comma-or-end")
            expected = "key" if isinstance(container, JSONObject) else "value"
        elif kind == "mark" and word in "]}":
            _require(expected.endswith("-or-end") and isinstance(container, JSONObject) == (word == "}"))
            containers.pop()
            expected = "comma-or-end" if len(containers) > 1 else "nothing"
        elif expected.startswith("key"):
            _require(kind == "string")
            keys.append(_unquote(word))
            expected = "colon"
        else:
            _require(expected.startswith("value"))
            value = _value(kind, word)
            if isinstance(container, JSONObject):
                container.members.append((keys.pop(), value))
            else:
                container.append(value)
            if kind == "mark":
                containers.append(value)
                _require(len(containers) <= _MAX_DEPTH + 1)
                expected = "key-or-end" if word == "{" else "value-or-end"
            else:
                expected = "comma-or-end" if len(containers) > 1 else "nothing"
    _require(expected == "nothing" and not text[position:].strip(" \t\r\n"))
    return top[0]


def _require(fine: bool) -> None:
    if not fine:
        raise ValueError("not JSON")


def _value(kind: str, word: str) -> Any:
    if kind == "mark":
        return JSONObject() if word == "{" else []
    if kind == "string":
        return _unquote(word)
    return float(word) if kind == "number" else _NAMES[word]


def _unquote(word: str) -> str:
    return _ESCAPE.sub(_unescape, word) if "\\" in word else word


def _unescape(match: re.Match[str]) -> str:
    high, low, unit, letter = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if unit:
        return _SURROGATE.sub("\ufffd", chr(int(unit, 16)))
    return _ESCAPED.get(letter, letter)


_LOWER = {**{ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, 0x17F: "s", 0x212A: "k"}


def fold(key: str) -> str:
    """Fold a key: it equals a struct field's lower-case name exactly when C(encoding/json) takes it for that field.

    Besides A to Z, Unicode's simple folding knows two more letters of ASCII words: the long s and the Kelvin sign.
    """
    return key.translate(_LOWER)


# encoding/pem

_PEM_BEGIN, _PEM_END, _PEM_DASHES = b"-----BEGIN ", b"\n-----END ", b"-----"


def pem_blocks(data: bytes) -> Iterator[tuple[bytes, bool, bytes]]:
    """Yield (type, has headers, content) of each block that repeated C(pem.Decode) finds, in order."""
    position = 0
    while True:
        end = data.find(_PEM_END, position)
        if end < 0:
            return
        begin = data.rfind(_PEM_BEGIN, position, end)
        if begin < 0 or (begin > position and data[begin - 1] != 0x0A):
            position = end + len(_PEM_END)
            continue
        block, following = _pem_block(data, begin, end)
        if following is None:
            return
        position = following
        if block is not None:
            yield block


def _pem_block(data: bytes, begin: int, end: int) -> tuple[tuple[bytes, bool, bytes] | None, int | None]:
    """Read between a BEGIN and the first END after it: the block, or None; and where to go on, None for not at all."""
    trailer = end + len(_PEM_END)
    line, body = _line(data, begin + len(_PEM_BEGIN))
    if not line.endswith(_PEM_DASHES):
        return None, trailer
    last = line
    headers = False
    line, following = _line(data, body)
    while b":" in line:
        headers, body = True, following
        line, following = _line(data, body)
    if body >= len(data) or body > trailer:
        return None, None
    if headers and end < body:
        return None, trailer
    if data[trailer : trailer + len(last)] != last or _line(data, trailer + len(last))[0]:
        return None, trailer
    content = b""
    if end > body:
        try:
            content = decode_base64(data[body:end].replace(b" ", b"").replace(b"\t", b""))
        except ValueError:
            return None, trailer
    return (last[: -len(_PEM_DASHES)], headers, content), _line(data, trailer - 1)[1]


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    """Return the line at start without what Go trims from its end, and where the next one starts."""
    end = data.find(b"\n", start)
    if end < 0:
        return data[start:].rstrip(b" \t"), len(data)
    stop = end - 1 if end > start and data[end - 1] == 0x0D else end
    return data[start:stop].rstrip(b" \t"), end + 1


# net/url and path

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_ESCAPED_BYTE = re.compile("%([0-9a-fA-F]{2})")
_HOST = re.compile(r"(?:[A-Za-z0-9!$&'()*+,;=:\[\]<>\"._~-]|[^\x00-\x7f]|%25|%[89a-fA-F][0-9a-fA-F])*")
_PORT = re.compile("(?::[0-9]*)?")
_USERINFO = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")


def url_host(url: str, *, request: bool = False) -> str:
    """Return the Host of C(url.Parse), or with C(request) of C(url.ParseRequestURI); ValueError where these fail."""
    if not request:
        url, _separator, fragment = url.partition("#")
        _refuse(_BAD_ESCAPE.search(fragment))
    _refuse(_CONTROL.search(url))
    if url == "*":
        return ""
    match = _SCHEME.match(url)
    scheme, rest = (match.group(), url[match.end() :]) if match else ("", url)
    _refuse(not match and url.startswith(":"))
    rest = rest.partition("?")[0]
    host = ""
    if not rest.startswith("/"):
        if scheme:
            return ""
        _refuse(request or ":" in rest.partition("/")[0])
    elif rest.startswith("//") and (scheme or (not request and not rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        userinfo, _separator, literal = authority.rpartition("@")
        host = _parse_host(literal)
        _refuse(not _USERINFO.fullmatch(userinfo) or _BAD_ESCAPE.search(userinfo))
    _refuse(_BAD_ESCAPE.search(rest))
    return host


def _refuse(fault: object) -> None:
    if fault:
        raise ValueError("not a URL")


def _parse_host(host: str) -> str:
    bracket = host.rfind("[")
    _refuse(bracket > 0)
    if bracket == 0:
        close = host.rfind("]")
        _refuse(close < 0 or not _PORT.fullmatch(host[close + 1 :]))
        name, percent, zone = host[1:close].partition("%25")
        _refuse(not _HOST.fullmatch(name) or not _HOST.fullmatch(_ESCAPED_BYTE.sub(_zone_byte, percent + zone)))
        address = _unescape_bytes(name) + _unescape_bytes(percent + zone)
        _refuse(not isinstance(ipaddress.ip_address(address), ipaddress.IPv6Address))
        return f"[{address}]{host[close + 1 :]}"
    _refuse(":" in host and not _PORT.fullmatch(host[host.rindex(":") :]))
    _refuse(not _HOST.fullmatch(host))
    return _unescape_bytes(host)


def _unescape_bytes(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def _zone_byte(match: re.Match[str]) -> str:
    """Return an escaped byte of a zone as it is checked: percent and space are fine, other than ASCII is not."""
    byte = chr(int(match.group(1), 16))
    return "" if byte in "% " else byte if byte.isascii() else "\0"


def clean_path(path: str) -> str:
    """Return what C(path.Clean) makes of a path: no empty and no C(.) part, C(..) takes the part before it away."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and rooted):
            parts.append(part)
    return ("/" if rooted else "") + "/".join(parts) or "."

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate as Go reads it: C(parseCertificate) of C(crypto/x509/parser.go), Go 1.26, step by step.

Python's libraries refuse certificates that Go takes, and the reverse, each version others.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._reading import asn1, elliptic
from ansible_collections.epinio.registries.plugins.module_utils._reading.asn1 import (
    EXPLICIT,
    IMPLICIT,
    Elements,
    Malformed,
    require,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.extensions import NEVER_CRITICAL, READERS


class Refused(ValueError):
    """Go's parser refuses the certificate; the text says why, as the end of a sentence."""


class Damaged(Refused):
    """It is cut off, or something else than a certificate."""


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What a certificate says. Names are pairs (identifier, text) in sets, as they come; times are in UTC."""

    subject: Name
    issuer: Name
    not_before: datetime.datetime
    not_after: datetime.datetime
    self_issued: bool
    is_ca: bool = False
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()


Name = tuple[tuple[tuple[bytes, str], ...], ...]


def parse(der: bytes) -> Parsed:
    """Read one certificate, to the last byte. Refused where Go's parser refuses it."""
    part = _Part()
    try:
        return _certificate(der, part)
    except ValueError as error:
        reason = str(error) if isinstance(error, Malformed) else ""
        raise (Refused if part.name else Damaged)(
            reason or f"its {part.name or 'structure'} cannot be parsed"
        ) from error


class _Part:
    """The part that is being read, for what is said where it cannot be."""

    name = ""


def _certificate(der: bytes, part: _Part) -> Parsed:
    outermost = Elements(der)
    whole = outermost.within()
    require(not outermost, "something is behind it")
    inner = whole.within()
    part.name = "version"
    version = _version(inner)
    part.name = "serial number"
    require(inner.integer() >= 0, "its serial number is negative")
    part.name = "signature algorithm"
    algorithm = inner.content(asn1.SEQUENCE)
    require(algorithm == whole.content(asn1.SEQUENCE), "its signature algorithms, inside and outside, differ")
    _algorithm(Elements(algorithm))
    part.name = "issuer"
    raw_issuer = inner.element()
    issuer = _name(raw_issuer)
    part.name = "validity"
    validity = inner.within()
    not_before, not_after = validity.time(), validity.time()
    part.name = "subject"
    raw_subject = inner.element()
    subject = _name(raw_subject)
    part.name = "public key"
    information = inner.within()
    kind, parameters = _algorithm(information.within())
    key = information.bits()
    if kind in _KEYS:
        _KEYS[kind](parameters, key)
    part.name = "extensions"
    found = _extensions(inner, version, part)
    part.name = "signature"
    whole.bits()
    return Parsed(subject, issuer, not_before, not_after, self_issued=raw_issuer == raw_subject, **found)


def _version(inner: Elements) -> int:
    explicit = inner.optional(EXPLICIT | 0)
    if explicit is None:
        return 1
    version = explicit.integer() + 1
    require(not explicit and 1 <= version <= 3)
    return version


def _algorithm(sequence: Elements) -> tuple[bytes, bytes]:
    """Return the identifier and the element of its parameters, if there is one."""
    identifier = sequence.identifier()
    tag = sequence.tag
    return identifier, b"" if tag is None else sequence.element(tag)


# Names

_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()*+,./:=?&-]*")
_NUMERIC = re.compile(rb"[0-9 ]*")
_NOT_UCS2 = re.compile("[\ufffe\uffff\ufdd0-\ufdef\ud800-\udfff]")


def _printable(content: bytes) -> str:
    require(_PRINTABLE.fullmatch(content))
    return content.decode("ascii")


def _numeric(content: bytes) -> str:
    require(_NUMERIC.fullmatch(content))
    return content.decode("ascii")


def _bmp(content: bytes) -> str:
    if len(content) % 2 == 0 and content.endswith(b"\0\0"):
        content = content[:-2]
    text = content.decode("utf-16-be", "surrogatepass")
    require(not any(letter > "\U0000ffff" for letter in text) and not _NOT_UCS2.search(text))
    return text


_STRINGS: Mapping[int, Callable[[bytes], str]] = {
    0x0C: bytes.decode,
    0x12: _numeric,
    0x13: _printable,
    0x14: lambda content: content.decode("latin-1"),
    0x16: lambda content: content.decode("ascii"),
    0x1E: _bmp,
}


def _name(element: bytes) -> Name:
    names = Elements(element).within()
    found = []
    while names:
        one = names.within(asn1.SET)
        attributes = []
        while one:
            attribute = one.within()
            identifier = attribute.identifier()
            tag, content = attribute.any()
            require(tag in _STRINGS)
            attributes.append((identifier, _STRINGS[tag](content)))
        found.append(tuple(attributes))
    return tuple(found)


# Public keys. Of a kind that is not listed here, Go keeps what it cannot use.


def _rsa(parameters: bytes, key: bytes) -> None:
    require(parameters == b"\x05\x00", "its RSA key has other parameters than NULL")
    numbers = Elements(key).within()
    require(numbers.integer() > 0, "the modulus of its RSA key is not a positive number")
    exponent = numbers.integer()
    require(exponent > 0, "the exponent of its RSA key is not a positive number")
    require(exponent < 1 << 63, "the exponent of its RSA key is too large")


def _dsa(parameters: bytes, key: bytes) -> None:
    numbers = Elements(parameters).within()
    for number in (Elements(key).integer(), numbers.integer(), numbers.integer(), numbers.integer()):
        require(number > 0, "a number of its DSA key is not positive")


def _ec(parameters: bytes, key: bytes) -> None:
    require(parameters[:1] == b"\x06", "its EC key spells its curve out instead of naming it")
    curve = elliptic.CURVES.get(Elements(parameters).identifier())
    if curve is None:
        raise Malformed("its EC key is on a curve that Go does not know")
    require(curve.holds(key), "its EC key is not an uncompressed point of its curve")


def _ed25519(parameters: bytes, key: bytes) -> None:
    require(not parameters and len(key) == 32, "its Ed25519 key has parameters, or not 32 bytes")


_KEYS: Mapping[bytes, Callable[[bytes, bytes], None]] = {
    bytes.fromhex("2a864886f70d010101"): _rsa,
    bytes.fromhex("2a8648ce380401"): _dsa,
    bytes.fromhex("2a8648ce3d0201"): _ec,
    bytes.fromhex("2b6570"): _ed25519,
}


def _extensions(inner: Elements, version: int, part: _Part) -> dict[str, Any]:
    """Read what comes after the public key: the facts of the extensions, as Parsed has them."""
    facts: dict[str, Any] = {}
    if version == 1:
        return facts
    inner.optional(IMPLICIT | 1)
    inner.optional(IMPLICIT | 2)
    explicit = inner.optional(EXPLICIT | 3) if version == 3 else None
    if explicit is None:
        return facts
    values: dict[bytes, tuple[bool, bytes]] = {}
    sequence = explicit.within()
    while sequence:
        extension = sequence.within()
        identifier = extension.identifier()
        critical = extension.boolean() if extension.tag == asn1.BOOLEAN else False
        content = extension.content(asn1.OCTET_STRING)
        require(identifier not in values, "an extension is in it twice")
        values[identifier] = critical, content
    for identifier, (critical, content) in values.items():
        if identifier in READERS:
            part.name, read = READERS[identifier]
            require(not critical or identifier not in NEVER_CRITICAL, f"its {part.name} is marked critical")
            facts.update(read(Elements(content)) or {})
    return facts

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extensions of a certificate as Go reads them: C(processExtensions) of C(crypto/x509/parser.go), Go 1.26.

Each reader refuses what Go refuses (ValueError), and returns the fields of C(x509.Parsed) that it gives, if any.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._reading import asn1
from ansible_collections.epinio.registries.plugins.module_utils._reading.asn1 import (
    EXPLICIT,
    IMPLICIT,
    Elements,
    require,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import url_host


def _key_usage(value: Elements) -> None:
    value.bits()


def _subject_key(value: Elements) -> None:
    value.content(asn1.OCTET_STRING)


def _authority_key(value: Elements) -> None:
    value.within().optional(IMPLICIT | 0)


def _constraints(value: Elements) -> dict[str, Any]:
    sequence = value.within()
    is_ca = sequence.boolean() if sequence.tag == asn1.BOOLEAN else False
    if sequence.tag == asn1.INTEGER:
        require(0 <= sequence.integer() < 1 << 63)
    return {"is_ca": is_ca}


_EMAIL, _DNS, _URI, _IP = (IMPLICIT | number for number in (1, 2, 6, 7))


def _alternatives(value: Elements) -> dict[str, Any]:
    dns_names, ip_addresses = [], []
    sequence = value.within()
    while sequence:
        tag, content = sequence.any()
        if tag in (_EMAIL, _DNS, _URI):
            require(content.isascii(), "a name in its subject alternative names is not ASCII")
        if tag == _DNS:
            dns_names.append(content.decode("ascii"))
        elif tag == _URI:
            require(_is_uri(content.decode("ascii")), "a URI in its subject alternative names cannot be parsed")
        elif tag == _IP:
            require(len(content) in (4, 16))
            ip_addresses.append(str(ipaddress.ip_address(content)))
    return {"dns_names": tuple(dns_names), "ip_addresses": tuple(ip_addresses)}


def _is_uri(text: str) -> bool:
    try:
        host = url_host(text)
    except ValueError:
        return False
    several = _WEB.match(text) and not host.startswith("[") and host.count(":") > 1  # since Go 1.26
    return _is_domain(host) and not several


_WEB = re.compile("https?:", re.IGNORECASE)


def _is_domain(name: str, *, constraint: bool = False) -> bool:
    """C(domainNameValid): no empty label but one that begins a constraint, and visible ASCII; or nothing at all."""
    labels = name.split(".")
    if constraint and len(labels) > 1 and not labels[0]:
        del labels[0]
    return not name or all(map(_LABEL.fullmatch, labels))


_LABEL = re.compile("[!-~]+")


def _usages(value: Elements) -> None:
    sequence = value.within()
    while sequence:
        sequence.identifier()


def _policies(value: Elements) -> None:
    sequence = value.within()
    seen = set()
    while sequence:
        identifier = sequence.within().content(asn1.OBJECT_IDENTIFIER)
        require(identifier not in seen and _LARGE_IDENTIFIER.fullmatch(identifier))
        seen.add(identifier)


_LARGE_IDENTIFIER = re.compile(rb"(?:(?!\x80)[\x80-\xff]*[\x00-\x7f])+", re.DOTALL)


def _mappings(value: Elements) -> None:
    sequence = value.within()
    while sequence:
        pair = sequence.within()
        pair.content(asn1.OBJECT_IDENTIFIER)
        pair.content(asn1.OBJECT_IDENTIFIER)


def _policy_constraints(value: Elements) -> None:
    sequence = value.within()
    for tag in (IMPLICIT | 0, IMPLICIT | 1):
        if sequence.tag == tag:
            _small(sequence.integer(tag))


def _inhibit(value: Elements) -> None:
    _small(value.integer())


def _small(number: int) -> None:
    require(-1 << 63 <= number < 1 << 63)


def _points(value: Elements) -> None:
    sequence = value.within()
    while sequence:
        name = sequence.within().optional(EXPLICIT | 0)
        full = name.within(EXPLICIT | 0) if name is not None else None
        while full is not None and full.tag == _URI:
            full.any()


def _access(value: Elements) -> None:
    sequence = value.within()
    while sequence:
        description = sequence.within()
        description.identifier()
        description.optional(_URI)


def _name_constraints(value: Elements) -> None:
    sequence = value.within()
    permitted, excluded = sequence.optional(EXPLICIT | 0), sequence.optional(EXPLICIT | 1)
    require(not value and not sequence and (permitted or excluded))
    for subtrees in (permitted, excluded):
        while subtrees:
            tag, content = subtrees.within().any()
            if tag in _CONSTRAINTS:
                require(_CONSTRAINTS[tag](content))


def _dns_constraint(content: bytes) -> bool:
    return _is_domain(content.decode("ascii"), constraint=True)


def _email_constraint(content: bytes) -> bool:
    text = content.decode("ascii")
    if "@" not in text:
        return _is_domain(text, constraint=True)
    match = _MAILBOX.match(text)
    if match is None:
        return False
    plain = match["atoms"]
    if plain is not None:
        plain = _QUOTED.sub(r"\1", plain)
        if plain.startswith(".") or plain.endswith(".") or ".." in plain:
            return False
    return _is_domain(text[match.end() :])


#: RFC 2821's local part, as C(parseRFC2821Mailbox) reads it.
_MAILBOX = re.compile(
    r'(?:"(?:\\[\x01-\x09\x0b\x0c\x0e-\x7f]|[\x01-\x08\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f])*"'
    r"|(?P<atoms>(?:\\[\x00-\x7f]|[0-9a-zA-Z!#$%&'*+/=?^_`{|}~.-])+))@"
)
_QUOTED = re.compile(r"\\(.)", re.DOTALL)


def _uri_constraint(content: bytes) -> bool:
    text = content.decode("ascii")
    return not _is_address(text) and _is_domain(text, constraint=True)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # Go takes no zone here


def _ip_constraint(content: bytes) -> bool:
    require(len(content) in (8, 32))
    mask = int.from_bytes(content[len(content) // 2 :], "big")
    inverse = mask ^ ((1 << len(content) * 4) - 1)
    return inverse & (inverse + 1) == 0


_CONSTRAINTS: Mapping[int, Callable[[bytes], bool]] = {
    _DNS: _dns_constraint,
    _EMAIL: _email_constraint,
    _URI: _uri_constraint,
    _IP: _ip_constraint,
}

_Reader = Callable[[Elements], "dict[str, Any] | None"]
READERS: Mapping[bytes, tuple[str, _Reader]] = {
    b"\x55\x1d\x0e": ("subject key identifier", _subject_key),
    b"\x55\x1d\x0f": ("key usage", _key_usage),
    b"\x55\x1d\x11": ("subject alternative names", _alternatives),
    b"\x55\x1d\x13": ("basic constraints", _constraints),
    b"\x55\x1d\x1e": ("name constraints", _name_constraints),
    b"\x55\x1d\x1f": ("CRL distribution points", _points),
    b"\x55\x1d\x20": ("certificate policies", _policies),
    b"\x55\x1d\x21": ("policy mappings", _mappings),
    b"\x55\x1d\x23": ("authority key identifier", _authority_key),
    b"\x55\x1d\x24": ("policy constraints", _policy_constraints),
    b"\x55\x1d\x25": ("extended key usage", _usages),
    b"\x55\x1d\x36": ("inhibit any policy", _inhibit),
    bytes.fromhex("2b06010505070101"): ("authority information access", _access),
}
#: RFC 5280 wants these not critical, and Go refuses the certificate otherwise.
NEVER_CRITICAL = (b"\x55\x1d\x0e", b"\x55\x1d\x23", bytes.fromhex("2b06010505070101"))

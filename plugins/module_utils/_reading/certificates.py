# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM bundles as Go's certificate pool takes them: certificates, private keys, expiry, and which hosts are covered."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import ipaddress
import re
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._moments import written
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import asn1, x509
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE, Code
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks

MAX_BYTES = 1024 * 1024  # Kubernetes' limit for the data of one secret (core/v1, MaxSecretSize)

_SOON = datetime.timedelta(days=30)

_PRIVATE_KEY = re.compile(rb"-[ \t]*(?:BEGIN|END)[A-Z0-9\s]*PRIVATE\s*KEY", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What people want to know of one certificate: RFC 4514 names, colon-separated upper-case hex, times in UTC."""

    subject: str
    issuer: str
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    fingerprint_sha256: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    is_ca: bool
    self_signed: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names and IP addresses that it covers."""
        return self.dns_names + self.ip_addresses

    def facts(self) -> dict[str, Any]:
        """Return what modules and filters return of it; times as texts (RFC 3339, UTC)."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "fingerprint_sha256": self.fingerprint_sha256,
            "not_before": written(self.not_before),
            "not_after": written(self.not_after),
        }


@dataclasses.dataclass(frozen=True)
class Bundle:
    """The certificates that Go's pool takes from a PEM text."""

    certificates: tuple[Certificate, ...] = ()

    @property
    def expires(self) -> datetime.datetime | None:
        """When the first of the certificates expires."""
        return min((one.not_after for one in self.certificates), default=None)


def is_chain(bundle: Bundle) -> bool:
    """Say whether each certificate was issued by the one behind it, as far as their names tell."""
    return all(one.issuer == other.subject for one, other in zip(bundle.certificates, bundle.certificates[1:]))


def contains_private_key(data: bytes) -> bool:
    """Say whether a BEGIN or END line of any kind of private key is anywhere in it, the rest of the block aside."""
    return _PRIVATE_KEY.search(data) is not None


def parse_bundle(pem: bytes) -> Bundle:
    """Parse a PEM text as C(x509.CertPool.AppendCertsFromPEM) does; more than 1 MiB is not parsed at all."""
    if len(pem) > MAX_BYTES:
        return Bundle()
    return _parse_small(pem) if len(pem) <= 65536 else _parse_large(pem)


def _parse(pem: bytes) -> Bundle:
    blocks = (content for kind, has_headers, content in pem_blocks(pem) if kind == b"CERTIFICATE" and not has_headers)
    return Bundle(tuple(certificate for certificate in map(_certificate, blocks) if certificate is not None))


# The same bundle is in many destinations. Only small texts are kept in number, so that the memory stays bounded.
_parse_small = functools.lru_cache(maxsize=1024)(_parse)
_parse_large = functools.lru_cache(maxsize=8)(_parse)


def _certificate(der: bytes) -> Certificate | None:
    """Read one certificate; None where Go's parser refuses it."""
    try:
        parsed = x509.parse(der)
    except x509.Refused:
        return None
    return Certificate(
        subject=rfc4514(parsed.subject),
        issuer=rfc4514(parsed.issuer),
        dns_names=parsed.dns_names,
        ip_addresses=parsed.ip_addresses,
        fingerprint_sha256=hashlib.sha256(der).digest().hex(":").upper(),
        not_before=parsed.not_before,
        not_after=parsed.not_after,
        is_ca=parsed.is_ca,
        self_signed=parsed.self_issued,
    )


#: RFC 4514, section 3: the short names of attributes.
_ATTRIBUTES = {
    bytes.fromhex(identifier): name
    for identifier, name in {
        "550403": "CN",
        "550407": "L",
        "550408": "ST",
        "55040a": "O",
        "55040b": "OU",
        "550406": "C",
        "550409": "STREET",
        "0992268993f22c640119": "DC",
        "0992268993f22c640101": "UID",
    }.items()
}
_SPECIAL = re.compile(r'^[ #]|[\\"+,;<>]| $')


def rfc4514(name: x509.Name) -> str:
    """Return a name as RFC 4514 has it, with everything that does not print in hexadecimal."""
    return ",".join("+".join(_attribute(*one) for one in attributes) for attributes in reversed(name))


def _attribute(identifier: bytes, text: str) -> str:
    kind = _ATTRIBUTES.get(identifier) or ".".join(map(str, asn1.numbers(identifier)))
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    if not escaped.isprintable():
        escaped = "".join(one if one.isprintable() else _hexadecimal(one) for one in escaped)
    return f"{kind}={escaped}"


def _hexadecimal(letter: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in letter.encode())


def same(one: str, other: str) -> bool:
    """Say whether two PEM texts differ in nothing but line ends, blank lines and white space that ends a line."""
    return one == other or _lines(one) == _lines(other)


def _lines(pem: str) -> list[str]:
    lines = (line.rstrip(" \t") for line in pem.replace("\r\n", "\n").split("\n"))
    return [line for line in lines if line]


# Host names, by the rules of Go's x509.Certificate.VerifyHostname

_LABEL = "[a-zA-Z0-9_][a-zA-Z0-9_-]*"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PATTERN = re.compile(rf"(?:\*|{_LABEL})(?:\.{_LABEL})*")


def covers(certificate: Certificate, host: str) -> bool:
    """Say whether the certificate covers a host, given as C(host[:port][/path]).

    A name matches a DNS name of the certificate, whose left-most label may be C(*); an IP address only an IP address.
    The common name does not count.
    """
    name = host.partition("/")[0]
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    address = _address(name)
    if address is not None:
        return any(_address(candidate) == address for candidate in certificate.ip_addresses)
    return any(_matches(pattern, name) for pattern in certificate.dns_names)


def _address(text: str) -> Any:
    try:
        address = ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _matches(pattern: str, name: str) -> bool:
    if not _HOST_NAME.fullmatch(name) or pattern == "*" or not _PATTERN.fullmatch(pattern):
        return name not in ("", ".") and _lower(pattern) == _lower(name)
    wanted = _lower(pattern).split(".")
    parts = _lower(name[:-1] if name.endswith(".") else name).split(".")
    return len(wanted) == len(parts) and all(
        a == b or (a == "*" and not at) for at, (a, b) in enumerate(zip(wanted, parts))
    )


def _lower(name: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def cautions(bundle: Bundle, *, host: str | None, now: datetime.datetime | None = None) -> list[Problem]:
    """Return what is not wrong with a bundle but soon may be, or looks like a mistake, for a host (None: any)."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    found = []
    for one in bundle.certificates:
        code, at = _aged(one, now)
        if code is not None:
            found.append(CATALOGUE.problem(code, subject=one.subject or "an unnamed subject", at=at))
    alone = bundle.certificates[0] if len(bundle.certificates) == 1 else None
    if host and alone and alone.self_signed and not alone.is_ca and not covers(alone, host):
        found.append(CATALOGUE.problem("certificate_other_host"))
    return found


def _aged(one: Certificate, now: datetime.datetime) -> tuple[Code | None, datetime.datetime]:
    """Return what is to be said of the age of a certificate, and the instant that it is about."""
    if one.not_after < now:
        return "certificate_expired", one.not_after
    if one.not_after - now < _SOON:
        return "certificate_expires_soon", one.not_after
    return ("certificate_not_yet_valid" if one.not_before > now else None), one.not_before

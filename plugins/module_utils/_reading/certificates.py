# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM bundles as Go's certificate pool takes them: certificates, private keys, expiry, and which hosts are covered.

Needs C(cryptography) 3.4 or later, imported only when a certificate is parsed.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import ipaddress
import re
import warnings
from collections.abc import Iterator
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE, Code
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks

MAX_BYTES = 1024 * 1024  # Kubernetes' limit for the data of one secret (core/v1, MaxSecretSize)

_SOON = datetime.timedelta(days=30)

_BEGIN = re.compile(rb"-----BEGIN ")
_PRIVATE_KEY = re.compile(rb"-----[ \t]*(BEGIN|END)[A-Z0-9 \t]*PRIVATE KEY", re.IGNORECASE)


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


@dataclasses.dataclass(frozen=True)
class Bundle:
    """The certificates that Go's pool takes from a PEM text, how many other blocks there are, and is a key in it."""

    certificates: tuple[Certificate, ...] = ()
    unreadable: int = 0
    private_key: bool = False
    too_large: bool = False

    @property
    def expires(self) -> datetime.datetime | None:
        """When the first of the certificates expires."""
        return min((one.not_after for one in self.certificates), default=None)


def contains_private_key(data: bytes) -> bool:
    """Say whether a BEGIN or END line of any kind of private key stands anywhere in it, the rest of the block aside."""
    return _PRIVATE_KEY.search(data) is not None


def parse_bundle(pem: bytes) -> Bundle:
    """Parse a PEM text as C(x509.CertPool.AppendCertsFromPEM) does; more than 1 MiB is not parsed at all."""
    if len(pem) > MAX_BYTES:
        return Bundle(too_large=True)
    return _parse_small(pem) if len(pem) <= 65536 else _parse_large(pem)


def _parse(pem: bytes) -> Bundle:
    certificates = []
    for kind, has_headers, content in pem_blocks(pem):
        certificate = _certificate(content) if kind == b"CERTIFICATE" and not has_headers and content else None
        if certificate is not None:
            certificates.append(certificate)
    keys = sum(match.group(1).upper() == b"BEGIN" for match in _PRIVATE_KEY.finditer(pem))
    unreadable = len(_BEGIN.findall(pem)) - len(certificates) - keys
    return Bundle(tuple(certificates), max(unreadable, 0), contains_private_key(pem))


# The same bundle stands in many destinations. Only small texts are kept in number, so that the memory stays bounded.
_parse_small = functools.lru_cache(maxsize=1024)(_parse)
_parse_large = functools.lru_cache(maxsize=8)(_parse)


# What crypto/x509 can use of the curves that an EC key may be on.
_CURVES = {"secp224r1", "secp256r1", "secp384r1", "secp521r1"}
# The kinds of key that it insists on reading, as object identifiers in DER: RSA, DSA, EC.
_KINDS = tuple(map(bytes.fromhex, ("06092a864886f70d010101", "06072a8648ce380401", "06072a8648ce3d0201")))


def _certificate(der: bytes) -> Certificate | None:
    """Read one certificate; None where Go's parser refuses it: broken, a negative serial number, a rare curve."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what cryptography will refuse one day is no business of the user here
            parsed = x509.load_der_x509_certificate(der)
            return _described(parsed, der) if parsed.serial_number >= 0 and _has_usable_key(parsed) else None
    except (LookupError, TypeError, ValueError, UnsupportedAlgorithm):
        return None
    except (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return None


def _has_usable_key(parsed: Any) -> bool:
    """Say whether Go reads the public key: it keeps keys of an unknown kind, but no EC keys on an unknown curve."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    try:
        key = parsed.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return not any(kind in parsed.tbs_certificate_bytes for kind in _KINDS)
    return not isinstance(key, EllipticCurvePublicKey) or key.curve.name in _CURVES


# CA:FALSE as some write it, although DER leaves a default out: cryptography refuses that, Go does not.
_ENCODED_DEFAULT = bytes.fromhex("0405" + "3003010100")


def _extensions(parsed: Any) -> dict[type, Any]:
    """Return the extensions by type; ValueError where one of them is broken, to Go as well."""
    try:
        return {type(extension.value): extension.value for extension in parsed.extensions}
    except ValueError:
        if _ENCODED_DEFAULT not in parsed.tbs_certificate_bytes:
            raise
        return {}


def _described(parsed: Any, der: bytes) -> Certificate:
    from cryptography import x509

    extensions = _extensions(parsed)
    constraints = extensions.get(x509.BasicConstraints)
    alternatives = extensions.get(x509.SubjectAlternativeName)
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        dns_names=tuple(alternatives.get_values_for_type(x509.DNSName) if alternatives else ()),
        ip_addresses=tuple(map(str, alternatives.get_values_for_type(x509.IPAddress) if alternatives else ())),
        fingerprint_sha256=hashlib.sha256(der).digest().hex(":").upper(),
        not_before=_utc(parsed, "not_valid_before"),
        not_after=_utc(parsed, "not_valid_after"),
        is_ca=bool(constraints and constraints.ca),
        self_signed=parsed.issuer == parsed.subject,
    )


def _utc(parsed: Any, name: str) -> datetime.datetime:
    aware: datetime.datetime | None = getattr(parsed, f"{name}_utc", None)  # since cryptography 42
    moment: datetime.datetime = aware or getattr(parsed, name).replace(tzinfo=datetime.timezone.utc)
    return moment


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


def problems(
    pem_text: str, *, host: str | None, now: datetime.datetime | None = None
) -> tuple[list[Problem], list[Problem]]:
    """Return (errors, warnings) about a PEM that a user gives for a host (None: any); C(now) is an aware time."""
    if len(pem_text) > MAX_BYTES:
        return [CATALOGUE.problem("certificate_too_large")], []
    bundle = parse_bundle(pem_text.encode("utf-8", "replace"))
    errors = [CATALOGUE.problem(code) for code in _errors(bundle)]
    return errors, [] if errors else cautions(bundle, host=host, now=now)


def _errors(bundle: Bundle) -> Iterator[Code]:
    if bundle.too_large:
        yield "certificate_too_large"
    elif bundle.private_key:
        yield "certificate_private_key"
    elif not bundle.certificates:
        yield "certificate_none" if bundle.unreadable else "certificate_not_pem"
    if bundle.certificates and bundle.unreadable:
        yield "certificate_unreadable"


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

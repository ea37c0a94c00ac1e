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
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._go import pem_blocks
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

__all__ = ["Bundle", "Certificate", "contains_private_key", "covers", "parse_bundle", "problems", "same"]

MAX_BYTES = 1024 * 1024  # Kubernetes' limit for the data of one secret (core/v1, MaxSecretSize)

_BEGIN = re.compile(rb"-----BEGIN ")
_PRIVATE_KEY = re.compile(rb"-----[ \t]*(BEGIN|END)[A-Z0-9 \t]*PRIVATE KEY", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What people want to know of one certificate: RFC 4514 names, colon-separated upper-case hex, aware times in UTC."""

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
    """The certificates that Go's pool takes from a PEM text, how many blocks it leaves out, and whether a key is in it."""

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


def _certificate(der: bytes) -> Certificate | None:
    """Read one certificate; None where Go's parser refuses it (a broken part of any kind, a negative serial number)."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        parsed = x509.load_der_x509_certificate(der)
        try:
            parsed.public_key()
        except UnsupportedAlgorithm:
            pass  # Go keeps keys of a kind that it does not know
        if parsed.serial_number < 0:
            return None
        dns_names: list[str] = []
        ip_addresses: list[str] = []
        is_ca = False
        for extension in parsed.extensions:
            if isinstance(extension.value, x509.SubjectAlternativeName):
                dns_names = extension.value.get_values_for_type(x509.DNSName)
                ip_addresses = [str(address) for address in extension.value.get_values_for_type(x509.IPAddress)]
            elif isinstance(extension.value, x509.BasicConstraints):
                is_ca = extension.value.ca
        return Certificate(
            subject=parsed.subject.rfc4514_string(),
            issuer=parsed.issuer.rfc4514_string(),
            dns_names=tuple(dns_names),
            ip_addresses=tuple(ip_addresses),
            fingerprint_sha256=hashlib.sha256(der).digest().hex(":").upper(),
            not_before=_utc(parsed, "not_valid_before"),
            not_after=_utc(parsed, "not_valid_after"),
            is_ca=is_ca,
            self_signed=parsed.issuer == parsed.subject,
        )
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, x509.InvalidVersion):
        return None


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
    """Return (errors, warnings) about a PEM that a user gives for a host (None: any); C(now) is an aware time.

    Errors: C(certificate_too_large), C(certificate_private_key), C(certificate_not_pem), C(certificate_none),
    C(certificate_unreadable). Warnings: C(certificate_expired), C(certificate_not_yet_valid), C(certificate_other_host).
    """
    pem = pem_text.encode("utf-8", "replace")
    bundle = parse_bundle(pem)
    errors = _errors(pem, bundle)
    return errors, [] if errors else _warnings(bundle, host, now or datetime.datetime.now(datetime.timezone.utc))


def _errors(pem: bytes, bundle: Bundle) -> list[Problem]:
    if bundle.too_large:
        return [
            Problem(
                "certificate_too_large",
                "The PEM is larger than the 1 MiB that Kubernetes keeps in a secret.",
                "Give only the CA certificates that this registry needs.",
            )
        ]
    errors = []
    if bundle.private_key:
        errors.append(
            Problem(
                "certificate_private_key",
                "A private key is in the PEM; Epinio's image push would mount it into its pod.",
                "Give the certificates alone.",
            )
        )
    if not bundle.certificates and not bundle.unreadable and not bundle.private_key:
        errors.append(
            Problem(
                "certificate_not_pem",
                "It is no PEM: no line begins with -----BEGIN.",
                "Give the text of the file, lines and all (not base64 of it, not a file name).",
            )
        )
    elif not bundle.certificates and not bundle.private_key:
        errors.append(
            Problem(
                "certificate_none",
                "No certificate in the PEM can be read.",
                "Check that each block starts a line with -----BEGIN CERTIFICATE----- and is complete.",
            )
        )
    elif bundle.unreadable:
        errors.append(
            Problem(
                "certificate_unreadable",
                f"{bundle.unreadable} of the blocks in the PEM cannot be read as a certificate.",
                "Take them out, or replace them with the complete certificates.",
            )
        )
    return errors


def _warnings(bundle: Bundle, host: str | None, now: datetime.datetime) -> list[Problem]:
    warnings = []
    for one in bundle.certificates:
        if one.not_after < now:
            warnings.append(
                Problem(
                    "certificate_expired",
                    f"The certificate of {one.subject or 'an unnamed subject'} expired on {one.not_after:%Y-%m-%d %H:%M} UTC.",
                    "Replace it with a valid one.",
                )
            )
        elif one.not_before > now:
            warnings.append(
                Problem(
                    "certificate_not_yet_valid",
                    f"The certificate of {one.subject or 'an unnamed subject'} is not valid before "
                    f"{one.not_before:%Y-%m-%d %H:%M} UTC.",
                    "Wait until then, or check the clock.",
                )
            )
    alone = bundle.certificates[0] if len(bundle.certificates) == 1 else None
    if host and alone and alone.self_signed and not alone.is_ca and not covers(alone, host):
        warnings.append(
            Problem(
                "certificate_other_host",
                "The PEM is one self-signed server certificate, and its names do not cover the registry's host.",
                "Use the registry's own certificate, or the CA that signed it.",
            )
        )
    return warnings

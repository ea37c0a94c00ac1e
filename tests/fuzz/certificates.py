# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of every kind of public key, the same bytes every time: fixed keys, and a signature without chance."""

from __future__ import annotations

import base64
import datetime
import functools
import ipaddress
import random
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

__all__ = ["as_pem", "every_der"]

_SIGNER = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)


def _number(bits: int) -> int:
    return random.Random(bits).getrandbits(bits) | 1 << (bits - 1) | 1


def _public_keys() -> list[Any]:
    parameters = dsa.DSAParameterNumbers(p=_number(2048), q=_number(256), g=4)
    return [
        _SIGNER.public_key(),
        ed448.Ed448PrivateKey.from_private_bytes(b"\x02" * 57).public_key(),
        ec.derive_private_key(7, ec.SECP256R1()).public_key(),
        ec.derive_private_key(7, ec.SECP521R1()).public_key(),
        ec.derive_private_key(7, ec.BrainpoolP256R1()).public_key(),  # Go reads no such certificate
        rsa.RSAPublicNumbers(65537, _number(2048)).public_key(),
        dsa.DSAPublicNumbers(9, parameters).public_key(),
    ]


@functools.cache
def every_der() -> list[bytes]:
    """Return a certificate for each kind of key, and some that have expired or are not valid yet."""
    return [_der(number, key) for number, key in enumerate(_public_keys(), start=1)]


def _der(number: int, key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Kind {number} of Zoë & Söhne")])
    since = datetime.datetime(2020 + 10 * (number % 3), 1, 1, tzinfo=datetime.timezone.utc)
    names = [x509.DNSName("*.example.com"), x509.IPAddress(ipaddress.ip_address("2001:db8::1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(number)
        .not_valid_before(since)
        .not_valid_after(since + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=number % 2 == 0, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names[: number % 3]), critical=False)
    )
    return builder.sign(_SIGNER, None).public_bytes(serialization.Encoding.DER)


def as_pem(der: bytes) -> bytes:
    """Return a block of PEM, whatever it holds."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"

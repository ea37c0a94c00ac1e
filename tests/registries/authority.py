# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private certificate authorities, and every kind of server certificate that a registry may show."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Authority", "Identity"]

LOOPBACK = ("127.0.0.1", "localhost")
_DAY = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Identity:
    """A private key with its certificate, followed by the chain that a server sends with it."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate_pem(self) -> bytes:
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )

    @property
    def x5c(self) -> list[str]:
        """The chain as the header of a JSON Web Token carries it (RFC 7515, section 4.1.6)."""
        return [base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in self.chain]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write certificate and key as files, and return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / "tls.crt", folder / "tls.key"
        certificate.write_bytes(self.certificate_pem)
        key.write_bytes(self.key_pem)
        return certificate, key

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """Return what a server of this process needs to be it; ``folder`` gets the files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.write(folder))
        return context


class Authority:
    """A certificate authority, or an intermediate one below `issuer`."""

    def __init__(self, name: str, issuer: Authority | None = None, *, valid: bool = True) -> None:
        self.issuer = issuer
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self.name, issuer.name if issuer else self.name, self.key.public_key(), expired=not valid)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        """Its certificate, as it belongs into a bundle."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def identity(self, *names: str, expired: bool = False, whole_chain: bool = True) -> Identity:
        """Return a server certificate for these names (those of the loopback where none is given).

        Without `whole_chain` the server keeps the intermediate certificate to itself.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
        builder = (
            _builder(subject, self.name, key.public_key(), expired=expired)
            .add_extension(x509.SubjectAlternativeName([_name(name) for name in names or LOOPBACK]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        above = (self.certificate,) if self.issuer and whole_chain else ()
        return Identity(key, (builder.sign(self.key, hashes.SHA256()), *above))


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, *, expired: bool
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = (now - 30 * _DAY, now - _DAY) if expired else (now - _DAY, now + 365 * _DAY)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )

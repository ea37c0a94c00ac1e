# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ipaddress
import ssl

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import x509 as _x509
from ansible_collections.epinio.registries.tests.support.builders import NOW, PRIVATE_KEY, authority
from ansible_collections.epinio.registries.tests.support.der import certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

CA = authority("CA")
OTHER = authority('Other, "B\xfcro"')
SERVER = authority("server", ca=False, names=("registry.example.com", "*.apps.example.com"))


def signed(key, *, common_name="x", names=(), algorithm=None):
    """Return a self-signed certificate in DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 2, 3, 4, 5))
        .not_valid_after(datetime.datetime(2060, 1, 1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def pem(der):
    return ssl.DER_cert_to_PEM_cert(der)


EC_KEY = ec.generate_private_key(ec.SECP256R1())
PLAIN = signed(EC_KEY, algorithm=hashes.SHA256())


def bundle(text):
    return _certificates.parse_bundle(text if isinstance(text, bytes) else text.encode())


def count(text):
    return len(bundle(text).certificates)


def test_what_is_said_of_a_certificate():
    names = [
        x509.DNSName("registry.example.com"),
        x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
        x509.RFC822Name("a@example.com"),
        x509.DNSName("*.apps.example.com"),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    der = signed(EC_KEY, common_name='B\xfcro, "x"', names=names, algorithm=hashes.SHA256())
    (one,) = bundle(pem(der)).certificates
    assert one.subject == one.issuer == 'CN=B\xfcro\\, \\"x\\"'
    assert one.names == ("registry.example.com", "*.apps.example.com", "10.0.0.1", "::1")
    assert (one.is_ca, one.self_signed) == (False, True)
    assert one.not_before == datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    assert one.not_after == datetime.datetime(2060, 1, 1, tzinfo=datetime.timezone.utc)
    printed = x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex().upper()
    assert one.fingerprint_sha256.split(":") == [printed[at : at + 2] for at in range(0, 64, 2)]


def test_an_issuer_of_another_name():
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(issuer).serial_number(1)
    builder = builder.public_key(EC_KEY.public_key()).not_valid_before(NOW).not_valid_after(NOW)
    (one,) = bundle(pem(builder.sign(EC_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER))).certificates
    assert (one.subject, one.issuer, one.self_signed, one.is_ca) == ("", "CN=CA", False, False)


def test_a_bundle_expires_with_the_first_of_its_certificates():
    both = bundle(authority("late", days=9) + authority("early", days=2) + authority("later", days=99))
    assert both.expires == both.certificates[1].not_after
    assert [one.is_ca for one in both.certificates] == [True, True, True]
    assert bundle("").expires is None


KEY = PRIVATE_KEY.decode()
GARBAGE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("text", "certificates"),
    [
        pytest.param(CA, 1, id="one"),
        pytest.param(CA.strip(), 1, id="no last line end"),
        pytest.param(CA.replace("\n", "\r\n"), 1, id="CRLF"),
        pytest.param(f"# one\n{CA}# two\n\n{SERVER}", 2, id="text around them"),
        pytest.param(CA + CA, 2, id="the same twice"),
        pytest.param(CA + GARBAGE, 1, id="garbage behind"),
        pytest.param(GARBAGE + CA, 1, id="garbage before"),
        pytest.param(CA + SERVER[:200], 1, id="cut off behind"),
        pytest.param(SERVER[:200] + "\n" + CA, 1, id="cut off before"),
        pytest.param(CA.replace("-----\n", "-----\nProc-Type: 4,CLEAR\n\n", 1) + CA, 1, id="headers"),
        pytest.param(CA.replace("CERTIFICATE", "TRUSTED CERTIFICATE") + CA, 1, id="another kind of block"),
        pytest.param(CA + KEY, 1, id="a key beside"),
        pytest.param(CA.replace("\n", ""), 0, id="no line ends"),
        pytest.param("\ufeff" + CA + CA, 1, id="byte order mark"),
        pytest.param("  " + CA.replace("\n", "\n  "), 0, id="indented"),
        pytest.param("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", 0, id="an empty block"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_blocks_as_go_takes_them(text, certificates):
    assert count(text) == certificates


@pytest.mark.parametrize(
    ("text", "there"),
    [
        pytest.param(CA, False, id="none"),
        pytest.param(CA + KEY, True, id="whole"),
        pytest.param(KEY.replace("-----END PRIVATE KEY-----", "") + CA, True, id="without an end"),
        pytest.param(CA + "-----END RSA PRIVATE KEY-----", True, id="the end alone"),
        pytest.param("  -----BEGIN ENCRYPTED PRIVATE KEY-----", True, id="encrypted"),
        pytest.param(KEY.replace("\n", " "), True, id="no line ends"),
        pytest.param(KEY.replace(" ", "\n"), True, id="line ends for blanks"),
        pytest.param(KEY.replace(" ", ""), True, id="no blanks"),
        pytest.param("the PRIVATE KEY is elsewhere", False, id="somebody speaks of it"),
    ],
)
def test_private_keys(text, there):
    assert _certificates.contains_private_key(text.encode()) is there


def test_more_than_a_secret_holds_is_not_parsed():
    most = CA.encode() + b"\n" * (_certificates.MAX_BYTES - len(CA))
    assert len(bundle(most).certificates) == 1
    assert bundle(most + b"\n") == _certificates.Bundle()


def test_keys_that_go_reads_or_keeps():
    assert count(pem(PLAIN)) == 1
    assert count(pem(signed(ed448.Ed448PrivateKey.generate()))) == 1
    assert count(pem(signed(ec.generate_private_key(ec.SECP521R1()), algorithm=hashes.SHA256()))) == 1
    assert count(pem(signed(ec.generate_private_key(ec.BrainpoolP256R1()), algorithm=hashes.SHA256()))) == 0


@pytest.mark.parametrize("at", range(0, len(PLAIN), 7))
def test_a_damaged_certificate_is_read_or_left_out(at):
    for byte in (0, 0x7F, 0xFF):
        assert count(pem(PLAIN[:at] + bytes([byte]) + PLAIN[at + 1 :])) in (0, 1)
    assert count(pem(PLAIN[:at])) == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param([("CN", "a")], "CN=a", id="plain"),
        pytest.param([("C", "DE"), ("O", "Acme"), ("CN", "a")], "CN=a,O=Acme,C=DE", id="the last first"),
        pytest.param([("1.2.840.113549.1.9.1", "a@b")], "1.2.840.113549.1.9.1=a@b", id="no short name"),
        pytest.param([("CN", ' a,b+"c"\\<d>; ')], 'CN=\\ a\\,b\\+\\"c\\"\\\\\\<d\\>\\;\\ ', id="special letters"),
        pytest.param([("CN", "#a")], "CN=\\#a", id="a number sign"),
        pytest.param([("CN", "Z\xf6e \U0001f600")], "CN=Z\xf6e \U0001f600", id="letters"),
        pytest.param(
            [("CN", "a\x1b[31m\n\u202eb\0")], "CN=a\\1B[31m\\0A\\E2\\80\\AEb\\00", id="no terminal should see it"
        ),
        pytest.param([], "", id="no name"),
    ],
)
def test_names_as_text(name, text):
    attributes = {"CN": NameOID.COMMON_NAME, "C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME}
    built = x509.Name([x509.NameAttribute(attributes.get(k) or x509.ObjectIdentifier(k), v) for k, v in name])
    parsed = _x509.parse(certificate(subject=built.public_bytes()))
    assert _certificates.rfc4514(parsed.subject) == text


def test_several_attributes_side_by_side():
    one = x509.RelativeDistinguishedName(
        [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.USER_ID, "b")]
    )
    parsed = _x509.parse(certificate(subject=x509.Name([one]).public_bytes()))
    assert sorted(_certificates.rfc4514(parsed.subject).split("+")) == ["CN=a", "UID=b"]


@given(
    st.binary()
    | st.lists(st.sampled_from([*CA.splitlines(), *KEY.splitlines(), "", " ", "a: b"])).map(
        lambda lines: "\n".join(lines).encode()
    )
)
def test_any_bytes_are_a_bundle(data):
    assert len(bundle(data).certificates) <= data.count(b"-----BEGIN ")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(CA, CA, True, id="the same text"),
        pytest.param(CA, CA.replace("\n", "\r\n") + "\n\n", True, id="line ends of Windows"),
        pytest.param(CA, CA.replace("\n", " \t\n"), True, id="blanks at the ends of lines"),
        pytest.param(CA, "\n" + CA.strip(), True, id="an empty line before"),
        pytest.param(CA, OTHER, False, id="another certificate"),
        pytest.param(CA, CA + CA, False, id="the certificate twice"),
        pytest.param(CA, "# comment\n" + CA, False, id="a comment"),
        pytest.param(CA, CA.replace("\n", "\n "), False, id="indented"),
        pytest.param(CA, CA.replace("\n", "\r"), False, id="carriage returns for line ends"),
        pytest.param(CA, "", False, id="nothing"),
    ],
)
def test_the_same_pem(one, other, same):
    assert [_certificates.same(*pair) for pair in ((one, other), (other, one))] == [same, same]


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        pytest.param("registry.example.com", True, id="a name"),
        pytest.param("registry.example.com:5000", True, id="a port"),
        pytest.param("registry.example.com/team", True, id="a path"),
        pytest.param("registry.example.com:5000/team/a", True, id="a port and a path"),
        pytest.param("Registry.Example.COM", True, id="upper case"),
        pytest.param("registry.example.com.", True, id="a dot behind"),
        pytest.param("example.com", False, id="the domain above"),
        pytest.param("a.registry.example.com", False, id="a host below"),
        pytest.param("a.apps.example.com", True, id="a host of the wildcard"),
        pytest.param("a.b.apps.example.com", False, id="two parts for the wildcard"),
        pytest.param("apps.example.com", False, id="the domain of the wildcard"),
        pytest.param("*.apps.example.com", True, id="the wildcard itself"),
        pytest.param(".apps.example.com", False, id="nothing for the wildcard"),
        pytest.param("under_score.apps.example.com", True, id="an underscore for the wildcard"),
        pytest.param("-a.apps.example.com", False, id="a hyphen first for the wildcard"),
        pytest.param("cn", False, id="the common name"),
        pytest.param("10.0.0.1", True, id="an IPv4 address"),
        pytest.param("10.0.0.1:5000", True, id="an IPv4 address with a port"),
        pytest.param("::ffff:10.0.0.1", True, id="IPv4 within IPv6"),
        pytest.param("10.0.0.2", False, id="another IPv4 address"),
        pytest.param("10.0.0.3", False, id="an address that stands among the names"),
        pytest.param("[::1]:5000", True, id="IPv6 with a port"),
        pytest.param("::1", True, id="IPv6 without brackets"),
        pytest.param("[0:0:0:0:0:0:0:1]", True, id="IPv6 in full"),
        pytest.param("[::2]", False, id="another IPv6 address"),
        pytest.param("[::1%25eth0]", False, id="IPv6 with a zone"),
        pytest.param("wrong..name", True, id="a wrong name that is the same"),
        pytest.param("trailing.dot.", True, id="a dot behind that is the same"),
        pytest.param("trailing.dot", False, id="a dot behind in the certificate alone"),
        pytest.param("a.*.example", False, id="a wildcard for a part within"),
        pytest.param("", False, id="nothing"),
        pytest.param(".", False, id="a dot"),
    ],
)
def test_hosts_that_a_certificate_covers(host, covered):
    one = _certificates.Certificate(
        subject="CN=cn",
        issuer="CN=cn",
        dns_names=(
            "registry.example.com",
            "*.apps.example.com",
            "10.0.0.3",
            "wrong..name",
            "trailing.dot.",
            "*",
            "",
            ".",
        ),
        ip_addresses=("10.0.0.1", "::1"),
        fingerprint_sha256="",
        not_before=NOW,
        not_after=NOW,
        is_ca=False,
        self_signed=True,
    )
    assert _certificates.covers(one, host) is covered

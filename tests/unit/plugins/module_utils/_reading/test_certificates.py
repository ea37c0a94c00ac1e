# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ipaddress
import ssl

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.tests.support.builders import NOW, PRIVATE_KEY, authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

CA = authority("CA")
OTHER = authority('Other, "B\xfcro"')
SERVER = authority("server", ca=False, names=("registry.example.com", "*.apps.example.com"))


def signed(key, *, common_name="x", serial=1, names=(), algorithm=None, extension=None):
    """Return a self-signed certificate in DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime.datetime(2020, 1, 2, 3, 4, 5))
        .not_valid_after(datetime.datetime(2060, 1, 1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    if extension:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def pem(der):
    return ssl.DER_cert_to_PEM_cert(der)


EC_KEY = ec.generate_private_key(ec.SECP256R1())
PLAIN = signed(EC_KEY, algorithm=hashes.SHA256())


def bundle(text):
    return _certificates.parse_bundle(text if isinstance(text, bytes) else text.encode())


def count(text):
    found = bundle(text)
    return len(found.certificates), found.unreadable, found.private_key


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
HEADERS = CA.replace("-----\n", "-----\nProc-Type: 4,CLEAR\n\n", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CA, (1, 0, False)),
        (CA.strip(), (1, 0, False)),
        (CA.replace("\n", "\r\n"), (1, 0, False)),
        (f"# one\n{CA}# two\n\n{SERVER}", (2, 0, False)),
        (CA + CA, (2, 0, False)),
        (CA + GARBAGE, (1, 1, False)),
        (GARBAGE + CA, (1, 1, False)),
        (CA + SERVER[:200], (1, 1, False)),
        (SERVER[:200] + "\n" + CA, (1, 1, False)),
        (HEADERS + CA, (1, 1, False)),
        (CA.replace("CERTIFICATE", "TRUSTED CERTIFICATE") + CA, (1, 1, False)),
        (CA + KEY, (1, 0, True)),
        (KEY.replace("-----END PRIVATE KEY-----", "") + CA, (1, 0, True)),
        (KEY.replace("-----END PRIVATE KEY-----", "-----END-----"), (0, 0, True)),
        (CA + "-----END RSA PRIVATE KEY-----", (1, 0, True)),
        ("  -----BEGIN ENCRYPTED PRIVATE KEY-----", (0, 0, True)),
        (CA.replace("\n", ""), (0, 1, False)),
        (CA.replace("\n", "\\n"), (0, 1, False)),
        ("  " + CA.replace("\n", "\n  "), (0, 1, False)),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", (0, 1, False)),
        ("hello", (0, 0, False)),
        ("", (0, 0, False)),
    ],
)
def test_blocks_as_go_takes_them(text, expected):
    assert count(text) == expected


def test_more_than_a_secret_holds_is_not_parsed():
    most = CA.encode() + b"\n" * (_certificates.MAX_BYTES - len(CA))
    assert len(bundle(most).certificates) == 1
    assert bundle(most + b"\n") == _certificates.Bundle(too_large=True)


def test_keys_that_go_reads_or_keeps():
    assert count(pem(PLAIN)) == (1, 0, False)
    assert count(pem(signed(ed448.Ed448PrivateKey.generate()))) == (1, 0, False)
    assert count(pem(signed(ec.generate_private_key(ec.SECP521R1()), algorithm=hashes.SHA256()))) == (1, 0, False)


def test_keys_on_curves_that_go_does_not_know():
    assert count(pem(signed(ec.generate_private_key(ec.BrainpoolP256R1()), algorithm=hashes.SHA256()))) == (0, 1, False)
    other_curve = PLAIN.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d03017f"))
    assert other_curve != PLAIN
    assert count(pem(other_curve)) == (0, 1, False)


def test_a_key_of_an_unknown_kind_is_kept():
    other_kind = PLAIN.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d027f"))
    assert other_kind != PLAIN
    assert count(pem(other_kind)) == (1, 0, False)


def test_a_negative_serial_number():
    negative = PLAIN.replace(bytes.fromhex("a003020102020101"), bytes.fromhex("a0030201020201ff"))
    assert negative != PLAIN
    assert count(pem(negative)) == (0, 1, False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("551d13", "551d11"),  # the same extension twice
        ("87040a000001", "87050a000001"),  # a name that is longer than its list
    ],
)
def test_broken_extensions(old, new):
    no_ca = x509.BasicConstraints(ca=False, path_length=None)
    names = [x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]
    der = signed(EC_KEY, names=names, algorithm=hashes.SHA256(), extension=no_ca)
    assert count(pem(der)) == (1, 0, False)
    broken = der.replace(bytes.fromhex(old), bytes.fromhex(new))
    assert broken != der
    assert count(pem(broken)) == (0, 1, False)


def test_an_encoded_default_leaves_the_certificate():
    explicit_no_ca = x509.UnrecognizedExtension(x509.BasicConstraints.oid, bytes.fromhex("3003010100"))
    der = signed(
        EC_KEY, names=[x509.DNSName("registry.example.com")], algorithm=hashes.SHA256(), extension=explicit_no_ca
    )
    (one,) = bundle(pem(der)).certificates
    assert one.names in ((), ("registry.example.com",))  # some versions of cryptography read it
    assert not one.is_ca


@pytest.mark.parametrize("at", range(0, len(PLAIN), 7))
def test_a_damaged_certificate_is_read_or_left_out(at):
    for byte in (0, 0x7F, 0xFF):
        found = count(pem(PLAIN[:at] + bytes([byte]) + PLAIN[at + 1 :]))
        assert found in ((1, 0, False), (0, 1, False))
    assert count(pem(PLAIN[:at])) == (0, 1, False)


@given(
    st.binary()
    | st.lists(st.sampled_from([*CA.splitlines(), *KEY.splitlines(), "", " ", "a: b"])).map(
        lambda lines: "\n".join(lines).encode()
    )
)
def test_any_bytes_are_a_bundle(data):
    found = bundle(data)
    assert found.private_key == _certificates.contains_private_key(data)
    assert len(found.certificates) + found.unreadable <= data.count(b"-----BEGIN ")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (CA, CA, True),
        (CA, CA.replace("\n", "\r\n") + "\n\n", True),
        (CA, CA.replace("\n", " \t\n"), True),
        (CA, "\n" + CA.strip(), True),
        (CA, OTHER, False),
        (CA, CA + CA, False),
        (CA, "# comment\n" + CA, False),
        (CA, CA.replace("\n", "\n "), False),
        (CA, CA.replace("\n", "\r"), False),
        (CA, "", False),
    ],
)
def test_the_same_pem(one, other, same):
    assert [_certificates.same(*pair) for pair in ((one, other), (other, one))] == [same, same]


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("registry.example.com", True),
        ("registry.example.com:5000", True),
        ("registry.example.com/team", True),
        ("registry.example.com:5000/team/a", True),
        ("Registry.Example.COM", True),
        ("registry.example.com.", True),
        ("example.com", False),
        ("a.registry.example.com", False),
        ("a.apps.example.com", True),
        ("a.b.apps.example.com", False),
        ("apps.example.com", False),
        ("*.apps.example.com", True),
        (".apps.example.com", False),
        ("under_score.apps.example.com", True),
        ("-a.apps.example.com", False),
        ("cn", False),
        ("10.0.0.1", True),
        ("10.0.0.1:5000", True),
        ("::ffff:10.0.0.1", True),
        ("10.0.0.2", False),
        ("10.0.0.3", False),
        ("[::1]:5000", True),
        ("::1", True),
        ("[0:0:0:0:0:0:0:1]", True),
        ("[::2]", False),
        ("[::1%25eth0]", False),
        ("wrong..name", True),
        ("trailing.dot.", True),
        ("trailing.dot", False),
        ("a.*.example", False),
        ("", False),
        (".", False),
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


def codes(text, host="registry.example.com", now=NOW):
    errors, warnings = _certificates.problems(text, host=host, now=now)
    return [one.code for one in errors], [one.code for one in warnings]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (CA, []),
        (CA + SERVER, []),
        ("hello", ["certificate_not_pem"]),
        ("", ["certificate_not_pem"]),
        ("\ud800", ["certificate_not_pem"]),
        (GARBAGE, ["certificate_none"]),
        (CA.replace("\n", " "), ["certificate_none"]),
        (CA + GARBAGE, ["certificate_unreadable"]),
        (KEY, ["certificate_private_key"]),
        (CA + KEY, ["certificate_private_key"]),
        (CA + KEY + GARBAGE, ["certificate_private_key", "certificate_unreadable"]),
        (CA + "\n" * _certificates.MAX_BYTES, ["certificate_too_large"]),
        ("\xe4" * (_certificates.MAX_BYTES - 1), ["certificate_too_large"]),
    ],
)
def test_errors_in_a_pem(text, errors):
    assert codes(text) == (errors, [])


OLD, NEW = authority("Old", days=-1, since=9), authority("New", since=-1)


@pytest.mark.parametrize(
    ("text", "host", "warnings"),
    [
        (CA, None, []),
        (OLD, None, ["certificate_expired"]),
        (NEW, None, ["certificate_not_yet_valid"]),
        (NEW + CA + OLD, None, ["certificate_not_yet_valid", "certificate_expired"]),
        (SERVER, "registry.example.com:5000", []),
        (SERVER, "other.example.com", ["certificate_other_host"]),
        (SERVER, None, []),
        (CA, "other.example.com", []),
        (SERVER + CA, "other.example.com", []),
    ],
)
def test_warnings_about_a_pem(text, host, warnings):
    assert codes(text, host) == ([], warnings)


def test_the_time_is_now_unless_it_is_given():
    assert codes(CA, now=NOW + datetime.timedelta(days=400)) == ([], ["certificate_expired"])
    (soon,) = _certificates.problems(CA, host=None, now=NOW + datetime.timedelta(days=340))[1]
    assert (soon.code, soon.remedy) == ("certificate_expires_soon", "Replace it before.")
    assert (
        soon.message == f"The certificate of CN=CA expires on {NOW + datetime.timedelta(days=365):%Y-%m-%d %H:%M} UTC."
    )
    errors, warnings = _certificates.problems(OLD, host=None)
    assert (errors, [one.code for one in warnings]) == ([], ["certificate_expired"])


def test_what_people_read():
    (expired,) = _certificates.problems(OLD, host=None)[1]
    assert (
        expired.message
        == f"The certificate of CN=Old expired on {NOW - datetime.timedelta(days=1):%Y-%m-%d %H:%M} UTC."
    )
    (early,) = _certificates.problems(NEW, host=None, now=NOW)[1]
    assert (
        early.message
        == f"The certificate of CN=New is not valid before {NOW + datetime.timedelta(days=1):%Y-%m-%d %H:%M} UTC."
    )
    nameless = pem(signed(EC_KEY, common_name="", algorithm=hashes.SHA256()))
    later = datetime.datetime(2070, 1, 1, tzinfo=datetime.timezone.utc)
    assert _certificates.problems(nameless, host=None, now=later)[1][0].message == (
        "The certificate of an unnamed subject expired on 2060-01-01 00:00 UTC."
    )
    (refused,) = _certificates.problems(CA + KEY, host=None)[0]
    assert str(refused) == (
        "A private key is in the PEM; Epinio's image push would mount it into its pod. Give the certificates alone."
    )
    assert (refused.leg, refused.index, refused.option) == (None, None, None)


def test_every_code_has_a_sentence():
    assert {code for code in CATALOGUE.cases if code.startswith("certificate_") and not CATALOGUE.cases[code].legs} == {
        *("certificate_too_large", "certificate_private_key", "certificate_not_pem", "certificate_none"),
        *("certificate_unreadable", "certificate_expired", "certificate_not_yet_valid", "certificate_other_host"),
        "certificate_expires_soon",
    }
    assert all(said.message.endswith(".") for said in CATALOGUE.cases.values())

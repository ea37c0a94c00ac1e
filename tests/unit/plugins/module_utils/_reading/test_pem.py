# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import datetime
import json
import ssl
import urllib.parse

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import pem
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.certificates import MAX_BYTES, parse_bundle
from ansible_collections.epinio.registries.tests.support.builders import NOW, PRIVATE_KEY, authority
from ansible_collections.epinio.registries.tests.support.der import ROWS, certificate, element
from hypothesis import given
from hypothesis import strategies as st

CA, OTHER = authority("CA"), authority("Other CA")
SERVER = authority("server", ca=False, names=("registry.example.com",))
KEY = PRIVATE_KEY.decode()
BOTH = CA + OTHER
BODY = "".join(CA.splitlines()[1:-1])
DER = ssl.PEM_cert_to_DER_cert(CA)
GARBAGE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
BOM, ZERO_WIDTH, NO_BREAK = "\ufeff", "\u200b", "\xa0"
#: What OpenSSL puts behind a trusted certificate: trusted for servers, an alias; or rejected for servers.
FOR_SERVERS = bytes.fromhex("06082b06010505070301")
TRUST = element(0x30, element(0x30, FOR_SERVERS), element(0x0C, b"alias"))
DISTRUST = element(0x30, element(0xA0, FOR_SERVERS))


def trusted(settings):
    return ssl.DER_cert_to_PEM_cert(DER + settings).replace("CERTIFICATE", "TRUSTED CERTIFICATE")


def read(value):
    return pem.read(value, host="registry.example.com", now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CA, id="one"),
        pytest.param(BOTH, id="two"),
        pytest.param(CA.strip(), id="no last line end"),
        pytest.param(CA.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(CA.replace("\n", " \t\n"), id="blanks at the end of lines"),
        pytest.param(f"# one\n{CA}\nsubject=CN = x\n{OTHER}# Ende, schön\n", id="text around the blocks"),
        pytest.param(f"{BOM}# a comment\n{CA}", id="a byte order mark where it does no harm"),
        pytest.param("\n" + BOTH.replace("\n", "\n\n"), id="blank lines"),
    ],
)
def test_what_go_reads_stays_as_it_is(text):
    assert read(text) == pem.Given(text)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(BOM + BOTH, id="a byte order mark"),
        pytest.param(CA + BOM + OTHER, id="a byte order mark between files"),
        pytest.param((BOM + BOTH).encode().decode("latin-1"), id="a byte order mark, read as Latin-1"),
        pytest.param(ZERO_WIDTH + BOTH.replace("\n", ZERO_WIDTH + "\n"), id="zero-width blanks"),
        pytest.param(BOTH.replace(" ", NO_BREAK), id="no-break blanks"),
        pytest.param(BOTH.replace("\n", "\n" + NO_BREAK * 4), id="indented by no-break blanks"),
        pytest.param(BOTH.replace("\n", " "), id="YAML's >"),
        pytest.param(BOTH.replace("\n", ""), id="no line ends, nor anything between two blocks"),
        pytest.param(BOTH.replace("\n", ","), id="a lookup's commas"),
        pytest.param(BOTH.replace("\n", ", "), id="commas and blanks"),
        pytest.param(BOTH.replace("\n", ";"), id="semicolons"),
        pytest.param(BOTH.replace("\n", "\\n"), id="literal line ends"),
        pytest.param(BOTH.replace("\n", "\\r\\n"), id="literal CRLF"),
        pytest.param(BOTH.replace("\n", "\\\\n"), id="literal line ends, escaped twice"),
        pytest.param(BOTH.replace("\n", "\\n\n"), id="literal line ends and real ones"),
        pytest.param(BOTH.replace("\n", "\\u000a"), id="line ends by their number"),
        pytest.param(json.dumps(BOTH), id="JSON"),
        pytest.param(json.dumps(BOTH.splitlines()), id="JSON of lines"),
        pytest.param(str(BOTH.splitlines(keepends=True)), id="Python's text of a list of lines"),
        pytest.param(str([CA, OTHER]), id="Python's text of a list"),
        pytest.param(str(BOTH.encode()), id="Python's text of bytes"),
        pytest.param(f"'{BOTH}'", id="quotes"),
        pytest.param(BOTH.replace("\n", "\r"), id="CR"),
        pytest.param(BOTH.replace("\n", "\u2028"), id="Unicode's line ends"),
        pytest.param("  " + BOTH.replace("\n", "\n  "), id="indented"),
        pytest.param("\t" + BOTH.replace("\n", "\n\t"), id="indented by tabs"),
        pytest.param("> " + BOTH.replace("\n", "\n> "), id="quoted in a mail"),
        pytest.param(CA.strip() + OTHER, id="no line end between two files"),
        pytest.param(f"ca: {CA}, other: {OTHER.strip()}.", id="text on the same lines"),
        pytest.param(BOTH.replace(" ", "\n"), id="line ends for blanks"),
        pytest.param(BOTH.replace(" ", ""), id="no blanks"),
        pytest.param(BOTH.replace("-----", "----- ").replace(" BEGIN", "BEGIN"), id="blanks around the dashes"),
        pytest.param(BOTH.replace("-----", "----"), id="a dash too few"),
        pytest.param(BOTH.replace("-----", "\u2014\u2014-"), id="a word processor's dashes"),
        pytest.param(BOTH.strip().rstrip("-"), id="the last dashes lost"),
        pytest.param(BOTH.replace("CERTIFICATE", "X509 CERTIFICATE"), id="X509 CERTIFICATE"),
        pytest.param(BOTH.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), id="TRUSTED CERTIFICATE"),
        pytest.param(trusted(TRUST) + OTHER, id="TRUSTED CERTIFICATE with what it is trusted for"),
        pytest.param(BOTH.replace(BEGIN, f"{BEGIN}\nProc-Type: 4,CLEAR\nX: y\n"), id="headers"),
        pytest.param(f"# \udce4\n{BOTH}", id="a comment that is no UTF-8"),
        pytest.param(BOTH.replace("=", ""), id="padding lost"),
        pytest.param([CA + BOM, BOM + OTHER], id="a list of files with byte order marks"),
        pytest.param([CA.replace("\n", " "), OTHER], id="a list, one of it folded"),
    ],
)
def test_what_is_meant(given):
    meant = read(given)
    assert meant == pem.Given(BOTH)
    assert read(meant.text) == meant


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param([CA, OTHER], f"{CA}\n{OTHER}", id="texts"),
        pytest.param([CA.strip(), OTHER.strip()], f"{CA}{OTHER.strip()}", id="texts without a last line end"),
        pytest.param(CA.splitlines(), CA.strip(), id="lines"),
        pytest.param(CA.splitlines(keepends=True), CA.replace("\n", "\n\n").rstrip("\n") + "\n", id="whole lines"),
        pytest.param([BOTH], BOTH, id="one text"),
        pytest.param(["", CA, ""], f"\n{CA}\n", id="texts, and empty ones"),
    ],
)
def test_lists(given, text):
    assert read(given) == pem.Given(text)
    subjects = [one.subject for one in parse_bundle(text.encode()).certificates]
    assert subjects == ["CN=CA", "CN=Other CA"][: text.count(BEGIN)]


REFUSED = ssl.DER_cert_to_PEM_cert(next(row.der for row in ROWS if row.id == "RSA with an exponent that is too large"))
CUT = "\n".join(CA.splitlines()[:-3]) + f"\n{END}\n"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        pytest.param("hello", "certificate_not_pem", "no -----BEGIN line", id="something else"),
        pytest.param("", "certificate_not_pem", "no -----BEGIN line", id="nothing"),
        pytest.param([], "certificate_not_pem", "no -----BEGIN line", id="an empty list"),
        pytest.param(BEGIN.strip("-"), "certificate_not_pem", "no -----BEGIN line", id="a line without dashes"),
        pytest.param([CA, 7], "certificate_not_pem", "Item 2 of the list is not text.", id="a number in a list"),
        pytest.param([[CA]], "certificate_not_pem", "Item 1 of the list is not text.", id="a list in a list"),
        pytest.param("/etc/ssl/ca.pem", "certificate_not_pem", "the name of a file", id="an absolute path"),
        pytest.param("files/my ca.crt\n", "certificate_not_pem", "the name of a file", id="a relative path"),
        pytest.param("~/ca", "certificate_not_pem", "the name of a file", id="a path at home"),
        pytest.param(r"C:\ca.txt", "certificate_not_pem", "the name of a file", id="a path of Windows"),
        pytest.param("file:///etc/ca", "certificate_not_pem", "the name of a file", id="a path as URL"),
        pytest.param(base64.encodebytes(CA.encode()).decode(), "certificate_not_pem", "base64 of a PEM", id="base64"),
        pytest.param(BODY, "certificate_not_pem", "without the lines around it", id="the lines around it lost"),
        pytest.param(DER.decode("latin-1"), "certificate_not_pem", "It is not text", id="DER"),
        pytest.param(DER.decode(errors="surrogateescape"), "certificate_not_pem", "It is not text", id="DER, escaped"),
        pytest.param(CA.encode("utf-16-le").decode(), "certificate_not_pem", "UTF-16", id="UTF-16"),
        pytest.param("\ud800", "certificate_not_pem", "It is not text", id="no text at all"),
        pytest.param(urllib.parse.quote(CA), "certificate_not_pem", "no -----BEGIN line", id="as in an address"),
        pytest.param(GARBAGE, "certificate_none", "No certificate can be read. Block 1", id="a block of garbage"),
        pytest.param(CA + GARBAGE, "certificate_unreadable", "Block 2 of the PEM is cut off or damaged", id="garbage"),
        pytest.param(GARBAGE + CA, "certificate_unreadable", "Block 1 of the PEM is cut off", id="garbage before it"),
        pytest.param(CUT, "certificate_none", "cut off or damaged", id="cut in the middle"),
        pytest.param(CA + CUT, "certificate_unreadable", "Block 2 of the PEM is cut off", id="one cut in the middle"),
        pytest.param(CA.replace("\n", "\n+"), "certificate_none", "damaged", id="a letter of base64 before each line"),
        pytest.param(CA.replace("M", "=", 1), "certificate_none", "damaged", id="padding in the midst"),
        pytest.param(f"{BEGIN}\n{END}", "certificate_none", "damaged", id="an empty block"),
        pytest.param(CA + OTHER[:200], "certificate_unreadable", "Block 2 of the PEM has no pair", id="no END line"),
        pytest.param(OTHER[:200] + CA, "certificate_unreadable", "Block 1 of the PEM has no pair", id="no END before"),
        pytest.param(CA + OTHER[60:], "certificate_unreadable", "Block 2 of the PEM has no pair", id="no BEGIN line"),
        pytest.param(OTHER[60:] + CA, "certificate_unreadable", "Block 1 of the PEM has no pair", id="no BEGIN first"),
        pytest.param(
            CA.replace("END CERT", "END X509 CERT"),
            "certificate_none",
            "Block 1 of the PEM has no pair",
            id="two kinds",
        ),
        pytest.param(
            CA.replace("CERTIFICATE", "CERTIFICATE REQUEST"),
            *("certificate_none", "its first line says CERTIFICATE REQUEST"),
            id="a request",
        ),
        pytest.param(
            CA + CA.replace("CERTIFICATE", "PKCS7"), "certificate_unreadable", "openssl pkcs7 -print_certs", id="PKCS7"
        ),
        pytest.param(
            CA + CA.replace("CERTIFICATE", "PUBLIC KEY"), "certificate_unreadable", "says PUBLIC KEY", id="a public key"
        ),
        pytest.param(
            REFUSED,
            *("certificate_none", "in block 1 of the PEM: the exponent of its RSA key is too large."),
            id="what Go refuses",
        ),
        pytest.param(CA + REFUSED, "certificate_unreadable", "Go, in which Epinio is written", id="one of two"),
        pytest.param(ssl.DER_cert_to_PEM_cert(DER + b"\0"), "certificate_none", "damaged", id="more behind it"),
        pytest.param(trusted(DISTRUST), "certificate_none", "must not be trusted for", id="one that is distrusted"),
        pytest.param(trusted(b"\0"), "certificate_none", "damaged", id="one with broken settings behind it"),
        pytest.param(KEY, "certificate_private_key", "A private key is in the PEM", id="a key"),
        pytest.param(CA + KEY, "certificate_private_key", "Give only the certificates", id="a key beside it"),
        pytest.param([CA, KEY], "certificate_private_key", "A private key", id="a key in a list"),
        pytest.param(CA + KEY + GARBAGE, "certificate_private_key", "A private key", id="a key, and garbage"),
        pytest.param(
            (CA + KEY).replace("-----", "\u2014"),
            "certificate_private_key",
            "A private key",
            id="a key in other dashes",
        ),
        pytest.param(CA + "\n" * MAX_BYTES, "certificate_too_large", "1 MiB", id="too large"),
        pytest.param("\xe4" * (MAX_BYTES - 1), "certificate_too_large", "1 MiB", id="too large in bytes"),
        pytest.param(["\n" * 1024] * 1024, "certificate_too_large", "1 MiB", id="too large a list"),
    ],
)
def test_what_is_wrong(given, code, said):
    found = read(given)
    assert found.warnings == ()
    (problem,) = found.problems
    assert problem.code == code
    assert said in str(problem)


@pytest.mark.parametrize(
    ("given", "followed"),
    [
        pytest.param(base64.b64encode(CA.encode()).decode(), lambda text: base64.b64decode(text).decode(), id="base64"),
        pytest.param(BODY, lambda text: f"{BEGIN}\n{text}\n{END}", id="lines around it"),
        pytest.param(CA.encode("utf-16-le").decode(), lambda text: text.encode().decode("utf-16-le"), id="UTF-16"),
        pytest.param(CA + GARBAGE, lambda text: text.replace(GARBAGE, OTHER), id="copied again"),
        pytest.param(CA + OTHER[:200], lambda text: text.replace(OTHER[:200], OTHER), id="the whole file"),
        pytest.param(CA + REFUSED, lambda text: text.replace(REFUSED, ""), id="taken out"),
        pytest.param(CA + KEY, lambda text: text.replace(KEY, ""), id="the certificates alone"),
    ],
)
def test_who_follows_a_remedy_arrives(given, followed):
    assert read(given).problems
    meant = read(followed(given))
    assert not meant.problems
    assert parse_bundle(meant.text.encode()).certificates[0].subject == "CN=CA"


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [*BOTH.splitlines(), *KEY.splitlines(), *GARBAGE.splitlines(), CA, BOM, "\\n", ",", " ", "-", "x"]
        )
    ).map("\n".join)
)
def test_any_text_is_a_pem_or_a_problem(text):
    found = read(text)
    if found.problems:
        assert found.text == text
    else:
        assert parse_bundle(found.text.encode()).certificates
        assert read(found.text) == found


OLD, NEW = authority("Old", days=-1, since=9), authority("New", since=-1)


@pytest.mark.parametrize(
    ("text", "host", "warnings"),
    [
        pytest.param(CA, None, [], id="nothing"),
        pytest.param(OLD, None, ["certificate_expired"], id="expired"),
        pytest.param(OLD.replace("\n", " "), None, ["certificate_expired"], id="expired, and folded"),
        pytest.param(NEW, None, ["certificate_not_yet_valid"], id="not yet valid"),
        pytest.param(NEW + CA + OLD, None, ["certificate_not_yet_valid", "certificate_expired"], id="several"),
        pytest.param(SERVER, "registry.example.com:5000", [], id="of the host"),
        pytest.param(SERVER, "other.example.com", ["certificate_other_host"], id="of another host"),
        pytest.param(SERVER, None, [], id="of no host in particular"),
        pytest.param(CA, "other.example.com", [], id="an authority"),
        pytest.param(SERVER + CA, "other.example.com", [], id="with its authority"),
    ],
)
def test_warnings_about_a_pem(text, host, warnings):
    found = pem.read(text, host=host, now=NOW)
    assert ([*found.problems], [one.code for one in found.warnings]) == ([], warnings)


def test_the_time_is_now_unless_it_is_given():
    (expired,) = pem.read(CA, host=None, now=NOW + datetime.timedelta(days=400)).warnings
    assert expired.code == "certificate_expired"
    (soon,) = pem.read(CA, host=None, now=NOW + datetime.timedelta(days=340)).warnings
    assert (soon.code, soon.remedy) == ("certificate_expires_soon", "Replace it before that.")
    assert (
        soon.message == f"The certificate of CN=CA expires on {NOW + datetime.timedelta(days=365):%Y-%m-%d %H:%M} UTC."
    )
    assert [one.code for one in pem.read(OLD, host=None).warnings] == ["certificate_expired"]


def test_what_people_read():
    (expired,) = pem.read(OLD, host=None).warnings
    assert (
        expired.message
        == f"The certificate of CN=Old expired on {NOW - datetime.timedelta(days=1):%Y-%m-%d %H:%M} UTC."
    )
    (early,) = pem.read(NEW, host=None, now=NOW).warnings
    assert (
        early.message
        == f"The certificate of CN=New is not valid before {NOW + datetime.timedelta(days=1):%Y-%m-%d %H:%M} UTC."
    )
    nameless = ssl.DER_cert_to_PEM_cert(certificate(subject=element(0x30)))
    later = datetime.datetime(2070, 1, 1, tzinfo=datetime.timezone.utc)
    assert pem.read(nameless, host=None, now=later).warnings[0].message == (
        "The certificate of an unnamed subject expired on 2060-01-01 00:00 UTC."
    )
    (refused,) = read(CA + KEY).problems
    assert str(refused) == (
        "A private key is in the PEM; Epinio's image push would mount it into its pod. Give only the certificates."
    )
    assert (refused.leg, refused.index, refused.option) == (None, None, None)


def test_every_code_has_a_sentence():
    assert {
        code
        for code, cases in CATALOGUE.codes.items()
        if code.startswith("certificate_") and not any(case.legs for case in cases)
    } == {
        *("certificate_too_large", "certificate_private_key", "certificate_not_pem", "certificate_none"),
        *("certificate_unreadable", "certificate_expired", "certificate_not_yet_valid", "certificate_other_host"),
        "certificate_expires_soon",
    }
    assert all(said.message.endswith(".") for said in CATALOGUE.cases.values())

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import warnings
from pathlib import Path

import certifi
import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates, x509
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks
from ansible_collections.epinio.registries.tests.support.der import ROWS, certificate, element
from cryptography import x509 as reference
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

UTC = datetime.timezone.utc


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_certificates_that_go_takes_or_refuses(row):
    if row.reason is None:
        assert isinstance(x509.parse(row.der), x509.Parsed)
        return
    with pytest.raises(x509.Refused) as raised:
        x509.parse(row.der)
    assert row.reason in str(raised.value)


def test_every_row_has_a_name_of_its_own():
    assert len({row.id for row in ROWS}) == len(ROWS)


def roots():
    files = [Path(certifi.where()), Path("/etc/ssl/certs/ca-certificates.crt")]
    return [content for file in files if file.exists() for _kind, _headers, content in pem_blocks(file.read_bytes())]


def test_every_root_that_people_trust():
    """Go takes all roots of Debian and of certifi (an acceptance test asks it); cryptography says the same of them."""
    assert len(roots()) > 100
    for der in roots():
        ours = certificates.parse_bundle(reference_pem(der)).certificates[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a serial number of 0
            theirs = reference.load_der_x509_certificate(der)
            constraints = theirs.extensions.get_extension_for_class(reference.BasicConstraints).value
        assert ours.subject == theirs.subject.rfc4514_string()
        assert ours.issuer == theirs.issuer.rfc4514_string()
        assert ours.is_ca == constraints.ca
        assert ours.self_signed == (theirs.subject == theirs.issuer)
        for name in ("not_before", "not_after"):
            said = getattr(theirs, f"not_valid_{name[4:]}_utc", None)  # since cryptography 42
            said = said or getattr(theirs, f"not_valid_{name[4:]}").replace(tzinfo=UTC)
            assert getattr(ours, name) == said


def reference_pem(der):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return reference.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        pytest.param(0x17, b"200102030405Z", (2020, 1, 2, 3, 4, 5), id="UTCTime"),
        pytest.param(0x17, b"2001020304Z", (2020, 1, 2, 3, 4), id="without seconds"),
        pytest.param(0x17, b"200102030405+0130", (2020, 1, 2, 1, 34, 5), id="with a zone"),
        pytest.param(0x17, b"2001020304-2400", (2020, 1, 3, 3, 4), id="without seconds, with a zone"),
        pytest.param(0x17, b"500101000000Z", (1950, 1, 1), id="the first that it can say"),
        pytest.param(0x17, b"491231235959Z", (2049, 12, 31, 23, 59, 59), id="the last that it can say"),
        pytest.param(0x18, b"20500101000000Z", (2050, 1, 1), id="GeneralizedTime"),
        pytest.param(0x18, b"00000229000000Z", (1, 1, 1), id="a year that Python does not have"),
        pytest.param(0x18, b"00010101000000+0100", (1, 1, 1), id="before Python's time"),
        pytest.param(0x18, b"99991231235959-0001", (9999, 12, 31, 23, 59, 59, 999999), id="after Python's time"),
    ],
)
def test_times(tag, text, expected):
    parsed = x509.parse(certificate(validity=element(0x30, element(tag, text), element(tag, text))))
    assert parsed.not_before == parsed.not_after == datetime.datetime(*expected, tzinfo=UTC)


def damaged(der, at, byte):
    return der[:at] + bytes([byte]) + der[at + 1 :]


@given(
    st.binary()
    | st.builds(damaged, st.sampled_from([row.der for row in ROWS]), st.integers(0, 400), st.integers(0, 255))
)
def test_any_bytes_are_read_or_refused(der):
    try:
        said = x509.parse(der).not_before.tzinfo
    except x509.Refused as error:
        said = str(error)
    assert said

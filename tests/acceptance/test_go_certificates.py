# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of certificates and PEM texts is what Go reads, in its newest release."""

from __future__ import annotations

import random
import ssl
from pathlib import Path

import certifi
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates, pem, x509
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks
from ansible_collections.epinio.registries.tests.support.builders import authority
from ansible_collections.epinio.registries.tests.support.der import ROWS

from tests.go_certificates import taken

BUNDLES = [file for file in (Path(certifi.where()), Path("/etc/ssl/certs/ca-certificates.crt")) if file.exists()]
CA, OTHER = authority("CA"), authority("Other CA")


def _is_read(der: bytes) -> bool:
    try:
        x509.parse(der)
    except x509.Refused:
        return False
    return True


def _roots() -> list[bytes]:
    return [content for file in BUNDLES for _kind, _headers, content in pem_blocks(file.read_bytes())]


def _damaged(der: bytes, chance: random.Random) -> bytes:
    """Return it with one to three bytes that are others, missing or too many: most often those that DER is made of."""
    damaged = bytearray(der)
    for _time in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(damaged))
        kind = chance.random()
        if kind < 0.1:
            del damaged[at]
        elif kind < 0.2:
            damaged.insert(at, chance.randrange(256))
        elif kind < 0.6:
            damaged[at] ^= 1 << chance.randrange(8)
        else:
            damaged[at] = chance.choice((0, 1, 2, 0x30, 0x7F, 0x80, 0x82, 0xFF, chance.randrange(256)))
    return bytes(damaged)


def test_certificates_of_every_kind() -> None:
    assert {row.id: bool(go) for row, go in zip(ROWS, taken([row.der for row in ROWS]))} == {
        row.id: row.reason is None for row in ROWS
    }


def test_every_root_that_people_trust() -> None:
    assert taken(_roots()) == [1] * len(_roots()) == [_is_read(der) for der in _roots()]
    for file in BUNDLES:
        data = file.read_bytes()
        assert taken(pems=[data]) == [len(certificates.parse_bundle(data).certificates)]


def test_damaged_certificates() -> None:
    chance = random.Random(20260)
    whole = [*(row.der for row in ROWS if row.der), *_roots()[:30]]
    damaged = [_damaged(chance.choice(whole), chance) for _time in range(30_000)]
    differing = [der.hex() for der, go in zip(damaged, taken(damaged)) if bool(go) != _is_read(der)]
    assert differing == []


def _put_together(chance: random.Random) -> str:
    parts = [*CA.splitlines(keepends=True), CA, OTHER, CA.strip(), "\n", "\r\n", "\ufeff", " ", "-", "# x\n", "a: b\n"]
    return "".join(chance.choice(parts) for _time in range(chance.randrange(1, 12)))


def test_texts_put_together() -> None:
    """Go's pool takes from any text as many as are counted, and from what was mended every one."""
    chance = random.Random(20260)
    texts = [_put_together(chance) for _time in range(3_000)]
    for text, go in zip(texts, taken(pems=[text.encode() for text in texts])):
        assert go == len(certificates.parse_bundle(text.encode()).certificates), text
    given = [pem.read(text, host=None) for text in texts]
    meant = [one.text for one in given if not one.problems]
    assert len(meant) > 300
    for text, go in zip(meant, taken(pems=[text.encode() for text in meant])):
        assert go == text.count("-----BEGIN CERTIFICATE-----") > 0, text


def test_a_certificate_that_was_mended_is_the_one_that_was_given() -> None:
    folded = pem.read((CA + OTHER).replace("\n", " "), host=None)
    assert [ssl.PEM_cert_to_DER_cert(one) for one in (CA, OTHER)] == [
        content for _kind, _headers, content in pem_blocks(folded.text.encode())
    ]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.epinio.registries.plugins.filter.certificate_facts import FilterModule
from ansible_collections.epinio.registries.tests.support import builders
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

certificate_facts = FilterModule().filters()["certificate_facts"]
CA = builders.authority("CA")
SERVER = builders.authority("Server", ca=False, names=("registry.example.com", "*.example.org"))


def test_the_facts_are_those_of_the_certificate():
    [facts] = certificate_facts(SERVER)
    parsed = x509.load_pem_x509_certificate(SERVER.encode())
    assert facts == {
        "subject": parsed.subject.rfc4514_string(),
        "issuer": parsed.issuer.rfc4514_string(),
        "names": ["registry.example.com", "*.example.org"],
        "fingerprint_sha256": hashlib.sha256(parsed.public_bytes(Encoding.DER)).digest().hex(":").upper(),
        "not_before": parsed.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": parsed.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_authority": False,
        "self_signed": True,
        "chain": True,
    }


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        pytest.param("registry.example.com", True, id="its own name"),
        pytest.param("registry.example.com:5000", True, id="with a port"),
        pytest.param("a.example.org", True, id="a wildcard"),
        pytest.param("example.org", False, id="the domain of a wildcard"),
        pytest.param("Server", False, id="the common name"),
    ],
)
def test_a_host(host, covered):
    assert [facts["covers"] for facts in certificate_facts(SERVER, host)] == [covered]
    assert [facts["covers"] for facts in certificate_facts(value=SERVER, host=host)] == [covered]


def test_a_bundle_of_several():
    facts = certificate_facts([CA, SERVER])
    assert [(one["subject"], one["is_authority"]) for one in facts] == [("CN=CA", True), ("CN=Server", False)]
    assert certificate_facts(CA + SERVER) == facts


def named(pem, issuer):
    """Return a certificate that says that another issued it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)])
    from cryptography.hazmat.primitives import hashes

    parsed = x509.load_pem_x509_certificate(pem.encode())
    builder = (
        x509.CertificateBuilder()
        .subject_name(parsed.subject)
        .issuer_name(name)
        .public_key(parsed.public_key())
        .serial_number(7)
        .not_valid_before(parsed.not_valid_before_utc)
        .not_valid_after(parsed.not_valid_after_utc)
    )
    return builder.sign(builders._key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("bundle", "chain"),
    [
        pytest.param([named(SERVER, "Middle"), named(builders.authority("Middle"), "CA"), CA], True, id="a chain"),
        pytest.param([CA, named(SERVER, "CA")], False, id="the authority first"),
        pytest.param([CA, builders.authority("Other")], False, id="two authorities"),
    ],
)
def test_whether_the_order_is_a_chain(bundle, chain):
    assert {facts["chain"] for facts in certificate_facts(bundle)} == {chain}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(
            CA + builders.PRIVATE_KEY.decode(), "A private key is in the PEM; Epinio's image push", id="a private key"
        ),
        pytest.param("ca.pem", "It is the name of a file, not the content of the file.", id="the name of a file"),
        pytest.param("", "It is not PEM", id="nothing"),
        pytest.param(None, "Item 1 of the list is not text.", id="null"),
        pytest.param([CA, 5], "Item 2 of the list is not text.", id="a number in the list"),
        pytest.param(CA.replace("\n", "")[:90], "cut off or damaged", id="half a certificate"),
    ],
)
def test_what_is_refused(value, said):
    with pytest.raises(AnsibleFilterError) as raised:
        certificate_facts(value)
    message = str(raised.value)
    assert message.startswith("Nothing was read: 1 problem.\n- ")
    assert builders.PRIVATE_KEY.decode().splitlines()[1] not in message
    assert said in message or "pair of a BEGIN and an END" in message


def test_an_unknown_option_is_refused():
    with pytest.raises(AnsibleFilterError, match=r"- unknown option hots\. Did you mean host\?"):
        certificate_facts(CA, hots="a.b")

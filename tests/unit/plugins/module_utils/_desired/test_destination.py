# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become destinations, or every problem at once; what is let through is usable."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.options import problems
from hypothesis import given, settings
from hypothesis import strategies as st

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


def test_a_valid_destination():
    parsed = destination.parse_destinations(
        [builders.item("acme", certificate=CA, labels={"a": "b"}, update_password="on_create")], many=True
    )
    assert (parsed.problems, parsed.warnings) == ([], [])
    (item,) = parsed.items
    assert (item.index, item.name, item.certificate_secret) == (0, "acme", "acme-certificate")
    assert (item.keep_password, item.labels, item.annotations) == (True, {"a": "b"}, {})
    assert "s3cret" not in repr(item)


def test_a_single_destination_has_no_index():
    (item,) = destination.parse_destinations([builders.item("acme")], many=False).items
    assert item.index is None
    found = destination.parse_destinations([builders.item("acme", registry="")], many=False).problems
    assert str(found[0]) == "acme, registry: It is missing or empty. Set registry."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("Acme", "'Acme' has upper-case letters. Use 'acme'.", id="upper case"),
        pytest.param("acme_prod", "'acme_prod' has an underscore. Use 'acme-prod'.", id="an underscore"),
        pytest.param("acme prod", "'acme prod' has white space. Use 'acme-prod'.", id="a blank"),
        pytest.param("-acme", "'-acme' has a part that begins with '.', '_' or '-'. Use 'acme'.", id="a hyphen first"),
        pytest.param(
            "acme/prod",
            "'acme/prod' has a slash. Use lower-case letters, digits, '-' and '.', beginning and ending with a letter "
            "or digit.",
            id="a slash",
        ),
    ],
)
def test_a_name_that_kubernetes_does_not_take(name, said):
    [problem] = destination.parse_destinations([builders.item(name)], many=False).problems
    assert f"{problem.message} {problem.remedy}" == said


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        pytest.param(None, {}, [("option_required", 0, None, "name")], id="no name"),
        pytest.param("", {}, [("option_required", 0, "", "name")], id="an empty name"),
        pytest.param("Upper", {}, [("name_invalid", 0, "Upper", "name")], id="upper case"),
        pytest.param("a_b", {}, [("name_invalid", 0, "a_b", "name")], id="an underscore"),
        pytest.param("a..b", {}, [("name_invalid", 0, "a..b", "name")], id="two dots in a row"),
        pytest.param("-a", {}, [("name_invalid", 0, "-a", "name")], id="a hyphen first"),
        pytest.param("a\n", {}, [("name_invalid", 0, "a\n", "name")], id="a line end"),
        pytest.param("a" * 254, {}, [("name_too_long", 0, "a" * 254, "name")], id="longer than a name may be"),
        pytest.param("a" * 253, {}, [], id="as long as a name may be"),
        pytest.param("a" * 241, {"certificate": CA}, [], id="as long as a name with a certificate may be"),
        pytest.param(
            "a" * 242,
            {"certificate": CA},
            [("name_too_long", 0, "a" * 242, "name")],
            id="longer than a name with a certificate may be",
        ),
        pytest.param(
            "a" * 242, {"certificate": CA, "certificate_secret": "ca"}, [], id="a certificate secret of another name"
        ),
        pytest.param("registry-creds", {}, [("name_reserved", 0, "registry-creds", "name")], id="Epinio's own secret"),
        pytest.param(
            "registry-creds",
            {"state": "absent"},
            [("name_reserved", 0, "registry-creds", "name")],
            id="Epinio's own secret, to be removed",
        ),
        pytest.param(
            "acme",
            {"certificate_secret": "registry-creds"},
            [("name_reserved", 0, "acme", "certificate_secret")],
            id="Epinio's own secret for the certificate",
        ),
        pytest.param(
            "acme",
            {"certificate_secret": "acme"},
            [("secret_conflict", 0, "acme", "certificate_secret")],
            id="one secret for both",
        ),
    ],
)
def test_names(name, options, expected):
    assert problems(builders.item(name, **options)) == expected


def test_absent_needs_a_name_only():
    assert problems({"name": "acme", "state": "absent"}) == []


def test_all_problems_of_the_whole_list_at_once():
    bad = builders.item("two", registry="", organization="", registry_username=None, registry_password="")
    assert problems(builders.item("One"), bad, builders.item("three", certificate="no PEM"), builders.item("two"))[
        :6
    ] == [
        ("name_invalid", 0, "One", "name"),
        ("option_required", 1, "two", "registry"),
        ("option_required", 1, "two", "organization"),
        ("option_required", 1, "two", "registry_username"),
        ("option_required", 1, "two", "registry_password"),
        ("certificate_not_pem", 2, "three", "certificate"),
    ]
    assert problems(bad, builders.item("two"))[-1] == ("name_duplicate", 1, "two", "name")


def test_a_state_that_is_null_is_the_usual_one():
    (item,) = destination.parse_destinations([builders.item("acme", state=None)], many=True).items
    assert item.present


def test_two_items_that_want_one_secret():
    inline = builders.item("a", certificate=CA)
    assert problems(inline, builders.item("a-certificate")) == [("secret_conflict", 0, "a", "name")]
    assert problems(builders.item("a-certificate", state="absent"), inline) == [("secret_conflict", 1, "a", "name")]
    one, two = (
        builders.item(name, certificate=pem, certificate_secret="ca") for name, pem in (("a", CA), ("b", OTHER_CA))
    )
    assert problems(one, two) == [("certificate_conflict", 1, "b", "certificate")]
    assert problems(one, {**two, "certificate": CA + "\n"}) == []


def test_warnings_of_a_certificate_name_their_place():
    expired = builders.authority("old", days=-1, since=10)
    (warning,) = destination.parse_destinations([builders.item("acme", certificate=expired)], many=True).warnings
    assert (warning.code, warning.index, warning.name, warning.option) == (
        "certificate_expired",
        0,
        "acme",
        "certificate",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"name": "ca", "certificate": CA}, [], id="a certificate"),
        pytest.param({"name": "ca", "state": "absent"}, [], id="none where it shall go"),
        pytest.param({"name": "ca"}, [("option_required", "certificate")], id="no certificate"),
        pytest.param({"certificate": CA}, [("option_required", "name")], id="no name"),
        pytest.param(
            {"name": "registry-creds", "certificate": CA}, [("name_reserved", "name")], id="Epinio's own secret"
        ),
        pytest.param(
            {"name": "ca", "certificate": CA + builders.PRIVATE_KEY.decode()},
            [("certificate_private_key", "certificate")],
            id="a private key beside the certificate",
        ),
    ],
)
def test_a_shared_certificate(options, expected):
    found = destination.parse_certificate(options).problems
    assert [(problem.code, problem.option) for problem in found] == expected


#: What both pushes would accept and is refused all the same; the documentation has the reason of each.
DELIBERATE = {"registry_not_canonical", "control_character", "invisible_character", "organization_too_long"}
DELIBERATE |= {"organization_repeats_registry", "organization_too_deep"}
PARTS = st.lists(
    st.sampled_from(
        ["a", "acme", "team", "A", "-", "_", "__", ".", "..", "/", ":", "5000", "@", " ", "é", "[::1]", "\n"]
    ),
    max_size=6,
).map("".join)
HOSTS = st.one_of(
    st.sampled_from(["registry.example.com", "ghcr.io", "docker.io", "index.docker.io", "localhost", "10.0.0.1:5000"]),
    st.builds("{}{}".format, st.sampled_from(["", "https://", "oci://", "registry.example.com", "a.b:"]), PARTS),
)
WORDS = st.one_of(
    st.text(max_size=6), st.sampled_from(["robot", "a:b", "x\x00", "s3cret\n", "a\nb", "$oauthtoken", "ümläut"])
)


@settings(max_examples=2 * settings().max_examples)
@given(registry=HOSTS, organization=PARTS, username=WORDS, password=WORDS)
def test_what_is_let_through_is_usable_and_what_is_refused_is_not(registry, organization, username, password):
    options = {"registry": registry, "organization": organization}
    item = builders.item("acme", **options, registry_username=username, registry_password=password)
    refused = {problem.code for problem in destination.parse_destinations([item], many=True).problems}
    try:
        config = dockerconfig.encode(registry=registry, username=username, password=password)
    except UnicodeEncodeError:
        assert "not_text" in refused
        return
    secret = builders.destination_secret("acme", annotations={"epinio.io/registry-namespace": organization})
    secret["data"] = {".dockerconfigjson": base64.b64encode(config).decode()}
    usable = _epinio.read(Secret.from_api(secret), lambda _name: None).usable
    assert usable or refused, "let through, and not usable"
    assert not usable or refused <= DELIBERATE, "refused, and usable"

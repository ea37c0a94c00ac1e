# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import targets
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("registry", "organization"),
    [
        pytest.param("registry.example.com", "acme", id="a host"),
        pytest.param("registry.example.com:5000", "acme/team", id="a port, and an organization of two parts"),
        pytest.param("registry.example.com/team", "acme", id="a path"),
        pytest.param("localhost", "acme", id="localhost"),
        pytest.param("localhost:5000", "acme", id="localhost with a port"),
        pytest.param("127.0.0.1:5000", "acme", id="an IPv4 address"),
        pytest.param("registry:5000", "acme", id="a word with a port"),
        pytest.param("docker.io", "acme", id="Docker Hub"),
        pytest.param("registry-1.docker.io", "acme", id="the host that serves Docker Hub"),
        pytest.param("registry.hub.docker.com", "acme", id="the old name of Docker Hub"),
        pytest.param("us-docker.pkg.dev/project", "acme", id="a project of Artifact Registry"),
        pytest.param("https://registry.example.com", "acme", id="https"),
        pytest.param("http://registry.example.com:5000/team", "acme", id="http with a port and a path"),
        pytest.param("Registry.Example.com", "acme", id="upper case in the host"),
        pytest.param("a--b.example", "a__b--c.d_e/1", id="every separator"),
    ],
)
def test_both_legs_push_to_the_registry(registry, organization):
    target = targets.judge(registry, organization)
    place = f"{registry}/{organization}".partition("://")[2] or f"{registry}/{organization}"
    assert (target.chart, target.image) == (f"{place}/ws-app-chart:0.0.0", f"{place}/ws-app-image:1a2b3c")
    assert (target.codes, target.reservation) == ({}, None)


HELM_AND_SKOPEO = {"chart": "organization_invalid", "image": "organization_invalid"}


@pytest.mark.parametrize(
    ("registry", "organization", "codes"),
    [
        # The host, by one leg or both.
        pytest.param("registry..example.com", "acme", {"image": "registry_invalid"}, id="two dots in the host"),
        pytest.param("-registry.example.com", "acme", {"image": "registry_invalid"}, id="a hyphen before the host"),
        pytest.param("registry.example.com:", "acme", {"image": "registry_invalid"}, id="an empty port"),
        pytest.param("b\xfccher.example", "acme", {"image": "registry_invalid"}, id="a host that is no ASCII"),
        pytest.param("[::1]:5000", "acme", {"image": "registry_invalid"}, id="IPv6 with a port"),
        pytest.param("::1", "acme", {"image": "registry_invalid"}, id="IPv6 without brackets"),
        pytest.param(
            "user@registry.example.com",
            "acme",
            {"chart": "registry_invalid", "image": "registry_invalid"},
            id="a user name",
        ),
        pytest.param(
            "registry.example.com?x", "acme", {"chart": "registry_invalid", "image": "registry_invalid"}, id="a query"
        ),
        pytest.param(
            "b%C3%BCcher.example",
            "acme",
            {"chart": "registry_invalid", "image": "registry_invalid"},
            id="a host with escapes",
        ),
        pytest.param("ftp://registry.example.com", "acme", {"image": "registry_invalid"}, id="another scheme"),
        pytest.param(
            "a%25.example/../registry.example.com",
            "acme",
            {"chart": "registry_invalid", "image": "registry_invalid"},
            id="Helm logs in to the host before it cleans the path",
        ),
        # Slashes: Helm cleans the path, skopeo does not.
        pytest.param("registry.example.com", "", {"image": "organization_invalid"}, id="no organization"),
        pytest.param(
            "registry.example.com", "/acme", {"image": "organization_invalid"}, id="a slash before the organization"
        ),
        pytest.param(
            "registry.example.com", "acme/", {"image": "organization_invalid"}, id="a slash behind the organization"
        ),
        pytest.param(
            "registry.example.com/", "acme", {"image": "organization_invalid"}, id="a slash behind the registry"
        ),
        pytest.param("registry.example.com", "acme/..", {"image": "organization_invalid"}, id="a step up"),
        pytest.param(
            "https://index.docker.io/v1/",
            "acme",
            {"image": "organization_invalid"},
            id="Docker's own key for Docker Hub",
        ),
        pytest.param(
            "registry.example.com", "../..", {"image": "organization_invalid"}, id="steps up, above the registry"
        ),
        # Repository names.
        pytest.param("registry.example.com", "Acme", HELM_AND_SKOPEO, id="upper case in the organization"),
        pytest.param("registry.example.com/Team", "acme", HELM_AND_SKOPEO, id="upper case in the registry's path"),
        pytest.param("registry.example.com", "a___b", HELM_AND_SKOPEO, id="three underscores in a row"),
        pytest.param("registry.example.com", "a..b", HELM_AND_SKOPEO, id="two dots in a row"),
        pytest.param("registry.example.com", "a-_b", HELM_AND_SKOPEO, id="two separators in a row"),
        pytest.param("registry.example.com", "-a", HELM_AND_SKOPEO, id="a hyphen before the organization"),
        pytest.param("registry.example.com", "a b", HELM_AND_SKOPEO, id="a blank"),
        pytest.param("registry.example.com", "a:5000", HELM_AND_SKOPEO, id="a tag"),
        pytest.param("registry.example.com", "a@sha256:" + "0" * 64, HELM_AND_SKOPEO, id="a digest"),
        pytest.param("registry.example.com", "b\xfcro", HELM_AND_SKOPEO, id="an organization that is no ASCII"),
        pytest.param("registry.example.com", "a" * 221, {}, id="as long as can be"),
        pytest.param("registry.example.com", "a" * 222, {"image": "organization_too_long"}, id="longer than can be"),
        # Where the image goes, and whether skopeo finds the key.
        pytest.param("registry", "acme", {"image": "registry_not_qualified"}, id="a word for a host"),
        pytest.param("registry/team", "acme", {"image": "registry_not_qualified"}, id="a word with a path"),
        pytest.param("https://registry", "acme", {"image": "registry_not_qualified"}, id="a word behind a scheme"),
        pytest.param("REGISTRY", "acme", {"image": "organization_invalid"}, id="a word in upper case"),
        pytest.param("index.docker.io", "acme", {"image": "registry_is_other_name"}, id="the index of Docker Hub"),
        pytest.param(
            "https://index.docker.io", "acme", {"image": "registry_is_other_name"}, id="the index behind a scheme"
        ),
        pytest.param("index.docker.io/v1", "acme", {"image": "registry_not_qualified"}, id="the index with a path"),
        pytest.param(
            "oci://registry.example.com", "acme", {"image": "registry_key_unmatched"}, id="the scheme of Helm"
        ),
        pytest.param(
            "oci://https://registry.example.com",
            "acme",
            {"image": "registry_key_unmatched"},
            id="the scheme of Helm before https",
        ),
    ],
)
def test_what_each_leg_has_against_it(registry, organization, codes):
    target = targets.judge(registry, organization)
    assert target.codes == codes


@pytest.mark.parametrize(
    ("registry", "organization", "code"),
    [
        pytest.param("", "acme", "registry_without_host", id="no registry"),
        pytest.param("/registry.example.com", "acme", "registry_without_host", id="a slash before the registry"),
        pytest.param("https://", "acme", "registry_without_host", id="a scheme alone"),
        pytest.param("registry.example.com", "a://b", "registry_without_host", id="a scheme in the organization"),
        pytest.param("registry.example.com:port", "acme", "registry_not_url", id="a port of letters"),
        pytest.param("registry.example.com ", "acme", "registry_not_url", id="a blank behind the registry"),
        pytest.param("registry.example.com\n", "acme", "registry_not_url", id="a line end behind the registry"),
        pytest.param("registry.example.com", "acme\n", "registry_not_url", id="a line end behind the organization"),
        pytest.param("registry.example.com", "a%zz", "registry_not_url", id="a broken escape"),
    ],
)
def test_the_export_stops_before_either_leg(registry, organization, code):
    assert targets.judge(registry, organization) == code


@pytest.mark.parametrize(
    ("registry", "organization", "lookups"),
    [
        pytest.param(
            "https://quay.io/team",
            "acme",
            ("quay.io/team/acme/ws-app-image", "quay.io/team/acme", "quay.io/team", "quay.io"),
            id="from the longest key to the host",
        ),
        pytest.param(
            "registry",
            "acme",
            ("docker.io/registry/acme/ws-app-image", "docker.io/registry/acme", "docker.io/registry", "docker.io"),
            id="a host of Docker Hub",
        ),
        pytest.param("registry.example.com", "Acme", (), id="none where skopeo refuses"),
    ],
)
def test_keys_that_skopeo_looks_for(registry, organization, lookups):
    assert targets.judge(registry, organization).lookups == lookups


def test_a_target_is_shown_as_each_leg_makes_it():
    target = targets.judge("index.docker.io", "acme")
    assert (target.chart, target.image) == (
        "index.docker.io/acme/ws-app-chart:0.0.0",
        "docker.io/acme/ws-app-image:1a2b3c",
    )
    target = targets.judge("registry.example.com", "../acme")
    assert (target.chart, target.image) == (
        "acme/ws-app-chart:0.0.0",
        "registry.example.com/../acme/ws-app-image:1a2b3c",
    )
    target = targets.judge("oci://https://h.example", "acme")
    assert (target.chart, target.image) == (
        "https:/h.example/acme/ws-app-chart:0.0.0",
        "h.example/acme/ws-app-image:1a2b3c",
    )


EXPORT = ("chart", "image")


@pytest.mark.parametrize(
    ("registry", "legs", "code"),
    [
        pytest.param("registry_example.com", ("image",), "registry_underscore", id="an underscore"),
        pytest.param("https://a__b.example/team", ("image",), "registry_underscore", id="behind a scheme"),
        pytest.param("a.b:0", EXPORT, "registry_port_invalid", id="port 0"),
        pytest.param("a.b:000", EXPORT, "registry_port_invalid", id="port 0 in many digits"),
        pytest.param("a.b:65536/team", EXPORT, "registry_port_invalid", id="a port above the last"),
        pytest.param(f"a.b:{'9' * 200}", EXPORT, "registry_port_invalid", id="a port of many digits"),
        pytest.param("300.1.1.1", EXPORT, "registry_no_address", id="more than an octet holds"),
        pytest.param("10.0.0:5000", EXPORT, "registry_no_address", id="an octet too few"),
        pytest.param("010.0.0.1", EXPORT, "registry_no_address", id="a zero before an octet"),
        pytest.param("1.2", EXPORT, "registry_no_address", id="a number"),
        pytest.param(f"{'a' * 64}.example", EXPORT, "registry_no_address", id="a label that is too long"),
    ],
)
def test_what_both_accept_and_cannot_connect_to(registry, legs, code):
    target = targets.judge(registry, "acme")
    assert (target.chart_refusal, target.image_refusal) == (None, None)
    assert target.codes == dict.fromkeys(legs, code)


@pytest.mark.parametrize(
    "registry",
    [
        pytest.param("a.b:1", id="the lowest port"),
        pytest.param("a.b:65535", id="the highest port"),
        pytest.param("a.b:065535", id="a zero before a port"),
        pytest.param("10.0.0.255:443", id="the highest octet"),
        pytest.param("1e3.example", id="a label like a number"),
        pytest.param(f"{'a' * 63}.example", id="the longest label"),
        pytest.param("0-0.1", id="a label without letters"),
    ],
)
def test_what_looks_like_it_and_is_an_address(registry):
    assert targets.judge(registry, "acme").codes == {}


@pytest.mark.parametrize(
    ("organization", "code"),
    [
        pytest.param("a" * 100, None, id="as long as can be"),
        pytest.param("a" * 101, "organization_too_long", id="too long for some applications"),
    ],
)
def test_what_is_accepted_and_does_not_end_well_for_all(organization, code):
    target = targets.judge("registry.example.com", organization)
    assert (target.codes, target.reservation) == ({}, code)


def test_what_is_refused_needs_no_reservation():
    assert targets.judge("registry.example.com", "Acme").reservation is None


@given(st.text(alphabet="ab.:/-_@%A #o\n") | st.text(), st.text(alphabet="ab./-_@:%A ") | st.text())
def test_any_registry_and_organization_are_judged(registry, organization):
    target = targets.judge(registry, organization)
    if isinstance(target, str):
        assert target in ("registry_not_url", "registry_without_host")
    else:
        assert target.image.endswith("/ws-app-image:1a2b3c")
        assert bool(target.lookups) != bool(target.image_refusal)


@pytest.mark.parametrize(
    "registry",
    [
        pytest.param("a-" * 500_000, id="hyphens"),
        pytest.param("a." * 500_000, id="dots"),
        pytest.param("a/" * 500_000, id="slashes"),
        pytest.param("a" * 1_000_000 + "!", id="letters"),
        pytest.param("../" * 300_000, id="steps up"),
    ],
)
def test_a_megabyte_is_refused(registry):
    target = targets.judge(registry, "acme")
    assert target.image_refusal

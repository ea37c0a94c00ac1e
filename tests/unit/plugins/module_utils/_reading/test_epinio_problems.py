# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reason why a leg does not read a secret, or cannot push where it says."""

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.tests.support.builders import (
    auth,
    authority,
    certificate_secret,
    docker_config,
    secret,
)
from ansible_collections.epinio.registries.tests.support.readings import (
    HOST,
    config,
    destination,
    entry,
    found,
    read,
    unlabelled,
)

CA = authority("CA")


def beside(extra):
    return config(json.dumps(docker_config(HOST, "robot", "s3cret"))[:-1] + f", {extra}}}")


def elsewhere(registry, key):
    """Return a destination whose auth stands under another key, where Epinio does not look."""
    fields = {"username": "robot", "password": "s3cret"}
    held = {"auths": {registry: fields}, "Auths": {key: {"auth": auth("robot", "s3cret")}}}
    return config(json.dumps(held))


CERTS = {"certs": b"acme-ca"}
FIELDS = {"auth": auth("robot", "s3cret"), "username": "robot", "password": "s3cret"}


def every(code):
    return {leg: [code] for leg in ("list", "chart", "image")}


def export(code):
    return {leg: [code] for leg in ("chart", "image")}


CASES = [
    pytest.param(unlabelled(labels={}), [], every("label_not_true"), id="no label"),
    pytest.param(unlabelled(labels=None), [], every("label_not_true"), id="null for the labels"),
    pytest.param(unlabelled(annotations=None), [], every("organization_missing"), id="null for the annotations"),
    pytest.param(
        unlabelled(annotations={epinio.NAMESPACE_ANNOTATION: None}),
        [],
        {"image": ["organization_invalid"]},
        id="null for the organization",
    ),
    pytest.param({**destination(), "data": None}, [], every("config_missing"), id="no data"),
    pytest.param(
        {**destination(), "data": {".dockerconfigjson": None}},
        [],
        every("config_not_json"),
        id="null for the docker config",
    ),
    pytest.param(
        {**destination(), "data": {".dockerconfigjson": "\xe4"}},
        [],
        every("config_not_json"),
        id="data that is no base64",
    ),
    pytest.param(config("{"), [], every("config_not_json"), id="no JSON"),
    pytest.param(config("[]"), [], every("config_wrong_shape"), id="a list"),
    pytest.param(
        beside('"credsStore": "desktop"'), [], every("config_foreign_key"), id="a store of credentials beside"
    ),
    pytest.param(
        beside('"x": {"a": {"b": 1e999}}'),
        [],
        {"list": ["config_number_range"]},
        id="a number that does not fit beside",
    ),
    pytest.param(config("{}"), [], every("auths_missing"), id="no auths"),
    pytest.param(config('{"auths": {}}'), [], every("auths_empty"), id="empty auths"),
    pytest.param(config('{"auths": {"a": {}, "b": {}}}'), [], every("auths_several"), id="two entries"),
    pytest.param(entry(password=12345), [], export("entry_wrong_type"), id="a number for the password"),
    pytest.param(beside('"HttpHeaders": {"User-Agent": "x"}'), [], export("entry_wrong_type"), id="headers beside"),
    pytest.param(destination("registry.example.com:port"), [], export("registry_not_url"), id="a port of letters"),
    pytest.param(destination("https://"), [], export("registry_without_host"), id="no host"),
    pytest.param(
        destination(data=CERTS), [], export("certificate_secret_missing"), id="a certificate secret that is not there"
    ),
    pytest.param(
        destination(data={"certs": b"acme-ca\n"}),
        [certificate_secret("acme-ca\n", CA)],
        export("certificate_secret_missing"),
        id="a line end behind the certificate secret's name",
    ),
    pytest.param(
        destination(data={"certs": b"a" * 254}),
        [certificate_secret("a" * 254, CA)],
        export("certificate_secret_missing"),
        id="a certificate secret's name that is too long",
    ),
    pytest.param(
        destination(data=CERTS),
        [secret("acme-ca", {"ca.crt": CA.encode()})],
        export("certificate_key_missing"),
        id="a certificate secret without tls.crt",
    ),
    pytest.param(
        destination(data=CERTS),
        [certificate_secret("acme-ca", "x")],
        export("certificate_unusable"),
        id="no certificate in the certificate secret",
    ),
    pytest.param(
        destination(data=CERTS),
        [certificate_secret("acme-ca", CA + "\n" * 1048576)],
        export("certificate_unusable"),
        id="a certificate secret that is too large",
    ),
    pytest.param(
        destination("user@registry.example.com"), [], export("registry_invalid"), id="a user name in the registry"
    ),
    pytest.param(
        destination(organization="Acme"), [], export("organization_invalid"), id="upper case in the organization"
    ),
    pytest.param(
        destination(organization="acme/"), [], {"image": ["organization_invalid"]}, id="a slash behind the organization"
    ),
    pytest.param(
        destination(organization="a" * 222),
        [],
        {"image": ["organization_too_long"]},
        id="an organization that is too long",
    ),
    pytest.param(
        destination("registry_example.com"), [], {"image": ["registry_underscore"]}, id="an underscore in the host"
    ),
    pytest.param(
        destination("registry.example.com:65536"), [], export("registry_port_invalid"), id="a port above 65535"
    ),
    pytest.param(destination("300.1.1.1"), [], export("registry_no_address"), id="no IPv4 address"),
    pytest.param(
        destination("300.1.1.1", password=""),
        [],
        {"chart": ["registry_no_address"], "image": ["credentials_missing"]},
        id="no IPv4 address, and no password",
    ),
    pytest.param(destination("registry"), [], {"image": ["registry_not_qualified"]}, id="an unqualified host"),
    pytest.param(
        destination("index.docker.io"), [], {"image": ["registry_is_other_name"]}, id="another name of Docker Hub"
    ),
    pytest.param(
        destination("oci://registry.example.com"), [], {"image": ["registry_key_unmatched"]}, id="the scheme of Helm"
    ),
    pytest.param(
        beside('"credHelpers": {"x": {}}'), [], {"image": ["config_unreadable_for_skopeo"]}, id="a mapping for a helper"
    ),
    pytest.param(
        beside(f'"credHelpers": {{"{HOST}": null}}'),
        [],
        {"image": ["credential_helper"]},
        id="null as the helper of this host",
    ),
    pytest.param(
        entry(auth="***", username="robot", password="s3cret"),
        [],
        {"image": ["auth_not_base64"]},
        id="auth that is no base64",
    ),
    pytest.param(entry(username="robot", password="s3cret"), [], {"image": ["auth_missing"]}, id="no auth"),
    pytest.param(
        entry(auth="cm9ib3Q="),
        [],
        {"chart": ["credentials_missing"], "image": ["auth_missing"]},
        id="no password in auth",
    ),
    pytest.param(entry(**FIELDS, identitytoken="t"), [], {"image": ["identity_token"]}, id="an identity token"),
    pytest.param(
        entry(**FIELDS, IdentityToken="t"), [], {"image": ["identity_token"]}, id="an identity token in another case"
    ),
    pytest.param(entry(**FIELDS, identitytoken=""), [], {}, id="an empty identity token"),
    pytest.param(entry(**FIELDS, identitytoken=None), [], {}, id="null for the identity token"),
    pytest.param(
        entry(auth="cm9ib3Q6", identitytoken="t"),
        [],
        {"chart": ["credentials_missing"], "image": ["identity_token"]},
        id="an identity token, and no password in auth",
    ),
    pytest.param(
        entry(username="robot", password="s3cret", identitytoken="t"),
        [],
        {"image": ["auth_missing"]},
        id="an identity token, and no auth",
    ),
    pytest.param(
        entry(**{**FIELDS, "auth": "***"}, identitytoken="t"),
        [],
        {"image": ["auth_not_base64"]},
        id="an identity token, and auth that is no base64",
    ),
    pytest.param(destination(username=""), [], export("credentials_missing"), id="an empty user name"),
    pytest.param(destination(password=""), [], export("credentials_missing"), id="an empty password"),
    pytest.param(destination(username="ro:bot"), [], {"image": ["credentials_differ"]}, id="a colon in the user name"),
    pytest.param(destination(password="\0s3cret"), [], {"image": ["credentials_differ"]}, id="NUL before the password"),
    pytest.param(
        entry(auth=auth("robot", "other"), username="robot", password="s3cret"),
        [],
        {"image": ["credentials_differ"]},
        id="another password than auth's",
    ),
    # The list does not read what the export wants, and the export stops before it comes to either leg.
    pytest.param(
        config("{", organization="Acme", data=CERTS),
        [],
        {
            "list": ["config_not_json"],
            **{leg: ["config_not_json", "certificate_secret_missing"] for leg in ("chart", "image")},
        },
        id="no JSON, and no certificate secret",
    ),
    pytest.param(
        destination("https://", data=CERTS),
        [],
        {leg: ["certificate_secret_missing", "registry_without_host"] for leg in ("chart", "image")},
        id="no host, and no certificate secret",
    ),
    # Found under another spelling of auths, and so only by skopeo.
    pytest.param(elsewhere(f"oci://{HOST}", HOST), [], {}, id="auth under another spelling of auths"),
    pytest.param(
        elsewhere("registry", "docker.io"),
        [],
        {"image": ["registry_not_qualified"]},
        id="auth under another spelling, for Docker Hub",
    ),
]


@pytest.mark.parametrize(("made", "others", "problems"), CASES)
def test_problems(made, others, problems):
    reading = read(made, *others)
    assert found(reading) == problems
    assert reading.usable == (not problems)
    for problem in reading.problems:
        assert "{" not in problem.message + problem.remedy
        assert problem.remedy.endswith(".")
        assert "s3cret" not in str(problem)


def test_every_code_is_shown_above():
    shown = {code for case in CASES for codes in case.values[-1].values() for code in codes}
    assert shown == {case.partition(":")[0] for case, said in CATALOGUE.cases.items() if said.legs}
    assert all(said.message.endswith(".") for said in CATALOGUE.cases.values())


@pytest.mark.parametrize(
    ("registry", "organization", "option", "said"),
    [
        pytest.param(
            HOST,
            "Acme",
            "organization",
            "The organization 'Acme' has upper-case letters. Use 'acme'.",
            id="upper case in the organization",
        ),
        pytest.param(
            HOST,
            "/acme",
            "organization",
            "The organization '/acme' begins with a slash. Use 'acme'.",
            id="a slash before the organization",
        ),
        pytest.param(
            HOST,
            "a//b",
            "organization",
            "The organization 'a//b' has two slashes in a row. Use 'a/b'.",
            id="two slashes in the organization",
        ),
        pytest.param(
            f"{HOST}/Team",
            "acme",
            "registry",
            f"The registry '{HOST}/Team' has upper-case letters. Use '{HOST}/team'.",
            id="upper case in the registry",
        ),
        pytest.param(
            f"{HOST}/",
            "acme",
            "registry",
            f"The registry '{HOST}/' ends with a slash. Use '{HOST}'.",
            id="a slash behind the registry",
        ),
        pytest.param(
            "https://index.docker.io/v1/",
            "acme",
            "registry",
            "The registry 'https://index.docker.io/v1/' is Docker Hub, which is named docker.io here. Use 'docker.io'.",
            id="Docker's own key for Docker Hub",
        ),
        pytest.param(
            "robot:s3cret@a.b",
            "acme",
            "registry",
            "The registry holds a user name or a password before an '@'. Leave that out; user name and password have "
            "places of their own.",
            id="a login before the registry",
        ),
    ],
)
def test_the_option_that_holds_the_fault_is_blamed(registry, organization, option, said):
    for problem in (
        *epinio.target_problems(registry, organization),
        *read(destination(registry, organization=organization)).problems,
    ):
        assert (problem.option, f"{problem.message} {problem.remedy}") == (option, said)


@pytest.mark.parametrize(
    ("registry", "organization", "problems"),
    [
        pytest.param(HOST, "acme", [], id="nothing"),
        pytest.param(HOST, "a" * 100, [], id="as long as can be"),
        pytest.param(HOST, "a" * 101, [("organization_too_long", "image")], id="too long for some applications"),
        pytest.param(HOST, "a" * 222, [("organization_too_long", "image")], id="too long for all"),
        pytest.param(HOST, "Acme", [("organization_invalid", "chart")], id="upper case, which both legs refuse"),
        pytest.param(HOST, "acme/", [("organization_invalid", "image")], id="a slash behind, which one leg refuses"),
        pytest.param(
            "[::1]", "Acme", [("organization_invalid", "chart"), ("registry_invalid", "image")], id="a fault in each"
        ),
        pytest.param("https://", "acme", [("registry_without_host", "chart")], id="no host"),
        pytest.param("registry", "acme", [("registry_not_qualified", "image")], id="an unqualified host"),
        pytest.param(
            "registry_example.com", "acme", [("registry_underscore", "image")], id="an underscore in the host"
        ),
    ],
)
def test_target_problems_name_each_thing_once(registry, organization, problems):
    assert [(problem.code, problem.leg) for problem in epinio.target_problems(registry, organization)] == problems


def test_the_longest_names_of_namespace_and_application_fit():
    organization = "a" * (120 - len(HOST))
    assert epinio.target_problems(HOST, organization) == ()
    assert len(f"{HOST}/{organization}/{'n' * 63}-{'a' * 63}-image") == 255

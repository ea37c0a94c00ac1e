# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.epinio.registries.plugins.filter.from_docker_config import FilterModule
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.builders import auth

from_docker_config = FilterModule().filters()["from_docker_config"]
PASSWORD = "s3cret {{ 1 + 1 }}"
AUTH = auth("robot", PASSWORD)
CONFIG = {"auths": {"ghcr.io": {"auth": AUTH}, "https://index.docker.io/v1/": {"auth": AUTH}}}


def secret(config, *, key="data"):
    made = builders.secret("pull", {".dockerconfigjson": json.dumps(config).encode()})
    made["type"] = "kubernetes.io/dockerconfigjson"
    if key == "stringData":
        del made["data"]
        made["stringData"] = {".dockerconfigjson": json.dumps(config)}
    return made


def item(registry, name=None, organization="acme"):
    return {
        "name": name or registry,
        "registry": registry,
        "organization": organization,
        "registry_username": "robot",
        "registry_password": PASSWORD,
    }


BOTH = [item("ghcr.io"), item("docker.io")]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(json.dumps(CONFIG), id="text, as lookups give it"),
        pytest.param(CONFIG, id="data"),
        pytest.param(secret(CONFIG), id="a secret, as query gives it"),
        pytest.param(yaml.safe_dump(secret(CONFIG)), id="a secret in YAML"),
        pytest.param(json.dumps(secret(CONFIG)), id="a secret in JSON, as kubectl prints it"),
        pytest.param(yaml.safe_dump(secret(CONFIG, key="stringData")), id="a secret with stringData"),
        pytest.param({"changed": False, "resources": [secret(CONFIG)]}, id="the result of k8s_info"),
        pytest.param({"apiVersion": "v1", "kind": "List", "items": [secret(CONFIG)]}, id="a list of kubectl"),
        pytest.param(
            [secret({"auths": {host: login}}) for host, login in CONFIG["auths"].items()], id="a list of secrets"
        ),
        pytest.param("---\n" + yaml.safe_dump(secret(CONFIG)), id="YAML with the line before a document"),
    ],
)
def test_every_form_of_a_docker_config(value):
    found = from_docker_config(value, organizations="acme")
    assert found == BOTH
    assert parse_destinations(found, many=True).problems == []


def test_organizations_and_names_for_each_registry():
    found = from_docker_config(
        CONFIG, organizations={"ghcr.io": "a", "docker.io": "b"}, names={"https://index.docker.io/v1/": "hub"}
    )
    assert found == [item("ghcr.io", organization="a"), item("docker.io", "hub", "b")]


@pytest.mark.parametrize("only", [["docker.io"], ["index.docker.io/v1/"], "docker.io"], ids=str)
def test_only_some(only):
    broken = {"auths": {**CONFIG["auths"], "quay.io": {}}}
    assert from_docker_config(broken, organizations={"docker.io": "acme"}, only=only) == [item("docker.io")]


@pytest.mark.parametrize(
    ("key", "registry", "name"),
    [
        pytest.param("https://ghcr.io/v2/", "ghcr.io", "ghcr.io", id="the address of an API"),
        pytest.param("Registry.Example.com:5000/", "registry.example.com:5000", "registry.example.com-5000", id="port"),
        pytest.param("quay.io/team", "quay.io/team", "quay.io-team", id="a path"),
    ],
)
def test_hosts_come_out_canonical(key, registry, name):
    found = from_docker_config({"auths": {key: {"auth": AUTH}}}, organizations={key: "acme"})
    assert found == [item(registry, name)]


def test_the_same_login_twice_is_one():
    twice = {"auths": {"ghcr.io": {"auth": AUTH}, "https://ghcr.io": {"username": "robot", "password": PASSWORD}}}
    assert from_docker_config(twice, organizations="acme") == [item("ghcr.io")]


def refusal(value, **options):
    with pytest.raises(AnsibleFilterError) as raised:
        from_docker_config(value, **options)
    message = str(raised.value)
    assert "s3cret" not in message
    assert AUTH not in message
    return message


ANEW = (
    "Log in again with `podman login --authfile FILE HOST`, which writes nothing but the login into a new file; or "
    "write user name and password where they are wanted, by hand."
)


def test_all_problems_at_once():
    config = {
        "auths": {
            "ghcr.io": {"auth": AUTH},
            "https://ghcr.io": {"auth": auth("other", "s3cret")},
            "quay.io": {"identitytoken": "s3cret", "auth": AUTH},
            "registry.example.com": {"auth": AUTH, "username": "other"},
            "robot:s3cret@example.com": {"auth": AUTH},
            "[::1]": {"auth": AUTH},
            "docker.io": {"auth": AUTH},
            "gitlab.example.com": {"auth": auth("robot", "s3cret\t")},
        },
        "credHelpers": {"123.dkr.ecr.eu-central-1.amazonaws.com": "ecr-login"},
    }
    organizations = {"ghcr.io": "acme", "gitlab.example.com": "Acme", "[::1]": "acme"}
    only = [*config["auths"], *config["credHelpers"], "nowhere.io"]
    first, *lines = refusal(config, organizations=organizations, only=only).splitlines()
    assert first == "Nothing was taken over: 10 problems."
    wanted = [
        "- ghcr.io: Several entries are for this registry, and have different logins. Keep the right one, and",
        "- quay.io: It is an identitytoken, which the registry gave for a password and Epinio cannot log in with",
        f"- registry.example.com: The username and password of the entry say something else than its auth. {ANEW}",
        "- an entry with a login before its host, registry: It holds a user name or a password before an '@'. Wr",
        f"- 123.dkr.ecr.eu-central-1.amazonaws.com: A program (credHelpers) gives out the password. {ANEW}",
        "- only: There is no login for 'nowhere.io'. Correct it, or log in there; there is one for: '123.dkr.ecr",
        "- docker.io, organizations: No organization is given for it. Add it to organizations, as a key 'docker.",
        "- 1, registry: The registry '[::1]' has an IPv6 address for its host.",
        "- gitlab.example.com, organization: The organization 'Acme' has upper-case letters. Use 'acme'.",
        "- gitlab.example.com, registry_password: It begins or ends with a control character",
    ]
    assert [line[: len(begin)] for line, begin in zip(lines, wanted)] == wanted
    assert len(lines) == len(wanted)


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        pytest.param("config.json", {}, "It is not JSON, as a docker config is.", id="the name of a file"),
        pytest.param("a: [", {}, "It is not JSON, as a docker config is.", id="neither JSON nor YAML"),
        pytest.param({"auths": []}, {}, "It is JSON but not a docker config", id="no object"),
        pytest.param({"auths": {}}, {}, "Its auths has no entry, so nobody is logged in.", id="no login"),
        pytest.param([], {}, "Its auths has no entry", id="no secret"),
        pytest.param(5, {}, "It is JSON but not a docker config", id="a number"),
        pytest.param(
            builders.secret("opaque", {"tls.crt": b"x"}), {}, "Its auths has no entry", id="a secret of another kind"
        ),
        pytest.param(
            {**CONFIG, "credsStore": "desktop"},
            {"organizations": "acme"},
            "- ghcr.io: A credential store (credsStore) keeps the password, and an entry beside it may be an old one.",
            id="a credential store",
        ),
        pytest.param(
            CONFIG,
            {"organizations": {"ghcr.io": "acme"}},
            "- docker.io, organizations: No organization is given for it. Add it to organizations, as a key 'docker.io'"
            " with the organization behind it.",
            id="a registry without organization",
        ),
        pytest.param(CONFIG, {}, "- ghcr.io, organizations: No organization is given for it.", id="no organization"),
        pytest.param(
            CONFIG,
            {"organizations": ["acme"]},
            "- organizations: It is a list, where a mapping of keys and texts is wanted.",
            id="a list of organizations",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "acme", "names": "x"},
            "- names: It is text, where a mapping of keys and texts is wanted.",
            id="one name",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "acme", "only": {"ghcr.io": True}},
            "- only: It is a mapping, where a list of names is wanted. Give a list of texts.",
            id="a mapping of what is wanted",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "acme", "only": ["ghcr.oi"]},
            "- only: There is no login for 'ghcr.oi'. Correct it, or log in there; there is one for: 'docker.io', "
            "'ghcr.io'.",
            id="a host that is mistyped",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "acme", "only": ["robot:s3cret@ghcr.io"]},
            "- only: There is no login for (a value with an @).",
            id="a host with a login",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "Acme", "only": ["ghcr.io"]},
            "- ghcr.io, organization: The organization 'Acme' has upper-case letters. Use 'acme'.",
            id="an organization that Epinio refuses",
        ),
        pytest.param(
            CONFIG,
            {"organizations": "acme", "names": {"ghcr.io": "hub", "docker.io": "hub"}},
            "- hub, name: 'hub' is already at destinations[0]. Keep one of the two.",
            id="a name twice",
        ),
        pytest.param(
            CONFIG,
            {"organisations": "acme"},
            "- unknown option organisations. Did you mean organizations?",
            id="a mistyped option",
        ),
        pytest.param(
            CONFIG, {"organizations": "acme", "names": {"ghcr.io": 5}}, "name: It is a number", id="a number for a name"
        ),
    ],
)
def test_what_is_refused(value, options, said):
    assert said in refusal(value, **options)

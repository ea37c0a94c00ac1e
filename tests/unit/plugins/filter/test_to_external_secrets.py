# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of the manifests; External Secrets' own engine judges the templates in tests/acceptance."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible_collections.epinio.registries.plugins.filter.to_external_secrets import to_external_secrets
from ansible_collections.epinio.registries.tests.support import builders

CA = builders.authority("CA")


def item(name, **options):
    return {"name": name, "registry": "registry.example.com", "organization": "acme", **options}


def test_what_the_store_has_is_in_no_manifest():
    certificate, manifest = to_external_secrets([item("one", certificate=CA)], "vault", namespace="elsewhere")
    assert certificate["metadata"]["name"] == "one-certificate"
    assert certificate["kind"] == "Secret"
    spec = manifest["spec"]
    assert manifest["apiVersion"] == "external-secrets.io/v1"
    assert manifest["metadata"] == {"name": "one", "namespace": "elsewhere"}
    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}
    assert spec["data"] == [
        {"secretKey": wanted, "remoteRef": {"key": "registries/one", "property": wanted}}
        for wanted in ("username", "password")
    ]
    template = spec["target"]["template"]
    assert template["metadata"] == {
        "labels": {"epinio.io/api-export-registry": "true"},
        "annotations": {"epinio.io/registry-namespace": "acme"},
    }
    assert template["data"]["certs"] == "one-certificate"


def test_a_user_name_of_the_list_is_not_asked_of_the_store():
    [manifest] = to_external_secrets([item("one", registry_username='ro"bot')], "s", "SecretStore", "all/of/them")
    assert manifest["spec"]["data"] == [
        {"secretKey": "password", "remoteRef": {"key": "all/of/them", "property": "password"}}
    ]
    assert '"username" "ro\\"bot"' in manifest["spec"]["target"]["template"]["data"][".dockerconfigjson"]
    assert manifest["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": "s"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            [builders.item("one"), item("two", registry="http://a.b")],
            [
                "Nothing was rendered: 2 problems",
                "destinations[0] (one), registry_password: The secret store has the password",
                "destinations[1] (two), registry: 'http://a.b'",
            ],
            id="a password, and what else is wrong",
        ),
        pytest.param([item("one", registry_username="a:b")], ["registry_username: It holds a colon"], id="a user name"),
        pytest.param(
            [item("one", certificate_secret="ca")], ["does not bring the secret 'ca'"], id="what is elsewhere"
        ),
        pytest.param(
            [item("one", organization=None)], ["1 problem", "organization: It is missing"], id="what is missing"
        ),
    ],
)
def test_what_is_refused(given, said):
    with pytest.raises(AnsibleError) as raised:
        to_external_secrets(given, "vault")
    for words in said:
        assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({}, "- store: It is missing or empty. Set store.", id="no store"),
        pytest.param({"store": 5}, "- store: It is a number, not text", id="a number for the store"),
        pytest.param({"store": "vault\u200b"}, "- store: It ends with an invisible character", id="invisible"),
        pytest.param({"store": "The Vault"}, "- store: 'The Vault' has white space. Use 'the-vault'.", id="no name"),
        pytest.param(
            {"store": "vault", "key": "a\ufeff/{name}"},
            "- key: It holds an invisible character",
            id="a mark in the key",
        ),
        pytest.param(
            {"store": "vault", "keys": "a"}, "- unknown option keys. Did you mean key?", id="a mistyped option"
        ),
    ],
)
def test_which_options_are_refused(options, said):
    with pytest.raises(AnsibleError) as raised:
        to_external_secrets([item("one")], **options)
    assert f"Nothing was rendered: 1 problem.\n{said}" in str(raised.value)

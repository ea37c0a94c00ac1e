# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible.errors import AnsibleError
from ansible.parsing import vault
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import Templar
from ansible_collections.epinio.registries.plugins.filter.to_manifests import to_manifests
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders

CA = builders.authority("CA")


def names(manifests):
    return [one["metadata"]["name"] for one in manifests]


def test_it_is_what_epinio_reads_with_certificates_first():
    shared = {"certificate": CA, "certificate_secret": "company-ca"}
    listed = [
        builders.item("zeta", **shared),
        builders.item("beta", certificate=CA),
        builders.item("alpha", certificate_secret="company-ca", labels={"team": "a"}),
        builders.item("gone", state="absent"),
    ]
    made = to_manifests(listed, "elsewhere")
    assert names(made) == ["beta-certificate", "company-ca", "alpha", "beta", "zeta"]
    assert {one["metadata"]["namespace"] for one in made} == {"elsewhere"}
    assert to_manifests(listed[::-1], "elsewhere") == made
    secrets = {one["metadata"]["name"]: Secret.from_api(one) for one in made}
    for name in ("alpha", "beta", "zeta"):
        assert epinio.read(secrets[name], secrets.get).problems == ()
    assert builders.stored(made[2]) == ("registry.example.com", "robot", "s3cret")
    assert made[2] == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": "alpha",
            "namespace": "elsewhere",
            "labels": {
                "team": "a",
                "epinio.io/api-export-registry": "true",
                "epinio.registries/managed": "destination",
            },
            "annotations": {"epinio.io/registry-namespace": "acme"},
        },
        "data": made[2]["data"],
    }


def test_an_empty_list_has_no_manifest():
    assert to_manifests([]) == []


def test_defaults_and_words_are_those_of_ansible():
    [made] = to_manifests([{**builders.item("one"), "adopt": "yes", "labels": {"size": "1"}}])
    assert made["metadata"]["namespace"] == "epinio"


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        pytest.param(
            [builders.item("one", update_password="on_create")],
            {},
            ["destinations[0] (one), update_password: update_password: on_create keeps", "Use update_password: always"],
            id="a password that only the cluster knows",
        ),
        pytest.param(
            [builders.item("one", certificate_secret="company-ca")],
            {"allow_external": ["other"]},
            ["destinations[0] (one), certificate_secret: The list does not bring the secret 'company-ca'"],
            id="a certificate secret that is elsewhere",
        ),
        pytest.param(
            [builders.item("one", registry="https://a.b"), builders.item("two", update_password="on_create")],
            {"namespace": "Not one"},
            [
                "Nothing was rendered: 3 problems",
                "registry: 'https://a.b'",
                "(two)",
                "namespace: 'Not one' is not a name",
            ],
            id="all at once",
        ),
        pytest.param(
            [{**builders.item("one"), "registy": "a.b", "organization": None}],
            {},
            ["Nothing was rendered: 2 problems", "Did you mean registry?", "organization: It is missing"],
            id="a shape, and what else is wrong",
        ),
        pytest.param(
            [builders.item("one"), builders.item("two"), builders.item("one", state="absent")],
            {},
            ["1 problem", "destinations[2] (one), name: "],
            id="a name that stands twice",
        ),
        pytest.param(
            [],
            {"allow_externals": ["ca"]},
            ["unknown option allow_externals. Did you mean allow_external?"],
            id="a typo",
        ),
        pytest.param(
            [],
            {"allow_external": ["ca\u200b"]},
            ["allow_external: It ends with an invisible character"],
            id="invisible",
        ),
        pytest.param([], {"namespace": 10}, ["namespace: It is a number, not text"], id="a number for the namespace"),
        pytest.param("text", {}, ["It is text, where a list of destinations is wanted."], id="no list"),
        pytest.param(
            [],
            {"passwords": "no"},
            ["passwords: It does not take this value", "Use required or optional."],
            id="a choice",
        ),
        pytest.param(
            [builders.item("one", annotations={"a": "x" * 300_000})], {}, ["262144 are allowed"], id="too large a whole"
        ),
    ],
)
def test_what_is_refused(given, options, said):
    with pytest.raises(AnsibleError) as raised:
        to_manifests(given, **options)
    for words in said:
        assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_certificate_secret_of_others_is_allowed_by_name():
    [made] = to_manifests([builders.item("one", certificate_secret="company-ca")], allow_external=["company-ca"])
    assert base64.b64decode(made["data"]["certs"]) == b"company-ca"


# Vault


@pytest.fixture(params=[True, False], ids=["vault password", "no vault password"])
def known(request):
    return request.param


@pytest.fixture
def rendered(monkeypatch):
    """Render an expression over `destinations`: `one` with a vaulted password, and `two` with one that is plain."""

    def render(expression, *, known):
        secret = VaultSecret(b"made-up")
        vaulted = VaultLib([("default", secret)]).encrypt("va{{ulted", secret=secret).decode()
        shared = "  registry: registry.example.com\n  organization: acme\n  registry_username: robot\n"
        text = f"- name: one\n{shared}  registry_password: !vault |\n"
        text += "".join(f"    {line}\n" for line in vaulted.splitlines())
        text += f"- name: two\n{shared}  registry_password: plain\n"
        secrets = [("default", secret)] if known else []
        loader = DataLoader()
        loader.set_vault_secrets(secrets)
        context = getattr(vault, "VaultSecretsContext", None)
        if context is not None:  # since ansible-core 2.19, where templates have to be trusted, too
            from ansible.template import trust_as_template

            monkeypatch.setattr(context, "_current", context(secrets))
            expression = trust_as_template(expression)
        return Templar(loader, variables={"destinations": loader.load(text)}).template(expression)

    return render


def test_a_vaulted_password_is_decrypted(rendered):
    made = rendered("{{ destinations | epinio.registries.to_manifests }}", known=True)
    assert builders.stored(made[0])[2] == "va{{ulted"


def test_without_its_vault_password_it_is_a_problem(rendered):
    with pytest.raises(
        AnsibleError, match=r"1 problem.\n- destinations\[0\] \(one\), registry_password: It is encrypted"
    ):
        rendered("{{ destinations | epinio.registries.to_manifests }}", known=False)


def test_everything_else_is_checked_where_passwords_are_optional(rendered):
    made = rendered("{{ destinations | epinio.registries.to_manifests(passwords='optional') }}", known=False)
    assert names(made) == ["one", "two"]
    assert "data" not in made[0]
    assert builders.stored(made[1])[2] == "plain"


def test_what_is_wrong_is_found_where_passwords_are_optional(rendered):
    more = "[{'name': 'A', 'registry_password': 'b'}]"
    with pytest.raises(AnsibleError, match="4 problems"):
        rendered(
            f"{{{{ (destinations + {more}) | epinio.registries.to_manifests(passwords='optional') }}}}", known=False
        )


def test_optional_passwords_are_written_where_they_are_known(rendered):
    expression = "{{ destinations | epinio.registries.to_manifests%s }}"
    assert rendered(expression % "(passwords='optional')", known=True) == rendered(expression % "", known=True)


def test_a_vaulted_password_is_not_wanted_where_a_store_has_it(rendered, known):
    with pytest.raises(AnsibleError) as raised:
        rendered("{{ destinations | epinio.registries.to_external_secrets('vault') }}", known=known)
    assert str(raised.value).count("The secret store has the password") == 2
    assert "ulted" not in str(raised.value)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a secret must hold, and what is written where it holds something else."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import MANAGED_LABEL
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.namespace import Namespace, codes, wrote

CA = builders.authority("CA one")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"registry": "other.example.com"}, ("registry",), id="registry"),
        pytest.param({"organization": "team"}, ("organization",), id="organization"),
        pytest.param({"registry_username": "else"}, ("registry_username",), id="user name"),
        pytest.param({"registry_password": "else"}, ("registry_password",), id="password"),
        pytest.param({"certificate_secret": "company-ca"}, ("certificate_secret",), id="certificate secret"),
        pytest.param({"labels": {"tier": "one"}}, ("labels",), id="labels"),
        pytest.param({"annotations": {"note": "one"}}, ("annotations",), id="annotations"),
        pytest.param({"adopt": True}, (), id="what changes nothing"),
    ],
)
def test_changes_only_what_differs(change, fields):
    namespace = Namespace(builders.certificate_secret("company-ca", CA))
    namespace.run(namespace.plan([builders.item("acme")]))
    plan = namespace.plan([builders.item("acme", **change)])
    assert wrote(plan) == ([("replace", "acme", fields)] if fields else [])
    namespace.run(plan)
    assert wrote(namespace.plan([builders.item("acme", **change)])) == []


@pytest.mark.parametrize("style", ["complete", "pretty", "dockerconfigjson type"])
def test_a_destination_written_by_hand_is_equal(style):
    namespace = Namespace(builders.destination_secret("acme", style=style))
    assert wrote(namespace.plan([builders.item("acme")])) == []


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(
            {"auths": {"registry.example.com": {"auth": "cm9ib3Q6czNjcmV0"}}}, id="no user name and no password"
        ),
        pytest.param(
            {
                "auths": {
                    "registry.example.com": {"auth": "cm9ib3Q6czNjcmV0", "Username": "robot", "password": "s3cret"}
                }
            },
            id="a key in another case",
        ),
        pytest.param(
            {
                "auths": {
                    "registry.example.com": {
                        "auth": "cm9ib3Q6czNjcmV0",
                        "username": "robot",
                        "password": "s3cret",
                        "identitytoken": "",
                    }
                }
            },
            id="an empty identity token",
        ),
    ],
)
def test_what_one_leg_would_read_otherwise_is_written_anew(config):
    namespace = Namespace(builders.destination_secret("acme", config=config))
    plan = namespace.plan([builders.item("acme")])
    assert wrote(plan) == [("replace", "acme", ("docker_config", "managed"))]
    namespace.run(plan)
    assert wrote(namespace.plan([builders.item("acme")])) == []


def test_foreign_metadata_survives_and_stale_keys_go():
    by_hand = builders.destination_secret(
        "acme", labels={"team": "x"}, annotations={"note": "y"}, data={"stale": "eA=="}
    )
    namespace = Namespace(by_hand)
    plan = namespace.plan([builders.item("acme", labels={"tier": "one"})])
    assert wrote(plan) == [("replace", "acme", ("data_keys", "labels", "managed"))]
    namespace.run(plan)
    stored = namespace.secrets["acme"]
    assert stored["metadata"]["labels"]["team"] == "x"
    assert stored["metadata"]["labels"]["tier"] == "one"
    assert stored["metadata"]["annotations"]["note"] == "y"
    assert set(stored["data"]) == {".dockerconfigjson"}
    namespace.run(namespace.plan([builders.item("acme")]))
    assert namespace.secrets["acme"]["metadata"]["labels"]["tier"] == "one"


def test_adopt_marks_at_once():
    namespace = Namespace(builders.destination_secret("acme"))
    assert wrote(namespace.plan([builders.item("acme", adopt=True)])) == [("replace", "acme", ("managed",))]


def test_what_changes_labels_alone_leaves_the_bytes_as_they_are():
    written = builders.destination_secret("acme", style="pretty")
    written["immutable"] = True
    data = dict(written["data"])
    namespace = Namespace(written)
    namespace.run(namespace.plan([builders.item("acme", adopt=True, organization="team", labels={"a": "b"})]))
    assert namespace.secrets["acme"]["data"] == data
    assert namespace.secrets["acme"]["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize("value", [pytest.param(None, id="no label"), "false", pytest.param("True", id="another case")])
def test_a_managed_destination_gets_epinios_label_back(value):
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme")]))
    labels = namespace.secrets["acme"]["metadata"]["labels"]
    del labels[_epinio.API_EXPORT_LABEL]
    if value is not None:
        labels[_epinio.API_EXPORT_LABEL] = value
    assert wrote(namespace.plan([builders.item("acme")])) == [("replace", "acme", ("export_label",))]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(builders.docker_config("registry.example.com", "robot", "stored"), id="a complete docker config"),
        pytest.param({"auths": {"registry.example.com": {"auth": builders.auth("robot", "stored")}}}, id="auth alone"),
    ],
)
def test_on_create_keeps_the_stored_password(config):
    namespace = Namespace(builders.destination_secret("acme", config=config))
    items = [builders.item("acme", update_password="on_create", organization="team")]
    namespace.run(namespace.plan(items))
    assert builders.stored(namespace.secrets["acme"]) == ("registry.example.com", "robot", "stored")
    assert wrote(namespace.plan(items)) == []


def test_on_create_writes_the_password_of_a_new_destination():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", update_password="on_create")]))
    assert builders.stored(namespace.secrets["acme"]) == ("registry.example.com", "robot", "s3cret")


@pytest.mark.parametrize(
    ("change", "code", "option"),
    [
        pytest.param({"registry": "other.example.com"}, "password_for_another", "registry", id="another registry"),
        pytest.param(
            {"registry_username": "else"}, "password_for_another", "registry_username", id="another user name"
        ),
    ],
)
def test_on_create_does_not_send_the_stored_password_elsewhere(change, code, option):
    namespace = Namespace(builders.destination_secret("acme"))
    plan = namespace.plan([builders.item("acme", update_password="on_create", **change)])
    assert codes(plan) == [(code, 0, "acme", option)]
    assert "update_password: always" in plan.problems[0].remedy


def test_on_create_does_not_guess_which_password_is_stored():
    config = builders.docker_config("registry.example.com", "robot", "one")
    config["auths"]["registry.example.com"]["auth"] = builders.auth("robot", "two")
    plan = Namespace(builders.destination_secret("acme", config=config)).plan(
        [builders.item("acme", update_password="on_create")]
    )
    assert codes(plan) == [("password_unclear", 0, "acme", "update_password")]
    assert {"one", "two"}.isdisjoint(plan.problems[0].message.split())


def test_owner_references_stay():
    namespace = Namespace(builders.destination_secret("acme"))
    namespace.secrets["acme"]["metadata"]["ownerReferences"] = [{"kind": "ConfigMap", "name": "x", "uid": "y"}]
    namespace.run(namespace.plan([builders.item("acme", organization="team")]))
    assert namespace.secrets["acme"]["metadata"]["ownerReferences"]


def test_a_secret_above_the_limit_is_refused_before_anything_is_written():
    plan = Namespace().plan([builders.item("acme", registry_password="x" * 600_000)])
    assert codes(plan) == [("secret_too_large", 0, "acme", "registry_password")]


def test_ownership_label_is_a_valid_label_key():
    prefix, name = MANAGED_LABEL.split("/")
    assert (prefix, name) == ("epinio.registries", "managed")

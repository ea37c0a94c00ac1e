# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS, redacted

ROOT = Path(__file__).parents[4]
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
LIST = OPTIONS["export_registries"].argument_spec


def fragment(name):
    module = importlib.import_module("ansible_collections.epinio.registries.plugins.doc_fragments._options")
    return yaml.safe_load(getattr(module.ModuleDocFragment, name))["options"]


def documented():
    module = importlib.import_module("ansible_collections.epinio.registries.plugins.modules.export_registries")
    return yaml.safe_load(module.DOCUMENTATION)["options"]["destinations"]["suboptions"]


def words(description):
    """Return descriptions as plain words: a role cannot refer to options as a module does."""
    text = re.sub(r"[OVC]\((?:destinations\[\]\.)?([^)]*(?:\([^)]*\))?[^)]*)\)", r"\1", " ".join(description))
    return text.replace("state is present", "state=present")


def test_the_list_documents_what_the_single_module_documents():
    single = {**fragment("DESTINATION"), **fragment("METADATA")}
    several = documented()
    assert list(several) == list(single)
    for name, option in single.items():
        assert words(several[name].pop("description")) == words(option.pop("description")), name
        assert several[name] == option, name


def test_the_role_documents_what_the_module_documents():
    specs = yaml.safe_load((ROOT / "roles/export_registries/meta/argument_specs.yml").read_text())
    role = specs["argument_specs"]["main"]["options"]["export_registries_destinations"]["options"]
    module = documented()
    assert list(role) == list(module)
    for name, option in module.items():
        assert role[name].pop("no_log", False) is (name == "registry_password")
        assert words(role[name].pop("description")) == words(option.pop("description")), name
        assert role[name] == option, name


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_option_that_sounds_secret_has_a_decision(name):
    def walk(spec):
        for key, option in spec.items():
            yield key, option
            yield from walk(option.get("options", {}))

    for key, option in walk(OPTIONS[name].argument_spec):
        if re.search("password|token|secret|certificate$|key$", key) and key not in ("client_key", "password"):
            assert "no_log" in option, key


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"registry_password": "s3cret"}, {"registry_password": HIDDEN}),
        ({"registry_password": None}, {"registry_password": None}),
        ({"certificate": "-----BEGIN CERTIFICATE-----"}, {"certificate": "-----BEGIN CERTIFICATE-----"}),
        ({"certificate": "-----BEGIN PRIVATE KEY-----"}, {"certificate": HIDDEN}),
        ({"certificate": "s3cret"}, {"certificate": HIDDEN}),
        ({"registry_password": "s3cret", "registry": "a:s3cret@b"}, {"registry_password": HIDDEN, "registry": HIDDEN}),
        ({"registry_password": "s3cret", "labels": {"a": "s3cret"}}, {"registry_password": HIDDEN, "labels": HIDDEN}),
        (
            {"registry_password": {"a": ["s3cret"]}, "registry": "a:s3cret@b"},
            {"registry_password": HIDDEN, "registry": HIDDEN},
        ),
        ({"registry_password": ["s3cret"], "labels": {"a": "b"}}, {"registry_password": HIDDEN, "labels": {"a": "b"}}),
    ],
)
def test_what_an_invocation_shows_of_a_destination(given, shown):
    assert redacted({"destinations": [given]}, LIST) == {"destinations": [shown]}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"api_key": "s3cret"}, {"api_key": HIDDEN}),
        ({"kubeconfig": "~/.kube/config"}, {"kubeconfig": "~/.kube/config"}),
        ({"kubeconfig": {"users": []}}, {"kubeconfig": HIDDEN}),
        ({"kubeconfig": "a: b\nc: d"}, {"kubeconfig": HIDDEN}),
        ({"kubeconfig": '{"users": []}'}, {"kubeconfig": HIDDEN}),
        ({"proxy": "http://a:b/@c:1"}, {"proxy": f"http://{HIDDEN}@c:1"}),
        ({"host": "https://a:b@c//d@e:1/f"}, {"host": f"https://{HIDDEN}@e:1/f"}),
        ({"host": "https://a:1"}, {"host": "https://a:1"}),
        ({"proxy": "a:b@c:1"}, {"proxy": f"{HIDDEN}@c:1"}),
        ({"proxy": "a:b//c@d:1"}, {"proxy": f"{HIDDEN}@d:1"}),
        ({"host": "a:1"}, {"host": "a:1"}),
        (
            {"proxy_headers": {"basic_auth": "a:b", "user_agent": "c"}},
            {"proxy_headers": {"basic_auth": HIDDEN, "user_agent": "c"}},
        ),
        ({"namespace": "epinio", "prune": False}, {"namespace": "epinio", "prune": False}),
    ],
)
def test_what_an_invocation_shows_of_a_connection(given, shown):
    assert redacted(given, LIST) == shown

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.common.text.converters import to_text
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible_collections.epinio.registries.tests.support.builders import auth

NAME = "epinio.registries.docker_credentials"
#: What a template, or what reads an output as YAML or JSON, would make something else of.
PASSWORDS = [
    pytest.param("{{ 1 + 1 }}", id="an expression of a template"),
    pytest.param('"', id="a quote"),
    pytest.param("{'a': 1}", id="a dict"),
    pytest.param("[1]", id="a list"),
    pytest.param("{% if %}", id="a statement of a template"),
    pytest.param("0123", id="digits"),
    pytest.param("true", id="a word for true"),
    pytest.param("{{ lookup('pipe', 'id') }}", id="a lookup"),
    pytest.param("#}", id="the end of a comment"),
]


@pytest.fixture
def look_up(tmp_path, monkeypatch):
    """Look terms up in an empty home."""
    for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def run(*terms, loader=None, **options):
        return lookup_loader.get(NAME, loader=loader or DataLoader()).run(list(terms), variables={}, **options)

    return run


def write(path, password="s3cret"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": {"ghcr.io": {"auth": auth("robot", password)}}}))
    return str(path)


@pytest.mark.parametrize("named", ["option", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "home"])
def test_it_is_found(look_up, tmp_path, monkeypatch, named):
    path = tmp_path / ("home/.docker" if named == "home" else "given") / "config.json"
    write(path)
    options = {"config_file": str(path)} if named == "option" else {}
    if named.isupper():
        monkeypatch.setenv(named, str(path.parent if named == "DOCKER_CONFIG" else path))
    assert look_up("ghcr.io", **options) == [{"username": "robot", "password": "s3cret"}]


def test_a_relative_path_is_relative_to_where_ansible_was_started(look_up, tmp_path, monkeypatch):
    write(tmp_path / "auth.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "auth.json")
    loader = DataLoader()
    loader.set_basedir("/elsewhere")
    assert look_up("ghcr.io", loader=loader) == [{"username": "robot", "password": "s3cret"}]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_never_a_template(look_up, tmp_path, monkeypatch, password):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", write(tmp_path / "auth.json", password))
    [found] = look_up("ghcr.io")
    # A variable that holds it is templated again by whoever uses that variable.
    templar = Templar(loader=DataLoader(), variables={"given": found["password"], "pair": found})
    assert templar.template(found["password"]) == password
    for text in ("given", "pair.password"):
        assert str(templar.template(trusted(f"x{{{{ {text} }}}}"))) == f"x{password}"


def trusted(text):
    """Return a text that stands in a playbook."""
    try:
        from ansible.template import trust_as_template
    except ImportError:  # before ansible-core 2.19 all are
        return text
    return trust_as_template(text)


def test_all_problems_come_at_once(look_up, tmp_path):
    with pytest.raises(AnsibleError) as refusal:
        look_up("a.io", "https://b.io", config_file=write(tmp_path / "auth.json"))
    lines = str(refusal.value).splitlines()
    assert [bool(re.search(what, line)) for what, line in zip(("for a.io", "Use b.io"), lines)] == [True, True]


def test_missing_may_be_empty(look_up):
    assert look_up("ghcr.io", missing="empty") == [{"username": "", "password": ""}]


def test_a_file_that_cannot_be_read(look_up, tmp_path):
    with pytest.raises(AnsibleError, match=r"cannot be read: Is a directory\. Let"):
        look_up("ghcr.io", config_file=str(tmp_path))


def test_a_vaulted_file(look_up, tmp_path):
    path = tmp_path / "auth.json"
    write(path)
    secrets = [("default", VaultSecret(b"made-up"))]
    path.write_bytes(VaultLib(secrets).encrypt(path.read_bytes()))
    loader = DataLoader()
    loader.set_vault_secrets(secrets)
    [found] = look_up("ghcr.io", config_file=str(path), loader=loader)
    assert to_text(found["password"]) == "s3cret"
    with pytest.raises(AnsibleError, match="vault"):
        look_up("ghcr.io", config_file=str(path))

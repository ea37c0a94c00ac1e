# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS

ROOT = Path(__file__).parents[4]
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

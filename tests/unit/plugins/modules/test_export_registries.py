# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.tests.support import builders


def test_check_do_check_again_do_again(run, api):
    given = {"destinations": [builders.item("acme", certificate=builders.authority("CA one")), builders.item("beta")]}
    for check_mode, changed in [(True, True), (False, True), (True, False), (False, False)]:
        result = run(**given, _ansible_check_mode=check_mode, _ansible_diff=True)
        assert (result["changed"], result.get("failed", False)) == (changed, False)
        assert "s3cret" not in json.dumps(result)
        assert result["invocation"]["module_args"]["destinations"][0]["name"] == "acme"
        assert set(result["diff"]) == {"before", "after"}
    assert sorted(api.secrets) == ["acme", "acme-certificate", "beta"]


def test_prune(run, api):
    run(destinations=[builders.item("acme"), builders.item("beta")])
    assert run(destinations=[builders.item("acme")], prune=True)["counts"]["removed"] == 1
    refused = run(destinations=[], prune=True)
    assert refused["problems"][0]["code"] == "prune_everything"
    assert run(destinations=[], prune=True, prune_all=True)["counts"]["removed"] == 1
    assert api.secrets == {}


def test_all_problems_at_once(run, api):
    result = run(destinations=[builders.item("Acme"), builders.item("beta", registry_password=1234)])
    assert result["failed"] is True
    assert [(problem["index"], problem["option"]) for problem in result["problems"]] == [
        (0, "name"),
        (1, "registry_password"),
    ]
    assert "1234" not in json.dumps(result)
    assert api.requests == []


def test_warnings(run, monkeypatch):
    said = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, warning: said.append(warning))
    expired = builders.authority("old", days=-1, since=10)
    run(destinations=[builders.item("acme", certificate=expired)])
    run(destinations=[builders.item("Acme", certificate=expired)])
    assert [warning.partition(": ")[0] for warning in said] == [
        "destinations[0] (acme), certificate",
        "destinations[0] (Acme), certificate",
    ]


def test_a_missing_library(run, monkeypatch):
    monkeypatch.setattr(libraries, "IMPORT_ERROR", "Traceback")
    result = run(destinations=[])
    assert result["msg"] == (
        f"The Python library kubernetes is missing, or too old, for {sys.executable}. "
        "Install it there: python -m pip install 'kubernetes>=24.2.0'"
    )

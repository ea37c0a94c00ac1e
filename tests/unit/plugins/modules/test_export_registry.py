# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.epinio.registries.tests.support import builders


def test_present_and_absent(run, api):
    given = builders.item("acme", certificate=builders.authority("CA one"))
    for state, changed in [("present", True), ("present", False), ("absent", True), ("absent", False)]:
        assert run(**{**given, "state": state})["changed"] is changed
    assert api.secrets == {}


def test_problems_have_no_index(run):
    result = run(name="acme")
    assert [(problem["index"], problem["name"], problem["option"]) for problem in result["problems"]] == [
        (None, "acme", option) for option in ("registry", "organization", "registry_username", "registry_password")
    ]

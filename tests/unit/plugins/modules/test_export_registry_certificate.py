# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.epinio.registries.tests.support import builders


def test_present_and_absent(run, api):
    given = {"name": "company-ca", "certificate": builders.authority("CA one")}
    for state, changed in [("present", True), ("present", False), ("absent", True), ("absent", False)]:
        result = run(**given, state=state)
        assert result["changed"] is changed
        assert [entry["name"] for entry in result["certificates"]] == ["company-ca"]
    assert api.secrets == {}


def test_a_private_key_is_refused_and_not_shown(run, api):
    result = run(name="company-ca", certificate=builders.PRIVATE_KEY.decode())
    assert "certificate_private_key" in [problem["code"] for problem in result["problems"]]
    assert result["invocation"]["module_args"]["certificate"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert api.requests == []

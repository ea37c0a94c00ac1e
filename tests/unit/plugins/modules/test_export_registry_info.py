# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.epinio.registries.tests.support import builders


def test_all_or_those_named(run, api):
    for name in ("acme", "beta"):
        api.store(builders.destination_secret(name))
    assert [one["name"] for one in run()["destinations"]] == ["acme", "beta"]
    result = run(names=["beta"])
    assert [one["name"] for one in result["destinations"]] == ["beta"]
    assert result["changed"] is False
    assert "s3cret" not in json.dumps(result)
    assert builders.auth("robot", "s3cret") not in json.dumps(result)
    assert api.writes() == []

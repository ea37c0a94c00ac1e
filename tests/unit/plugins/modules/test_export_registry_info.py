# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
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


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({".dockerconfigjson": None}, id="nothing for the docker config"),
        pytest.param({".dockerconfigjson": "not base64!"}, id="a text that is no base64"),
    ],
)
def test_data_that_holds_no_text_is_empty(run, api, data):
    api.store(builders.destination_secret("acme", data=data))
    [found] = run()["destinations"]
    assert found["usable"] is (data.keys() == {"certs"})
    assert found["listed"] is (data.keys() == {"certs"})


def test_a_certificate_without_a_value_is_unusable(run, api):
    certs = base64.b64encode(b"company-ca").decode()
    api.store(builders.destination_secret("acme", data={"certs": certs}))
    api.store(builders.certificate_secret("company-ca", ""))
    api.secrets["company-ca"]["data"] = {"tls.crt": None}
    [found] = run()["destinations"]
    assert {problem["code"] for problem in found["problems"]} == {"certificate_unusable"}

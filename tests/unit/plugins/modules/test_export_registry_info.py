# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import hmac
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


@pytest.mark.parametrize(
    ("registry", "organization", "shown"),
    [
        pytest.param("https://robot:s3cret@a.io/x", "acme", ("https://********@a.io/x", "acme"), id="registry"),
        pytest.param("robot:s3cret@a.io", "acme", ("********@a.io", "acme"), id="registry without a scheme"),
        pytest.param("a.io", "robot:s3cret@acme", ("a.io", "********@acme"), id="organization"),
        pytest.param("s3cret@a.io@b.io", "acme", ("********@b.io", "acme"), id="twice"),
    ],
)
def test_a_login_in_a_place_that_is_none_is_not_shown(run, api, registry, organization, shown):
    annotations = {"epinio.io/registry-namespace": organization}
    secret = builders.destination_secret("acme", config=config("robot", "other", registry), annotations=annotations)
    api.store(secret)
    result = run()
    [found] = result["destinations"]
    assert (found["registry"], found["organization"]) == shown
    assert "s3cret" not in json.dumps(result)


KEY = "k" * 64


def credentials(result):
    """Return what stands for the credentials of each destination."""
    return {one["name"]: one["credential"] for one in result["destinations"]}


def config(username, password, registry="registry.example.com"):
    return builders.docker_config(registry, username, password)


def test_the_same_user_name_and_password_show_under_a_key_only(run, api):
    api.store(builders.destination_secret("one", config=config("robot", "s3cret-one")))
    api.store(builders.destination_secret("same", config=config("robot", "s3cret-one", "other.example.com")))
    api.store(builders.destination_secret("user", config=config("robots", "3cret-one")))
    api.store(builders.destination_secret("password", config=config("robot", "s3cret-two")))
    api.store(builders.destination_secret("none", data={".dockerconfigjson": None}))
    assert all("credential" not in one for one in run()["destinations"])
    found = credentials(run(credential_key=KEY))
    assert found["one"] == found["same"]
    assert found["none"] is None
    assert len(set(found.values())) == 4
    lengths = [len(part).to_bytes(8, "big") + part for part in (b"robot", b"s3cret-one")]
    assert found["one"] == hmac.new(KEY.encode(), b"".join(lengths), hashlib.sha256).hexdigest()
    assert not set(found.values()) & set(credentials(run(credential_key="q" * 64)).values()) - {None}


def test_no_key_that_could_be_guessed(run, api):
    result = run(credential_key="short-key")
    assert result["failed"]
    assert [one["code"] for one in result["problems"]] == ["credential_key_short"]
    assert "short-key" not in json.dumps(result)
    assert api.requests == []


def test_the_key_is_in_no_result(run, api):
    api.store(builders.destination_secret("acme"))
    assert KEY not in json.dumps(run(credential_key=KEY))


def test_who_else_writes_it(run, api):
    api.store(builders.destination_secret("acme", annotations={"meta.helm.sh/release-name": "exports"}))
    api.store(builders.destination_secret("hand"))
    found = {one["name"]: one["written_by"] for one in run()["destinations"]}
    assert found == {"acme": "Helm (annotation meta.helm.sh/release-name: exports)", "hand": None}


def test_a_mark_that_holds_the_password_is_hidden(run, api):
    api.store(builders.destination_secret("acme", annotations={"meta.helm.sh/release-name": "s3cret"}))
    assert "s3cret" not in json.dumps(run())

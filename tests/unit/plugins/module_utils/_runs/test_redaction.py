# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret of the options, of the connection or of the cluster is in what a run says."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.module_utils._runs.redaction import secrets_of
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once
from ansible_collections.epinio.registries.tests.support.runs import run_list


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(builders.item("acme", registry="https://robot:s3cret@registry.example.com"), id="in the registry"),
        pytest.param(builders.item("s3cret!", registry_password="s3cret!"), id="as the name"),
        pytest.param(builders.item("acme", registry_password="s3cret\ud800"), id="before what is no UTF-8"),
        pytest.param(
            builders.item("acme", registry_password="'\"s3cret\\'/", certificate_secret="'\"s3cret\\'/"),
            id="as the certificate secret, with quotes",
        ),
        pytest.param(builders.item("'\"s3cret\\'/", registry_password="'\"s3cret\\'/"), id="as the name, with quotes"),
    ],
)
def test_a_secret_that_stands_in_an_option_is_masked(api, item):
    with pytest.raises(Failure) as failed:
        run_list(api, item)
    assert "s3cret" not in str(failed.value) + json.dumps(failed.value.result)


def test_a_secret_within_a_password_that_is_no_text_is_masked(api):
    item = builders.item("acme", registry="https://robot:s3cret@example.com", registry_password={"value": ["s3cret"]})
    with pytest.raises(Failure) as failed:
        run_list(api, item)
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["registry_not_canonical", "not_text"]
    assert "s3cret" not in str(failed.value) + json.dumps(failed.value.result)


def test_a_secret_of_the_kubeconfig_is_masked(api):
    config = {
        "clusters": [{"name": "one", "cluster": {"server": api.url}}],
        "users": [{"name": "one", "user": {"token": "t0k3n-of-config"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    api.faults.append(once("GET", (403, {}, {"message": "no to t0k3n-of-config"}), times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"), host=None, api_key=None, kubeconfig=config)
    assert str(failed.value).startswith("A permission is missing: no to ********.")


def quoting(api, method, name, form):
    """Let an admission webhook refuse a write and quote what stands there."""

    def fault(asked, path):
        if asked == method and path.endswith(f"/{name}"):
            return 403, {}, {"message": f"admission webhook denied the request: {form(api.secrets[name])}"}
        return None

    api.faults.append(fault)


FORMS = {
    "object": json.dumps,
    "config": lambda raw: base64.b64decode(raw["data"][".dockerconfigjson"]).decode(),
    "auth": lambda raw: builders.auth(*builders.stored(raw)[1:]),
    "pair": lambda raw: ":".join(builders.stored(raw)[1:]),
    "password": lambda raw: builders.stored(raw)[2],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("PUT", {"registry_password": "n3w"}),
        ("PUT", {"registry_password": "n3w", "update_password": "on_create", "organization": "x"}),
        ("DELETE", {"state": "absent"}),
    ],
    ids=["change", "keep", "remove"],
)
def test_a_stored_password_that_the_api_server_quotes_is_masked(api, method, change, form):
    old = "first-s3cret"
    run_list(api, builders.item("acme", registry_password=old))
    quoting(api, method, "acme", form)
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", **change))
    text = str(failed.value)
    assert text.startswith("The API server refused the request: admission webhook denied the request: ")
    assert "********" in text
    assert old not in text
    assert builders.auth("robot", old)[:20] not in text
    assert api.secrets["acme"]["data"][".dockerconfigjson"][:40] not in text


@pytest.mark.parametrize(
    ("host", "said"),
    [
        pytest.param(
            "http://robot:s3cret@127.0.0.1:1",
            "The API server at http://********@127.0.0.1:1 cannot be reached: ",
            id="nobody listens",
        ),
        pytest.param(
            "http://robot:s3cret@127.0.0.1:99999",
            "host is http://********@127.0.0.1:99999, which is not an address.",
            id="no port",
        ),
        pytest.param(
            "robot:s3cret@a:1", "The API server at https://********@a:1 cannot be reached: ", id="without a scheme"
        ),
    ],
)
def test_a_password_in_the_address_is_masked(host, said):
    given = {"host": host, "api_key": "t0ken", "namespace": "epinio", "timeout": 5.0}
    with pytest.raises(Failure) as failed:
        engine.run("export_registry_info", given)
    assert str(failed.value).startswith(said)
    assert "s3cret" not in str(failed.value)


def test_a_key_that_ansible_made_a_mapping_of_is_masked_as_it_is_sent():
    key = {"type": "service_account", "private_key": "made up\n", "client_email": "a@b", "project_id": "acme"}
    item = builders.item("acme", registry_username="_json_key", registry_password=key)
    assert {*secrets_of({"destinations": [item]})} == {json.dumps(key), builders.auth("_json_key", json.dumps(key))}

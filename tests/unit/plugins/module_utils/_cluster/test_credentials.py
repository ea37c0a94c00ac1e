# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.tests.support.api_server import once

VERSION = "client.authentication.k8s.io/v1"
CREDENTIAL = {"kind": "ExecCredential", "apiVersion": VERSION, "status": {"token": "pr1nted-token"}}


def given(url, user, **more):
    config = {
        "clusters": [{"name": "one", "cluster": {"server": url}}],
        "users": [{"name": "one", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    return {"kubeconfig": config, "namespace": "epinio", "timeout": 5.0, **more}


def plugin(script, **more):
    return {"exec": {"apiVersion": VERSION, "command": "sh", "args": ["-c", script], **more}}


def printing(credential):
    return plugin(f"echo '{json.dumps(credential)}'")


def message(user, **more):
    with pytest.raises(_cluster.ClusterError) as failed, _cluster.connect(given("http://127.0.0.1:1", user, **more)):
        pass
    return str(failed.value)


def test_what_a_plugin_prints_is_used(api):
    with _cluster.connect(given(api.url, printing(CREDENTIAL))) as cluster:
        cluster.list(None)
    assert api.headers[0]["authorization"] == "Bearer pr1nted-token"


def test_a_token_that_expires_is_printed_anew(api, tmp_path):
    count = tmp_path / "count"
    status = {"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"}
    user = plugin(f"echo x >> {count}; echo '{json.dumps({**CREDENTIAL, 'status': status})}'")
    with _cluster.connect(given(api.url, user)) as cluster:
        cluster.list(None)
        cluster.list(None)
    assert count.read_text().count("x") == 3


@pytest.mark.parametrize(
    ("user", "said"),
    [
        pytest.param(
            plugin("echo first >&2; echo the SSO session has expired >&2; exit 255"),
            "The credential plugin sh of the kubeconfig failed with status 255. Its last line: the SSO session has "
            "expired. Run it by hand, or log in again with its own command.",
            id="it fails",
        ),
        pytest.param(
            {"exec": {"apiVersion": VERSION, "command": "no-such-plugin", "installHint": "Install it\nso."}},
            "The credential plugin no-such-plugin of the kubeconfig cannot be started: No such file or directory. "
            "Install it where Ansible runs, and into its PATH. Install it so.",
            id="it is missing",
        ),
        pytest.param(plugin("true"), "printed nothing, where an ExecCredential is wanted.", id="it prints nothing"),
        pytest.param(plugin("echo hello"), "printed no JSON, where", id="it prints something else"),
        pytest.param(printing({"kind": "Config"}), "printed no ExecCredential, where", id="it prints other JSON"),
        pytest.param(
            printing({**CREDENTIAL, "status": {}}),
            "printed neither a token nor a client certificate with its key, where",
            id="it prints no credentials",
        ),
        pytest.param(
            printing({**CREDENTIAL, "apiVersion": "client.authentication.k8s.io/v1beta1"}),
            "speaks client.authentication.k8s.io/v1beta1, where the kubeconfig says client.authentication.k8s.io/v1.",
            id="it speaks another version",
        ),
        pytest.param(plugin("head -c 2000000 /dev/zero"), "printed more than 1 MiB, where", id="it prints too much"),
    ],
)
def test_a_plugin_that_is_of_no_use_is_named(user, said):
    assert said in message(user)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 20", id="it waits"),
        pytest.param("yes >/dev/null", id="it works"),
        pytest.param("sleep 20 & echo {}", id="what it started holds on to its output"),
        pytest.param("exec >&- 2>&-; sleep 20", id="it waits and says nothing any more"),
    ],
)
def test_a_plugin_without_an_end_is_left_when_the_time_is_over(script):
    began = time.monotonic()
    said = message(plugin(script), timeout=0.5)
    assert said.startswith("The credential plugin sh of the kubeconfig did not end within 0.5 seconds.")
    assert time.monotonic() - began < 3


def test_what_a_plugin_says_is_masked():
    user = plugin("echo key $SECRET_KEY of $1 >&2; exit 1", env=[{"name": "SECRET_KEY", "value": "s3cret-of-env"}])
    user["exec"]["args"] += ["sh", "--client-secret=s3cret-of-args"]
    said = message(user)
    assert "Its last line: key ******** of --client-secret=********" in said


TOKEN = "C4naryClusterToken"


@pytest.mark.parametrize(
    ("user", "environment"),
    [
        pytest.param({"token": TOKEN}, {}, id="token"),
        pytest.param({"username": "jane", "password": TOKEN}, {}, id="user name and password"),
        pytest.param({"tokenFile": "TOKEN_FILE"}, {}, id="token file"),
        pytest.param(printing({**CREDENTIAL, "status": {"token": TOKEN}}), {}, id="plugin"),
        pytest.param(None, {"K8S_AUTH_API_KEY": TOKEN}, id="variable"),
        pytest.param(None, {"K8S_AUTH_USERNAME": "jane", "K8S_AUTH_PASSWORD": TOKEN}, id="variables"),
    ],
)
def test_credentials_that_no_option_holds_are_masked(api, monkeypatch, tmp_path, user, environment):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    if user and "tokenFile" in user:
        user = {"tokenFile": str(tmp_path / "token")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = given(api.url, user, **({} if user else {"kubeconfig": None, "host": api.url}))
    with _cluster.connect(options) as cluster:
        cluster.list(None)
        sent = api.headers[0]["authorization"].partition(" ")[2]
        api.faults.append(once("GET", (401, {}, {"message": f"who is {sent}, or {TOKEN}?"}), times=9))
        with pytest.raises(_cluster.ClusterError) as failed:
            cluster.list(None)
    assert "who is ********, or ********?" in str(failed.value)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        pytest.param(401, "Unauthorized", id="401"),
        pytest.param(403, 'secrets is forbidden: User "system:anonymous" cannot list resource', id="403"),
    ],
)
def test_a_request_without_credentials_is_named_as_that(api, status, text):
    api.faults.append(once("GET", (status, {}, {"message": text}), times=9))
    with _cluster.connect(given(api.url, {})) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.observe()
    assert str(failed.value) == (
        f"The request went to the API server at {api.url} without any credentials, as system:anonymous: {text}. "
        "Set api_key, client_cert and client_key, or kubeconfig, or give the user in the kubeconfig one of them."
    )


def test_our_own_words_have_no_holes(api):
    """A password that is an everyday word is masked in words of others alone."""
    api.faults.append(once("GET", (403, {}, {"message": "the path of the API is missing"}), times=9))
    params = {**given(api.url, {"token": "t0ken"}), "timeout": 2.0}
    with (
        _cluster.connect(params, Mask(["path", "a", "missing"])) as cluster,
        pytest.raises(_cluster.ClusterError) as failed,
    ):
        cluster.list(None)
    assert str(failed.value).startswith("A permission is missing: the ******** of the ")
    assert str(failed.value).endswith("The guide on least-privilege RBAC has the Role.")

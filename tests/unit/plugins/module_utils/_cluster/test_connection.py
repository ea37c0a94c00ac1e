# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import options
from kubernetes.config import kube_config


def kubeconfig(server, **user):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "one", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


def test_environment_fills_in_what_is_not_given(api, monkeypatch):
    monkeypatch.setenv("K8S_AUTH_HOST", api.url)
    monkeypatch.setenv("K8S_AUTH_API_KEY", "fr0m-env")
    with _cluster.connect({"host": None, "namespace": "epinio", "timeout": 2.0}) as cluster:
        cluster.list("label")
    assert api.headers[0]["authorization"] == "Bearer fr0m-env"


def test_options_go_before_the_kubeconfig(api):
    """With every request the kubernetes client puts back what the kubeconfig says."""
    config = kubeconfig("http://localhost:1", token="fr0m-kubeconfig")
    with _cluster.connect({**options(api.url), "kubeconfig": config}) as cluster:
        cluster.list("label")
        cluster.list("label")
    assert [headers["authorization"] for headers in api.headers] == ["Bearer t0ken"] * 2
    with _cluster.connect({**options(api.url), "kubeconfig": config, "api_key": None}) as cluster:
        cluster.list("label")
        cluster.list("label")
    assert [headers["authorization"] for headers in api.headers[2:]] == ["Bearer fr0m-kubeconfig"] * 2


def test_a_cluster_learns_nothing_of_the_one_before(api):
    with _cluster.connect(
        {"kubeconfig": kubeconfig("http://127.0.0.1:1", token="other"), "namespace": "epinio", "timeout": 2.0}
    ):
        pass
    with _cluster.connect({**options(api.url, username="jane", password="s3cret"), "api_key": None}) as cluster:
        cluster.list("label")
    assert api.headers[0]["authorization"] == "Basic " + builders.auth("jane", "s3cret")


def test_keys_of_a_kubeconfig_do_not_stay_in_temporary_files():
    data = base64.b64encode(builders.PRIVATE_KEY).decode()
    config = kubeconfig("https://localhost", **{"client-key-data": data, "client-certificate-data": data})
    with _cluster.connect({"kubeconfig": config, "namespace": "epinio", "timeout": 2.0}):
        assert kube_config._temp_files
    assert not kube_config._temp_files


@pytest.mark.parametrize(
    "given",
    [{"kubeconfig": "/nowhere"}, {"context": "nowhere"}, {}],
    ids=["a kubeconfig that is not there", "a context that is not there", "nothing at all"],
)
def test_no_configuration(given):
    with (
        pytest.raises(_cluster.ClusterError, match="There is no usable Kubernetes configuration: Invalid kube-config"),
        _cluster.connect({**given, "namespace": "epinio", "timeout": 2.0}),
    ):
        pass


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"namespace": "a/b"}, "'a/b' is not a name of a namespace. Correct namespace."),
        ({"timeout": 0.0}, "timeout is 0 seconds. Set it to more than 0."),
        ({"timeout": float("nan")}, "timeout is nan seconds. Set it to more than 0."),
    ],
    ids=["namespace with a slash", "timeout of nothing", "timeout that is no number"],
)
def test_options_that_make_no_sense(given, message):
    with pytest.raises(_cluster.ClusterError) as failed, _cluster.connect({**options("http://localhost"), **given}):
        pass
    assert str(failed.value) == message


@pytest.mark.parametrize(
    ("variable", "header", "sent"),
    [
        pytest.param("K8S_AUTH_ACCEPT", "Accept", "application/json", id="each request has its own Accept"),
        pytest.param("K8S_AUTH_IMPERSONATE_USER", "Impersonate-User", "jane", id="a user is taken on"),
        pytest.param("K8S_AUTH_IMPERSONATE_GROUPS", "Impersonate-Group", "jane", id="a group is taken on"),
    ],
)
def test_headers_from_the_environment(api, monkeypatch, variable, header, sent):
    monkeypatch.setenv(variable, "jane")
    with _cluster.connect(options(api.url)) as cluster:
        cluster.list("label")
    assert api.headers[0][header] == sent


def test_what_went_wrong_first_is_said_where_files_stay_too(api, monkeypatch):
    monkeypatch.setattr(kube_config, "_cleanup_temp_files", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="of the run"), _cluster.connect(options(api.url)):
        raise ZeroDivisionError("of the run")
    with pytest.raises(_cluster.ClusterError, match="_cleanup_temp_files failed"), _cluster.connect(options(api.url)):
        pass

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import os
import re

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import options
from kubernetes.config import kube_config

TIME = "timeout is {} seconds. Set it to more than 0, and to no more than a day (86400)."


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


def test_keys_of_a_kubeconfig_are_on_no_disk_while_a_run_works(monkeypatch):
    written = []
    make = kube_config._create_temp_file_with_content

    def made(*arguments, **more):
        written.append(make(*arguments, **more))
        return written[-1]

    monkeypatch.setattr(kube_config, "_create_temp_file_with_content", made)
    key, certificate = (
        base64.b64encode(one).decode() for one in (builders.PRIVATE_KEY, builders.authority("jane").encode())
    )
    config = kubeconfig("https://localhost", **{"client-key-data": key, "client-certificate-data": certificate})
    with _cluster.connect({"kubeconfig": config, "namespace": "epinio", "timeout": 2.0}):
        assert len(written) == 2
        assert not any(map(os.path.exists, written))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"kubeconfig": "/nowhere"},
            "There is no kubeconfig at /nowhere (kubeconfig).",
            id="a file that is not there",
        ),
        pytest.param({"context": "nowhere"}, "Nothing says where the cluster is", id="a context of nothing"),
        pytest.param({}, "Nothing says where the cluster is", id="nothing at all"),
        pytest.param(
            {"kubeconfig": "", "host": ""}, "Nothing says where the cluster is", id="nothing but empty values"
        ),
    ],
)
def test_no_configuration(given, message):
    with (
        pytest.raises(_cluster.ClusterError, match=re.escape(message)),
        _cluster.connect({**given, "namespace": "epinio", "timeout": 2.0}),
    ):
        pass


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"namespace": "a/b"}, "'a/b' is not a name of a namespace. Correct namespace.", id="namespace with a slash"
        ),
        pytest.param(
            {"namespace": "a.b"}, "'a.b' is not a name of a namespace. Correct namespace.", id="namespace with a dot"
        ),
        pytest.param({"timeout": 0.0}, TIME.format("0"), id="timeout of nothing"),
        pytest.param({"timeout": -1.0}, TIME.format("-1"), id="timeout in the past"),
        pytest.param({"timeout": float("nan")}, TIME.format("nan"), id="timeout that is no number"),
        pytest.param({"timeout": float("inf")}, TIME.format("inf"), id="timeout without an end"),
    ],
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
    wrong = {**options(api.url), "ca_cert": __file__}
    with pytest.raises(_cluster.ClusterError, match="no certificate in PEM form"), _cluster.connect(wrong):
        pass
    with pytest.raises(_cluster.ClusterError, match="_cleanup_temp_files failed"), _cluster.connect(options(api.url)):
        pass

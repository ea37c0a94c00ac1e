# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once, options


def test_pages(api, monkeypatch):
    monkeypatch.setattr(_cluster, "PAGE", 2)
    for name in "abcde":
        api.store(builders.destination_secret(name))
    with _cluster.connect(options(api.url)) as cluster:
        names = [raw["metadata"]["name"] for raw in cluster.list("epinio.io/api-export-registry")]
    assert names == list("abcde")
    assert len(api.requests) == 3


@pytest.mark.parametrize(("times", "requests"), [(1, 5), (99, None)], ids=["once", "always"])
def test_an_expired_continue_token_begins_the_list_again(api, monkeypatch, times, requests):
    monkeypatch.setattr(_cluster, "PAGE", 2)
    for name in "abcde":
        api.store(builders.destination_secret(name))
    api.faults.append(once("GET", (410, {}, {"message": "expired"}), skip=1, times=times))
    with _cluster.connect(options(api.url)) as cluster:
        if requests is None:
            with pytest.raises(_cluster.ClusterError, match="expired the list"):
                cluster.list("epinio.io/api-export-registry")
        else:
            assert len(cluster.list("epinio.io/api-export-registry")) == 5
            assert len(api.requests) == requests


def test_observe_reads_names_and_only_the_content_that_matters(api):
    api.store(builders.destination_secret("acme"))
    api.store(builders.secret("other", {"key": b"x"}))
    api.store(builders.certificate_secret("company-ca", "pem"))
    with _cluster.connect(options(api.url)) as cluster:
        observed = cluster.observe(wanted=["acme"])
        assert (set(observed.secrets), observed.unread, len(api.requests)) == ({"acme"}, frozenset(), 2)
        observed = cluster.observe(wanted=["acme", "other", "new"], content=["company-ca", "no-ca"])
    assert set(observed.secrets) == {"acme", "company-ca"}
    assert observed.unread == {"other"}
    assert len(api.requests) == 2 + 2 + 1 + 1


def test_a_secret_that_goes_between_list_and_read_is_not_there(api):
    api.store(builders.certificate_secret("company-ca", "pem"))
    gone = (404, {}, {"message": "gone"})
    api.faults.append(lambda _method, path: gone if path.endswith("/company-ca") else None)
    with _cluster.connect(options(api.url)) as cluster:
        observed = cluster.observe(content=["company-ca"])
    assert observed.secrets == {}


def test_who_may_not_look_at_the_namespace_cannot_be_told(api):
    api.faults.append(lambda _m, path: (403, {}, {"message": "no"}) if path.endswith("/epinio") else None)
    with _cluster.connect(options(api.url)) as cluster:
        assert cluster.observe(wanted=["acme"]).secrets == {}


def test_a_name_cannot_lead_elsewhere(api):
    with _cluster.connect(options(api.url)) as cluster:
        assert [cluster.read(name) for name in ("../../nodes", "..", "", "a" * 254)] == [None] * 4
    assert api.requests == []


NAMED = {"metadata": {"name": "acme"}}
LIST = {"kind": "SecretList", "apiVersion": "v1"}
NOT_AS_ONE = "does not answer as an API server"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="an empty object"),
        pytest.param({"status": "ok"}, id="a health check"),
        pytest.param({"kind": "PodList", "apiVersion": "v1", "items": []}, id="a list of something else"),
        pytest.param({"kind": "Status", "status": "Success"}, id="a success without a list"),
        pytest.param({**LIST, "items": 5}, id="items is a number"),
        pytest.param({**LIST, "items": ["acme"]}, id="an item is text"),
        pytest.param({**LIST, "items": [{}]}, id="an item without metadata"),
        pytest.param({**LIST, "items": [{"metadata": {"name": 1}}]}, id="a name is a number"),
        pytest.param({**LIST, "items": [{**NAMED, "data": "x"}]}, id="data is text"),
        pytest.param({**LIST, "items": [{**NAMED, "data": {"certs": 5}}]}, id="a number in data"),
        pytest.param({**LIST, "items": [{**NAMED, "data": {"certs": [1]}}]}, id="a list in data"),
        pytest.param({**LIST, "items": [{**NAMED, "type": ["Opaque"]}]}, id="a type is a list"),
        pytest.param({**LIST, "items": [{**NAMED, "immutable": "yes"}]}, id="immutable is text"),
        pytest.param({**LIST, "items": [{"metadata": {"name": "acme", "labels": []}}]}, id="labels are a list"),
        pytest.param({**LIST, "items": [{"metadata": {"name": "acme", "labels": {"a": 1}}}]}, id="a label is a number"),
        pytest.param({**LIST, "items": [{"metadata": {"name": "acme", "uid": 5}}]}, id="an identity is a number"),
        pytest.param({**LIST, "items": [NAMED], "metadata": {"continue": 5}}, id="the continue token is a number"),
        pytest.param({**LIST, "items": [NAMED], "metadata": []}, id="metadata is a list"),
    ],
)
def test_an_answer_that_is_no_list_of_secrets(api, answer):
    api.faults.append(once("GET", (200, {}, answer)))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match=NOT_AS_ONE):
        cluster.list(None)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="an empty object"),
        pytest.param({"kind": "ConfigMap", **NAMED}, id="another kind"),
        pytest.param({"kind": "Secret", "metadata": {"name": "other"}}, id="another name"),
    ],
)
def test_an_answer_that_is_no_secret(api, answer):
    api.faults.append(once("GET", (200, {}, answer)))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match=NOT_AS_ONE):
        cluster.read("acme")


def test_values_that_are_null_are_empty(api):
    secret = {**NAMED, "data": {"certs": None}, "type": None}
    api.faults.append(once("GET", (200, {}, {**LIST, "items": [secret]})))
    with _cluster.connect(options(api.url)) as cluster:
        assert cluster.list(None) == [secret]


def test_a_list_without_an_end(api, monkeypatch):
    monkeypatch.setattr(_cluster, "_PAGES", 3)
    api.faults.append(once("GET", (200, {}, {**LIST, "items": [NAMED], "metadata": {"continue": "more"}}), times=9))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match="has no end"):
        cluster.list(None)
    assert len(api.requests) == 3


def test_the_two_lists_go_side_by_side(api):
    both = threading.Barrier(2, timeout=5)

    def together(_method, _path):
        both.wait()

    api.store(builders.destination_secret("acme"))
    api.faults.append(together)
    with _cluster.connect(options(api.url)) as cluster:
        assert set(cluster.observe(wanted=["acme"]).secrets) == {"acme"}
    assert len(api.requests) == 2


def test_the_namespace_is_looked_after_while_names_are_listed(api):
    both = threading.Barrier(2, timeout=5)

    def together(_method, _path):
        both.wait()

    api.faults.append(together)
    with _cluster.connect(options(api.url)) as cluster:
        assert cluster.observe(wanted=["acme"]).secrets == {}
    assert len(api.requests) == 4


def test_a_list_that_fails_beside_one_that_answers_is_repeated(api):
    api.faults.append(once("GET", (200, {}, b"<html>")))
    with _cluster.connect(options(api.url)) as cluster:
        assert cluster.observe().secrets == {}
    assert [path.rpartition("/")[2] for _method, path in api.requests] == ["secrets"] * 3 + ["epinio"]

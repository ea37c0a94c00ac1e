# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import api as _api
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer, once
from kubernetes.client import Configuration
from kubernetes.config import kube_config


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch, tmp_path):
    monkeypatch.setattr(Configuration, "_default", None)
    monkeypatch.setattr(_api.time, "sleep", lambda _seconds: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))


@pytest.fixture
def api():
    with ApiServer() as server:
        yield server


def options(host, **more):
    return {"host": host, "api_key": "t0ken", "namespace": "epinio", "timeout": 2.0, **more}


def kubeconfig(server, **user):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "one", "user": user}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


def test_headers_say_who_asks(api):
    more = {"impersonate_user": "jane", "impersonate_groups": ["one", "two"]}
    with _cluster.connect(options(api.url, **more)) as cluster:
        cluster.list("label")
    (headers,) = api.headers
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["Impersonate-User"] == "jane"
    with ApiServer() as raw:
        seen = []
        raw.faults.append(lambda _method, _path: seen.append(1))
        with _cluster.connect(options(raw.url, **more)) as cluster:
            built = cluster._api._request_headers("application/json", with_body=True)
        assert built.getlist("Impersonate-Group") == ["one", "two"]


def test_user_name_and_password_are_sent_where_there_is_no_token(api):
    given = {**options(api.url, username="jane", password="s3cret"), "api_key": None}
    with _cluster.connect(given) as cluster:
        cluster.list("label")
    assert api.headers[0]["authorization"] == "Basic " + builders.auth("jane", "s3cret")


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


@pytest.mark.parametrize("given", [{"kubeconfig": "/nowhere"}, {"context": "nowhere"}, {}])
def test_no_configuration(given):
    with (
        pytest.raises(_cluster.ClusterError, match="There is no usable Kubernetes configuration: Invalid kube-config"),
        _cluster.connect({**given, "namespace": "epinio", "timeout": 2.0}),
    ):
        pass


def test_pages(api, monkeypatch):
    monkeypatch.setattr(_cluster, "PAGE", 2)
    for name in "abcde":
        api.store(builders.destination_secret(name))
    with _cluster.connect(options(api.url)) as cluster:
        names = [raw["metadata"]["name"] for raw in cluster.list("epinio.io/api-export-registry")]
    assert names == list("abcde")
    assert len(api.requests) == 3


@pytest.mark.parametrize(("times", "requests"), [(1, 5), (99, None)])
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


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            (401, {}, {"message": "Unauthorized"}),
            "The API server does not accept the credentials: Unauthorized. "
            "Check the token, or the user in the kubeconfig; it may have expired.",
        ),
        (
            (403, {}, {"message": "cannot list secrets"}),
            "A permission is missing: cannot list secrets. The guide on least-privilege RBAC has the Role.",
        ),
        ((422, {}, {"message": "Invalid value"}), "The API server refused the request: Invalid value."),
        (
            (418, {}, b"<html>teapot</html>"),
            "The API server answered GET with an error (418): HTTP status 418. Run again later.",
        ),
        (
            (503, {"Retry-After": "60"}, {"message": "overloaded"}),
            "The API server answered GET with an error (503): overloaded. Run again later.",
        ),
        (
            (403, {"Retry-After": "\xb2"}, {"message": "a digit that is no number"}),
            "A permission is missing: a digit that is no number. The guide on least-privilege RBAC has the Role.",
        ),
        (
            (200, {}, b"[]"),
            "The API server at {url} cannot be reached: it answered with something else than a Kubernetes object. "
            "Check host, proxy and the server in the kubeconfig.",
        ),
        (
            (200, {}, b"<html>"),
            "The API server at {url} cannot be reached: it answered with something else than JSON. "
            "Check host, proxy and the server in the kubeconfig.",
        ),
    ],
)
def test_refusals(api, answer, message):
    api.faults.append(once("GET", answer, times=99))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list("label")
    assert str(failed.value) == message.format(url=api.url)


def test_a_server_that_says_when_to_come_back_is_obeyed(api, monkeypatch):
    pauses = []
    monkeypatch.setattr(_api.time, "sleep", pauses.append)
    api.faults.append(once("GET", (429, {"Retry-After": "1"}, {"message": "later"}), times=1))
    with _cluster.connect(options(api.url)) as cluster:
        cluster.list("label")
    assert [0.8 <= pause <= 1.0 for pause in pauses] == [True]


def test_a_connection_that_keeps_breaking_ends(api):
    with _cluster.connect(options(api.url, timeout=60.0)) as cluster:
        cluster.list("label")
        api.faults.append(once("GET", "cut", times=99))
        with pytest.raises(_cluster.ClusterError, match=r"broke: .*Run again; what is done stays done"):
            cluster.list("label")
    assert len(api.requests) == 1 + 8


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with _cluster.connect(options(url)) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list("label")
    assert str(failed.value) == (
        f"The API server at {url} cannot be reached: "
        "Failed to establish a new connection: [Errno 111] Connection refused. "
        "Check host, proxy and the server in the kubeconfig."
    )


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with _cluster.connect(options(url, timeout=0.3)) as cluster, pytest.raises(_cluster.ClusterError) as failed:
            cluster.list("label")
    assert str(failed.value) == (
        f"The API server at {url} did not answer within 0.3 seconds. "
        "Check its state and the network, or set timeout higher."
    )


def test_what_broke_the_first_attempt_is_named_when_the_second_has_no_time_left(api):
    pauses = iter([0.0, 1.5])  # seconds; the second is longer than the time that is left

    def cut(_method, _path):
        threading.Event().wait(next(pauses))
        return "cut"

    with _cluster.connect(options(api.url, timeout=1.0)) as cluster:
        cluster.list("label")
        api.faults.append(cut)
        with pytest.raises(_cluster.ClusterError, match=r"The connection .* broke: .*Remote end closed"):
            cluster.list("label")


@pytest.fixture
def tls_server(tmp_path):
    """Serve TLS with a certificate of nobody's, and ask for a client certificate of nobody's."""
    pem = tmp_path / "server.pem"
    pem.write_text(builders.authority("localhost", names=("localhost",)) + builders.PRIVATE_KEY.decode())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=builders.authority("clients"))
    context.load_cert_chain(pem)
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as wrapped:
                with contextlib.suppress(OSError):
                    wrapped.do_handshake()
                # Closing at once would reset the connection before the client has read why.
                with contextlib.suppress(OSError), socket.socket(fileno=wrapped.detach()) as plain:
                    plain.shutdown(socket.SHUT_WR)
                    while plain.recv(4096):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}", pem
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_an_authority_that_is_not_trusted(tls_server):
    with _cluster.connect(options(tls_server[0])) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list("label")
    assert str(failed.value).startswith(f"The certificate of the API server at {tls_server[0]} is not trusted: ")
    assert str(failed.value).endswith("Check ca_cert, or certificate-authority in the kubeconfig.")


def test_a_client_certificate_that_is_not_accepted(tls_server):
    url, pem = tls_server
    given = options(url, ca_cert=str(pem), client_cert=str(pem), client_key=str(pem))
    with _cluster.connect(given) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list("label")
    assert "does not accept the client certificate" in str(failed.value)


@pytest.mark.parametrize(
    ("url", "validate_certs", "verified"),
    [
        ("http://localhost", None, True),
        ("http://api.example.com", None, False),
        ("https://api.example.com", None, True),
        ("https://api.example.com", False, False),
    ],
)
def test_whether_the_server_has_to_prove_who_it_is(url, validate_certs, verified):
    with _cluster.connect(options(url, validate_certs=validate_certs)) as cluster:
        assert cluster.verified is verified


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"namespace": "a/b"}, "'a/b' is not a name of a namespace. Correct namespace."),
        ({"timeout": 0.0}, "timeout is 0 seconds. Set it to more than 0."),
        ({"timeout": float("nan")}, "timeout is nan seconds. Set it to more than 0."),
    ],
)
def test_options_that_make_no_sense(given, message):
    with pytest.raises(_cluster.ClusterError) as failed, _cluster.connect({**options("http://localhost"), **given}):
        pass
    assert str(failed.value) == message


def test_a_name_cannot_lead_elsewhere(api):
    with _cluster.connect(options(api.url)) as cluster:
        assert [cluster.read(name) for name in ("../../nodes", "..", "", "a" * 254)] == [None] * 4
    assert api.requests == []


NAMED = {"metadata": {"name": "acme"}}


@pytest.mark.parametrize(
    "answer",
    [
        {"items": 5},
        {"items": ["acme"]},
        {"items": [{}]},
        {"items": [{"metadata": {"name": 1}}]},
        {"items": [{**NAMED, "data": "x"}]},
        {"items": [{"metadata": {"name": "acme", "labels": []}}]},
        {"items": [NAMED], "metadata": {"continue": 5}},
    ],
)
def test_an_answer_that_is_no_list_of_secrets(api, answer):
    api.faults.append(once("GET", (200, {}, answer)))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match="else than secrets"):
        cluster.list(None)


def test_an_answer_that_is_no_secret(api):
    api.faults.append(once("GET", (200, {}, {})))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match="else than secrets"):
        cluster.read("acme")


def test_a_list_without_an_end(api, monkeypatch):
    monkeypatch.setattr(_cluster, "_PAGES", 3)
    api.faults.append(once("GET", (200, {}, {"items": [NAMED], "metadata": {"continue": "more"}}), times=9))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError, match="has no end"):
        cluster.list(None)
    assert len(api.requests) == 3

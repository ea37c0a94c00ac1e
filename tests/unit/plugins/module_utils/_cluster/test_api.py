# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import api as _api
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer, once, options

LOOK = "Check host, or server in the kubeconfig: scheme, host, port and path; and proxy."


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
            (418, {"Content-Type": "text/html"}, b"<html>teapot</html>"),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 418, "
            "text/html: <html>teapot</html>. " + LOOK,
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
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 200, "
            "application/json: []. " + LOOK,
        ),
        (
            (200, {}, b"<html>"),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 200, "
            "application/json: <html>. " + LOOK,
        ),
    ],
    ids=[
        "401",
        "403",
        "422",
        "418 as a web page",
        "503 for longer than the timeout",
        "403 with a digit that is no number",
        "200 with a list",
        "200 with a web page",
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
    ids=["http on this machine", "http elsewhere", "https", "https without validate_certs"],
)
def test_whether_the_server_has_to_prove_who_it_is(url, validate_certs, verified):
    with _cluster.connect(options(url, validate_certs=validate_certs)) as cluster:
        assert cluster.verified is verified


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            (400, {"Content-Type": "text/plain"}, b"Client sent an HTTP request to an HTTPS server.\n"),
            "The API server at {url} speaks HTTPS, and was asked over http://. Write {https} into host, or into server "
            "of the kubeconfig.",
            id="http where https is spoken",
        ),
        pytest.param(
            (302, {"Location": "https://login.example.com/oauth?state=abc"}, b""),
            "What answers at {url} is not an API server: it answered GET /api/v1/namespaces/epinio/secrets with a "
            "redirect (302) to https://login.example.com/oauth. It may be a login page. Check host, or server in the "
            "kubeconfig: scheme, host, port and path.",
            id="a login page",
        ),
        pytest.param(
            (404, {"Content-Type": "text/plain"}, b"404 page not found\n"),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 404, "
            "text/plain: 404 page not found. " + LOOK,
            id="a path that is not there",
        ),
        pytest.param(
            (404, {}, {"type": "error", "status": 404, "message": "clusters.example.com not found"}),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 404, "
            "JSON of another kind: clusters.example.com not found. " + LOOK,
            id="another kind of JSON",
        ),
        pytest.param(
            (403, {"Content-Type": "text/html"}, b"<h1>\x1b[2JBlocked\r\nby</h1>"),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 403, "
            "text/html: <h1> [2JBlocked by</h1>. " + LOOK,
            id="a firewall, with control characters",
        ),
        pytest.param(
            (
                404,
                {},
                {"kind": "Status", "status": "Failure", "message": "no such resource", "details": {}},
            ),
            "What answers at {url} does not answer as an API server: GET /api/v1/namespaces/epinio/secrets gave 404, "
            "no such resource. " + LOOK,
            id="an API server that knows no such path",
        ),
        pytest.param(
            (200, {}, {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": "no", "code": 403}),
            "The API server refused the request: no.",
            id="a failure that comes as a success",
        ),
    ],
)
def test_what_is_no_answer_of_an_api_server_is_named_as_what_it_is(api, answer, said):
    api.faults.append(once("GET", answer, times=99))
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.observe()
    assert str(failed.value) == said.format(url=api.url, https=api.url.replace("http", "https"))


def test_what_does_not_speak_https_is_named_as_that(api):
    url = api.url.replace("http", "https")
    with _cluster.connect(options(url)) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list(None)
    assert str(failed.value) == (
        f"What answers at {url} does not speak HTTPS. Check the port in host, or in server of the kubeconfig; write "
        "http:// if you mean that."
    )

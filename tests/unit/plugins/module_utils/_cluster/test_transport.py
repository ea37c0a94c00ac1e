# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import datetime
import gzip
import json
import socket
import ssl
import threading
import time

import pytest
import urllib3
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.plugins.module_utils._cluster import transport
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once, options
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

LIST = json.dumps({"kind": "SecretList", "apiVersion": "v1", "items": []}).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(LIST), LIST)


@contextlib.contextmanager
def listening(answer):
    """Serve each connection by ``answer(connection)`` in a thread of its own; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with contextlib.suppress(OSError), connection:
            answer(connection)

    def accept():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def head(connection):
    """Read the head of a request, and return it."""
    got = b""
    while not got.endswith(b"\r\n\r\n") and (part := connection.recv(4096)):
        got += part
    return got


def dripping(first, piece):
    def answer(connection):
        head(connection)
        connection.sendall(first)
        for _time in range(100):
            connection.sendall(piece)
            threading.Event().wait(0.1)  # time.sleep is none here

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(dripping(b"HTTP/1.1 200 O", b"K"), id="status line"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="headers"),
        pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="interim answers"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b" "), id="body"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" "), id="body without a length"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), id="chunks"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1"), id="size of a chunk"),
    ],
)
def test_an_answer_that_drips_ends_in_time(answer):
    with listening(answer) as port:
        began = time.monotonic()
        given = options(f"http://127.0.0.1:{port}", timeout=0.5)
        with _cluster.connect(given) as cluster, pytest.raises(_cluster.ClusterError, match=r"within 0\.5 seconds"):
            cluster.list(None)
        assert time.monotonic() - began < 2


def test_a_proxy_that_drips_ends_in_time():
    with listening(dripping(b"HTTP/1.1 200 O", b"K")) as port:
        began = time.monotonic()
        given = options("https://api.invalid", proxy=f"http://127.0.0.1:{port}", timeout=0.5)
        with _cluster.connect(given) as cluster, pytest.raises(_cluster.ClusterError, match=r"within 0\.5 seconds"):
            cluster.list(None)
        assert time.monotonic() - began < 2


def test_an_answer_without_an_end_is_left(api, monkeypatch):
    monkeypatch.setattr(transport, "LIMIT", 1 << 20)
    api.faults.append(once("GET", (200, {}, b" " * (1 << 21))))
    with (
        _cluster.connect(options(api.url)) as cluster,
        pytest.raises(_cluster.ClusterError, match="its answer is longer than 1 MiB"),
    ):
        cluster.list(None)


def test_what_is_packed_without_being_asked_for_is_not_unpacked(api):
    api.faults.append(once("GET", (200, {"Content-Encoding": "gzip"}, gzip.compress(LIST))))
    with (
        _cluster.connect(options(api.url)) as cluster,
        pytest.raises(_cluster.ClusterError, match="does not answer as an API server"),
    ):
        cluster.list(None)
    assert api.headers[0].get("Accept-Encoding", "identity") == "identity"


def certificate(name, issuer=None, *, leaf=False, days=90):
    """Return a certificate as PEM, as old clusters have it: no key identifiers, no key usage."""
    named, by = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, name if issuer is None else issuer)
    )
    key = serialization.load_pem_private_key(builders.PRIVATE_KEY, None)
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=100))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not leaf, path_length=None), critical=True)
    )
    if leaf:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@contextlib.contextmanager
def secured(folder, *chain):
    """Serve an empty list over TLS with this chain of certificates."""
    (folder / "server.pem").write_text("".join(chain) + builders.PRIVATE_KEY.decode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as wrapped:
            while head(wrapped):
                wrapped.sendall(OK)

    with listening(answer) as port:
        yield port


def asked(folder, url, authority, **more):
    (folder / "ca.pem").write_text(authority)
    with _cluster.connect(options(url, ca_cert=str(folder / "ca.pem"), **more)) as cluster:
        return cluster.list(None)


@pytest.mark.parametrize(
    ("chain", "authority"),
    [
        pytest.param([certificate("x", "root", leaf=True)], certificate("root"), id="a root without key identifiers"),
        pytest.param(
            [certificate("x", "inter", leaf=True)], certificate("inter", "root"), id="an intermediate as the anchor"
        ),
        pytest.param(
            [certificate("x", "inter", leaf=True), certificate("inter", "root")],
            certificate("root"),
            id="a whole chain",
        ),
    ],
)
def test_an_authority_that_go_takes_is_taken(tmp_path, chain, authority):
    with secured(tmp_path, *chain) as port:
        assert asked(tmp_path, f"https://localhost:{port}", authority) == []


@pytest.mark.parametrize(
    ("host", "chain", "authority"),
    [
        pytest.param("localhost", certificate("x", "root", leaf=True), builders.authority("root2"), id="another root"),
        pytest.param("localhost", certificate("x", "root", leaf=True, days=-1), certificate("root"), id="expired"),
        pytest.param("127.0.0.1", certificate("x", "root", leaf=True), certificate("root"), id="another name"),
    ],
)
def test_chain_dates_and_names_are_still_checked(tmp_path, host, chain, authority):
    with (
        secured(tmp_path, chain) as port,
        pytest.raises(_cluster.ClusterError, match=r"The certificate of the API server at .* is not trusted"),
    ):
        asked(tmp_path, f"https://{host}:{port}", authority)


def test_the_name_of_the_kubeconfig_is_the_one_that_counts(tmp_path):
    """Clients before 25 pass over tls-server-name."""
    (tmp_path / "ca.pem").write_text(certificate("root"))
    with secured(tmp_path, certificate("x", "root", leaf=True)) as port:
        entry = {
            "server": f"https://127.0.0.1:{port}",
            "certificate-authority": str(tmp_path / "ca.pem"),
            "tls-server-name": "localhost",
        }
        with _cluster.connect({"kubeconfig": kubeconfig(entry), "namespace": "epinio", "timeout": 2.0}) as cluster:
            assert cluster.list(None) == []


def kubeconfig(entry):
    return {
        "clusters": [{"name": "one", "cluster": entry}],
        "users": [{"name": "one", "user": {"token": "t0ken"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


@contextlib.contextmanager
def proxy(behind, tls=None):
    """A proxy that wants user ``jane`` with password ``s3cret@x``, and leads every request to one port."""
    wanted = b"basic " + base64.b64encode(b"jane:s3cret@x")
    heads = []

    def answer(connection):
        with contextlib.ExitStack() as stack:
            lead(connection if tls is None else stack.enter_context(tls.wrap_socket(connection, server_side=True)))

    def lead(connection):
        request = head(connection)
        heads.append(request)
        if wanted.lower() not in request.lower():
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", behind)) as server:
            if request.startswith(b"CONNECT"):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                server.sendall(request)

            def back():
                with contextlib.suppress(OSError):
                    while part := server.recv(4096):
                        connection.sendall(part)

            thread = threading.Thread(target=back, daemon=True)
            thread.start()
            while part := connection.recv(4096):
                server.sendall(part)

    with listening(answer) as port:
        yield port, heads


@pytest.mark.parametrize("place", ["option", "kubeconfig", "headers"])
def test_user_and_password_of_a_proxy_are_used(tmp_path, place):
    (tmp_path / "ca.pem").write_text(certificate("root"))
    with secured(tmp_path, certificate("x", "root", leaf=True)) as behind, proxy(behind) as (port, heads):
        address = f"http://jane:s3cret%40x@127.0.0.1:{port}"
        given = options("https://localhost:6443", ca_cert=str(tmp_path / "ca.pem"))
        if place == "option":
            given["proxy"] = address
        elif place == "headers":
            given.update(proxy=f"http://127.0.0.1:{port}", proxy_headers={"proxy_basic_auth": "jane:s3cret@x"})
        else:
            entry = {
                "server": "https://localhost:6443",
                "certificate-authority": str(tmp_path / "ca.pem"),
                "proxy-url": address,
            }
            given.update(kubeconfig=kubeconfig(entry), host=None, api_key=None, ca_cert=None)
        with _cluster.connect(given) as cluster:
            assert cluster.list(None) == []
    assert heads[0].startswith(b"CONNECT localhost:6443 ")


@contextlib.contextmanager
def secured_proxy(folder):
    """The same proxy, spoken to by TLS, in front of a server for ``localhost``."""
    with secured(folder, certificate("x", "root", leaf=True)) as behind:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "server.pem")
        with proxy(behind, tls) as (port, heads):
            yield port, heads


def test_a_proxy_that_is_spoken_to_by_tls_gets_its_login(tmp_path):
    with secured_proxy(tmp_path) as (port, heads):
        address = f"https://jane:s3cret%40x@localhost:{port}"
        assert asked(tmp_path, "https://localhost:6443", certificate("root"), proxy=address) == []
    assert heads[0].startswith(b"CONNECT localhost:6443 ")


@pytest.mark.parametrize(
    ("login", "authority", "said"),
    [
        pytest.param("", certificate("root"), "The proxy https://localhost:{} wants a login (407).", id="no login"),
        pytest.param(
            "jane:wr0ng-one@",
            certificate("root"),
            "The proxy https://********@localhost:{} wants a login",
            id="another",
        ),
        pytest.param(
            "jane:s3cret%40x@",
            builders.authority("root2"),
            "The certificate of the API server at https://localhost:6443, or of the proxy https://********@localhost:{},"
            if urllib3.__version__.startswith("1.")
            else "The certificate of the proxy https://********@localhost:{} is not trusted: ",
            id="another authority",
        ),
    ],
)
def test_what_keeps_a_proxy_with_tls_from_leading_on_is_named(tmp_path, login, authority, said):
    with secured_proxy(tmp_path) as (port, _heads), pytest.raises(_cluster.ClusterError) as failed:
        asked(tmp_path, "https://localhost:6443", authority, proxy=f"https://{login}localhost:{port}")
    assert str(failed.value).startswith(said.format(port))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("login", ["", "jane:wr0ng-one@"], ids=["no login", "another password"])
def test_a_proxy_that_wants_a_login_is_named_with_the_way_to_give_it(scheme, login):
    with proxy(1) as (port, _heads):
        given = options(f"{scheme}://api.invalid", proxy=f"http://{login}127.0.0.1:{port}")
        with _cluster.connect(given) as cluster, pytest.raises(_cluster.ClusterError) as failed:
            cluster.list(None)
    shown = "********@" if login else ""
    assert str(failed.value) == (
        f"The proxy http://{shown}127.0.0.1:{port} wants a login (407). Write user and password into its address, "
        "http://USER:PASSWORD@HOST:PORT with special characters as in %40, or set proxy_headers.proxy_basic_auth to "
        "USER:PASSWORD."
    )

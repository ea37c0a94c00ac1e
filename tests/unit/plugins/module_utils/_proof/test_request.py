# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import (
    BODY_LIMIT,
    Answer,
    Deadline,
    Proxies,
    Unanswered,
    exchange,
    read_through,
    trust,
)

from tests.registries.authority import Authority, Identity
from tests.registries.scripted import Request, Server, always, reply, serve

TLS = trust(None, system=True)
PLAIN = reply(200, "X-Kind: plain", "x-kind: twice", body="body")
pytestmark = pytest.mark.usefixtures("direct")


def ask(
    url: str, *, method: str = "GET", tls: ssl.SSLContext | None = None, seconds: float = 5, **headers: str
) -> Answer:
    return exchange(
        method,
        url,
        headers=headers,
        tls=tls or TLS,
        deadline=Deadline(seconds),
        proxies=Proxies(),
    )


def failure(url: str, *, tls: ssl.SSLContext | None = None, seconds: float = 5) -> Unanswered:
    with pytest.raises(Unanswered) as caught:
        ask(url, tls=tls, seconds=seconds)
    return caught.value


class TestAnswers:
    def test_gives_status_headers_and_body(self) -> None:
        with serve(always(PLAIN)) as server:
            answer = ask(f"http://{server.host}/v2/?a=b", Authorization="Basic x")
        assert (answer.status, answer.headers.get_all("X-KIND"), answer.body) == (200, ["plain", "twice"], b"body")
        assert server.asked == ["GET /v2/?a=b"]
        assert server.requests[0].authorization == "Basic x"
        assert server.requests[0].headers["connection"] == "close"

    def test_asks_for_the_root_where_there_is_no_path(self) -> None:
        with serve(always(PLAIN)) as server:
            ask(f"http://{server.host}")
        assert server.asked == ["GET /"]

    def test_shows_no_header_and_no_body(self) -> None:
        with serve(always(PLAIN)) as server:
            assert repr(ask(f"http://{server.host}/")) == "Answer(status=200)"

    def test_does_not_follow_redirects(self) -> None:
        with serve(always(reply(302, "Location: /elsewhere"))) as server:
            assert ask(f"http://{server.host}/").status == 302
        assert server.asked == ["GET /"]

    def test_reads_a_body_up_to_the_limit(self) -> None:
        def endless(request: Request) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while True:
                yield b"x" * 65536

        with serve(endless) as server:
            assert len(ask(f"http://{server.host}/", seconds=30).body) == BODY_LIMIT

    @pytest.mark.parametrize("status", [pytest.param(202, id="accepted"), pytest.param(204, id="no content")])
    def test_does_not_wait_for_a_body_that_says_nothing(self, status: int) -> None:
        def slow(request: Request) -> Iterator[bytes]:
            yield f"HTTP/1.1 {status} Fine\r\nContent-Length: 99\r\n\r\n".encode()
            time.sleep(5)

        with serve(slow) as server:
            assert ask(f"http://{server.host}/", seconds=2).body == b""

    @pytest.mark.parametrize(
        "framing",
        [
            pytest.param(b"Content-Length: 99\r\n\r\nabc", id="shorter than announced"),
            pytest.param(b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", id="a chunk of no length"),
        ],
    )
    def test_does_without_a_body_that_breaks_off(self, framing: bytes) -> None:
        with serve(always(b"HTTP/1.1 500 Oh\r\n" + framing)) as server:
            assert ask(f"http://{server.host}/").status == 500

    def test_reads_past_an_interim_answer(self) -> None:
        with serve(always(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN)) as server:
            assert ask(f"http://{server.host}/").status == 200


class TestFailures:
    def test_every_head_that_is_cut_short(self) -> None:
        head = b"HTTP/1.1 202 Accepted\r\nLocation: /v2/x/blobs/uploads/1\r\nContent-Length: 0\r\n\r\n"
        length = 0
        with serve(lambda _request: head[:length]) as server:
            for length in range(len(head)):
                error = failure(f"http://{server.host}/")
                assert (error.kind, error.sent) == ("closed" if length == 0 else "garbled", True), head[:length]
            length = len(head)
            assert ask(f"http://{server.host}/").status == 202

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
            pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", id="too many headers"),
            pytest.param(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", id="a long header"),
            pytest.param(b"HTTP/1.1 " + b"2" * 70_000 + b"\r\n\r\n", id="a long status line"),
        ],
    )
    def test_what_is_not_http(self, answer: bytes) -> None:
        with serve(always(answer)) as server:
            error = failure(f"http://{server.host}/")
        assert error.kind == "garbled"
        assert "OpenSSH" not in str(error)

    @pytest.mark.parametrize(
        "pieces",
        [
            pytest.param([], id="no byte"),
            pytest.param([b"HTTP/1.1 200 OK\r\n"], id="half a head"),
            pytest.param([b"H", b"T", b"T", b"P", b"/"] * 100, id="a byte now and then"),
        ],
    )
    def test_what_takes_too_long(self, pieces: list[bytes]) -> None:
        sent = []

        def slow(request: Request) -> Iterator[bytes]:
            for piece in pieces:
                yield piece
                sent.append(piece)
                time.sleep(0.05)
            time.sleep(3)

        with serve(slow) as server:
            error = failure(f"http://{server.host}/", seconds=0.3)
        assert (error.kind, error.sent) == ("time", True)
        assert len(sent) < 100

    def test_a_deadline_that_is_over(self) -> None:
        with serve(always(PLAIN)) as server:
            error = failure(f"http://{server.host}/", seconds=0)
        assert (error.kind, error.sent, server.requests) == ("time", False, [])

    def test_a_port_that_is_closed(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            error = failure(f"http://127.0.0.1:{unused.getsockname()[1]}/")
        assert (error.kind, str(error), error.sent) == ("connection", "Connection refused", False)

    def test_a_name_that_does_not_resolve(self) -> None:
        error = failure("https://registry.invalid/")
        assert (error.kind, str(error)) == ("name", "the name cannot be resolved")

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("http://127.0.0.1:99999/", id="a port too high"),
            pytest.param("http://127.0.0.1:1/\r\nX: y", id="a line end in it"),
            pytest.param("http://\udcff/", id="a surrogate"),
        ],
    )
    def test_a_url_that_cannot_be_asked(self, url: str) -> None:
        assert not failure(url).sent

    def test_a_connection_that_breaks(self) -> None:
        def reset(listener: socket.socket) -> None:
            connection = listener.accept()[0]
            connection.recv(1)  # the rest stays unread, so that closing resets
            connection.close()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=reset, args=(listener,), daemon=True).start()
            error = failure(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert (error.kind, error.sent) == ("closed", True)


class TestPrivateParts:
    """What `read_through` takes for granted of `http.client`, and what follows where it is not so."""

    def test_an_answer_reads_what_it_is_given_instead_of_its_socket(self) -> None:
        here, there = socket.socketpair()
        with here, there, http.client.HTTPResponse(here) as response:
            there.sendall(reply(404, body="of the socket"))
            read_through(response, lambda _stream: io.BufferedReader(io.BytesIO(PLAIN)))
            response.begin()
            assert (response.status, response.read()) == (200, b"body")

    def test_what_it_is_given_can_read_the_socket(self) -> None:
        here, there = socket.socketpair()
        with here, there, http.client.HTTPResponse(here) as response:
            there.sendall(PLAIN)
            given: list[io.BufferedReader] = []  # kept, since a stream that nobody holds closes what it reads
            read_through(response, lambda stream: given.append(stream) or io.BufferedReader(stream.raw))
            response.begin()
            assert (response.status, response.read()) == (200, b"body")

    def test_another_library_is_an_error_that_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = http.client.HTTPResponse.__init__

        def other(self: Any, *arguments: Any, **options: Any) -> None:
            known(self, *arguments, **options)
            self.fp.close()
            self.fp = None

        monkeypatch.setattr(http.client.HTTPResponse, "__init__", other)
        with serve(always(PLAIN)) as server:
            error = failure(f"http://{server.host}/")
        assert (error.kind, error.sent) == ("python", True)
        assert str(error).startswith("`http.client` of Python 3.")


@pytest.fixture(scope="module")
def middle(root: Authority) -> Authority:
    return Authority("middle", root)


class TestTrust:
    def ask(self, folder: Path, identity: Identity, bundle: bytes | None, *, system: bool = False) -> str:
        with serve(always(PLAIN), tls=identity.server_context(folder)) as server:
            try:
                return str(ask(f"https://{server.host}/", tls=trust(bundle, system=system)).status)
            except Unanswered as error:
                return f"{error.kind} {error.code}{' sent' if error.sent else ''}"

    def test_the_bundle_alone(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity(), root.pem) == "200"
        assert self.ask(tmp_path, root.identity(), Authority("other").pem) == "untrusted 20"

    def test_the_system_alone(self, tmp_path: Path, root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "roots.pem").write_bytes(root.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
        other = Authority("other").pem
        assert self.ask(tmp_path, root.identity(), None, system=True) == "200"
        assert self.ask(tmp_path, root.identity(), other, system=True) == "200"
        assert self.ask(tmp_path, root.identity(), other, system=False) == "untrusted 20"

    def test_any_certificate_of_the_bundle_ends_a_chain(
        self, tmp_path: Path, root: Authority, middle: Authority
    ) -> None:
        identity = middle.identity()
        assert self.ask(tmp_path, identity, middle.pem) == "200"
        assert self.ask(tmp_path, identity, identity.certificate_pem.partition(b"\n-----BEGIN")[0]) == "200"
        assert self.ask(tmp_path, identity, root.pem) == "200"

    def test_an_incomplete_chain(self, tmp_path: Path, root: Authority, middle: Authority) -> None:
        identity = middle.identity(whole_chain=False)
        assert self.ask(tmp_path, identity, root.pem) == "untrusted 20"
        assert self.ask(tmp_path, identity, root.pem + middle.pem) == "200"

    def test_dates(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity(expired=True), root.pem) == "untrusted 10"
        outdated = Authority("root", valid=False)
        assert self.ask(tmp_path, outdated.identity(), outdated.pem) == "untrusted 10"

    def test_names(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity("registry.example"), root.pem) == "untrusted 64"

    def test_blocks_that_are_no_certificate(self, tmp_path: Path, root: Authority) -> None:
        junk = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        empty = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
        assert self.ask(tmp_path, root.identity(), junk + empty + root.identity().key_pem + root.pem) == "200"

    @pytest.mark.parametrize(
        "bundle",
        [
            pytest.param(None, id="no bundle"),
            pytest.param(b"", id="an empty one"),
            pytest.param(b"no PEM", id="no PEM"),
            pytest.param(b"-----BEGIN X-----\nAAAA\n-----END X-----\n", id="PEM of something else"),
        ],
    )
    def test_nothing(self, bundle: bytes | None) -> None:
        with pytest.raises(ValueError, match="no certificate to trust"):
            trust(bundle, system=False)

    def test_a_server_without_tls(self) -> None:
        with serve(always(PLAIN)) as server:
            error = failure(f"https://{server.host}/")
        assert (error.kind, error.sent) == ("not_tls", False)

    def test_a_server_that_breaks_off_the_handshake(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(5)

            def break_off() -> None:
                listener.accept()[0].close()

            threading.Thread(target=break_off, daemon=True).start()
            error = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        assert error.kind in {"tls", "connection"}
        assert not error.sent

    def test_a_server_with_nothing_in_common(self, tmp_path: Path, root: Authority) -> None:
        context = root.identity().server_context(tmp_path)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # the key is not RSA
        with serve(always(PLAIN), tls=context) as server:
            error = failure(f"https://{server.host}/", tls=trust(root.pem, system=False))
        assert (error.kind, error.sent) == ("tls", False)


class TestProxies:
    @pytest.mark.parametrize(
        ("url", "environment", "proxy"),
        [
            pytest.param("https://quay.io/v2/", {}, None, id="none is named"),
            pytest.param("https://quay.io/v2/", {"HTTPS_PROXY": "http://proxy:3128"}, "proxy:3128", id="upper case"),
            pytest.param(
                "https://quay.io/v2/", {"https_proxy": "proxy:3128"}, "proxy:3128", id="lower case, without a scheme"
            ),
            pytest.param(
                "http://quay.io/v2/", {"https_proxy": "http://proxy:3128"}, None, id="https_proxy is not for http"
            ),
            pytest.param("http://quay.io/v2/", {"http_proxy": "http://proxy:3128"}, "proxy:3128", id="http_proxy"),
            pytest.param("http://quay.io/v2/", {"all_proxy": "http://proxy:3128"}, "proxy:3128", id="all_proxy"),
            pytest.param(
                "https://quay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": "other.io, quay.io"},
                None,
                id="no_proxy: a list",
            ),
            pytest.param(
                "https://quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "QUAY.IO"}, None, id="no_proxy: in any case"
            ),
            pytest.param(
                "https://eu.quay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": ".quay.io"},
                None,
                id="no_proxy: a domain with a dot",
            ),
            pytest.param(
                "https://eu.quay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": "*.quay.io"},
                None,
                id="no_proxy: a domain with an asterisk",
            ),
            pytest.param(
                "https://eu.quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "quay.io"}, None, id="no_proxy: a domain"
            ),
            pytest.param(
                "https://myquay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": "quay.io"},
                "proxy",
                id="no_proxy: not a part of a word",
            ),
            pytest.param(
                "https://quay.io:5000/v2/",
                {"https_proxy": "proxy", "no_proxy": "quay.io:5000"},
                None,
                id="no_proxy: with its port",
            ),
            pytest.param(
                "https://quay.io:5001/v2/",
                {"https_proxy": "proxy", "no_proxy": "quay.io:5000"},
                "proxy",
                id="no_proxy: with another port",
            ),
            pytest.param(
                "https://quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "*"}, None, id="no_proxy: everything"
            ),
            pytest.param(
                "https://quay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": ".,,"},
                "proxy",
                id="no_proxy: empty entries",
            ),
            pytest.param(
                "https://10.1.2.3/v2/",
                {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
                None,
                id="no_proxy: a network",
            ),
            pytest.param(
                "https://10.1.2.3/v2/",
                {"https_proxy": "proxy", "no_proxy": "10.1.2.3"},
                None,
                id="no_proxy: an address",
            ),
            pytest.param(
                "https://11.1.2.3/v2/",
                {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
                "proxy",
                id="no_proxy: another network",
            ),
            pytest.param(
                "https://quay.io/v2/",
                {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
                "proxy",
                id="no_proxy: a network is not for names",
            ),
            pytest.param(
                "https://[fd00::1]/v2/",
                {"https_proxy": "proxy", "no_proxy": "fd00::/8"},
                None,
                id="no_proxy: a network of IPv6",
            ),
        ],
    )
    def test_come_from_the_environment(
        self, url: str, environment: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = Proxies().of(urlsplit(url))
        assert (found and found.netloc) == proxy

    def test_pass_http_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serve(always(PLAIN)) as proxy:
            monkeypatch.setenv("http_proxy", f"http://us%40er:pass@{proxy.host}")
            assert ask("http://registry.invalid:5000/v2/?a=b").status == 200
        assert proxy.asked == ["GET http://registry.invalid:5000/v2/?a=b"]
        assert proxy.requests[0].headers["host"] == "registry.invalid:5000"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNAZXI6cGFzcw=="

    def test_that_refuse_a_tunnel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serve(always(reply(403))) as proxy:
            monkeypatch.setenv("https_proxy", f"http://user@{proxy.host}")
            error = failure("https://registry.invalid/v2/")
        assert (error.kind, str(error), error.sent) == ("proxy", "the proxy refused with status 403", False)
        assert proxy.asked == ["CONNECT registry.invalid:443"]
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjo="

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("https://registry.invalid/v2/", id="for a tunnel"),
            pytest.param("http://registry.invalid/v2/", id="for a request"),
        ],
    )
    def test_that_want_a_login(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        with serve(always(reply(407, "Proxy-Authenticate: Basic"))) as proxy:
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, f"http://{proxy.host}")
            error = failure(url)
        assert (error.kind, str(error)) == ("proxy_login", "the proxy wants a login, or another one (status 407)")

    def test_a_registry_that_speaks_as_a_proxy(self) -> None:
        with serve(always(reply(407))) as server:
            assert ask(f"http://{server.host}/v2/").status == 407

    @pytest.mark.parametrize(
        ("address", "text"),
        [
            pytest.param(
                "socks5://127.0.0.1:1080",
                "its address has socks5://, and only those with http:// can be used",
                id="SOCKS",
            ),
            pytest.param(
                "https://robot:s3cret@127.0.0.1:1",
                "its address has https://, and only those with http:// can be used",
                id="TLS to the proxy, with a login",
            ),
            pytest.param("http://user:p#ss@proxy:3128", "the address of the proxy cannot be read", id="# as it is"),
            pytest.param("http://proxy:port", "the address of the proxy cannot be read", id="a port that is no number"),
        ],
    )
    def test_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch, address: str, text: str) -> None:
        monkeypatch.setenv("https_proxy", address)
        error = failure("https://registry.invalid/v2/")
        assert (error.kind, str(error)) == ("proxy", text)

    def test_tunnel_https(self, tmp_path: Path, root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        tls = root.identity("registry.invalid").server_context(tmp_path)
        with serve(always(PLAIN), tls=tls) as server, Tunnel(("127.0.0.1", 0), _Pipes) as proxy:
            proxy.to = server
            threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
            assert ask("https://registry.invalid/v2/", tls=trust(root.pem, system=False)).status == 200
            proxy.shutdown()
        assert server.asked == ["GET /v2/"]
        assert proxy.wanted == [b"CONNECT registry.invalid:443"]

    def test_that_want_a_login_get_what_the_remedy_says(
        self, tmp_path: Path, root: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tls, trusted = root.identity("registry.invalid").server_context(tmp_path), trust(root.pem, system=False)
        with serve(always(PLAIN), tls=tls) as server, Tunnel(("127.0.0.1", 0), _Pipes) as proxy:
            proxy.to, proxy.login = server, b"Proxy-Authorization: Basic dXNAZXI6cDphL3Nz\r\n"  # us@er:p:a/ss
            threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            said = []
            for login in ("", "us%40er:wrong@", "us%40er:p%3Aa%2Fss@"):
                monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{proxy.server_address[1]}")
                try:
                    said.append(str(ask("https://registry.invalid/v2/", tls=trusted).status))
                except Unanswered as error:
                    said.append(error.kind)
            proxy.shutdown()
        assert said == ["proxy_login", "proxy_login", "200"]


class Tunnel(socketserver.ThreadingTCPServer):
    """A proxy whose tunnels all lead to one server."""

    daemon_threads = True
    to: Server
    login = b""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.wanted: list[bytes] = []


class _Pipes(socketserver.BaseRequestHandler):
    server: Tunnel

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.request.recv(1)
        self.server.wanted.append(head.partition(b" HTTP/")[0])
        if self.server.login not in head:
            self.request.sendall(reply(407, "Proxy-Authenticate: Basic"))
            return
        with socket.create_connection(self.server.to.server_address) as onward:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, self.request))
            back.start()
            _pump(self.request, onward)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

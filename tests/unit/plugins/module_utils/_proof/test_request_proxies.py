# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests through a proxy."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Unanswered

from tests.registries.authority import Authority
from tests.registries.scripted import Server, always, reply, serve
from tests.support.asking import PLAIN, ask, failure

pytestmark = pytest.mark.usefixtures("direct")


class TestProxies:
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

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy itself: it hands every request to a fault, or else forwards it."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.control_plane import Cluster
from tests.registries.authority import Authority

__all__ = ["Answer", "Exchange", "Proxy", "Request", "open_proxy"]

SECONDS = 30  # longer than anything waits here
NOT_FORWARDED = frozenset({"authorization", "connection", "content-length", "host", "transfer-encoding"})


@dataclasses.dataclass(frozen=True)
class Request:
    """One request that arrived; the names of `headers` are in lower case. `verb` is LIST for a GET of many."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def verb(self) -> str:
        return "LIST" if self.method == "GET" and self.path.endswith("/secrets") else self.method


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the API server said, or is made to have said."""

    status: int
    body: bytes
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_status(cls, code: int, reason: str, message: str, **headers: str) -> Answer:
        """Return a Kubernetes Status, as the API server sends with an error."""
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
        return cls(code, json.dumps({**status, "metadata": {}, "code": code}).encode(), headers)


class Exchange:
    """One request on its way: what a fault can do with it."""

    def __init__(self, proxy: Proxy, request: Request, handler: _Handler) -> None:
        self.proxy = proxy
        self.request = request
        self._handler = handler

    def forward(self) -> Answer:
        """Let the API server act, and return its answer."""
        request = self.request
        kept = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
        headers = {**kept, "Authorization": f"Bearer {self.proxy.token}"}
        self._handler.upstream.request(request.method, request.target, request.body or None, headers)
        response = self._handler.upstream.getresponse()
        return Answer(response.status, response.read(), {"Content-Type": response.headers["Content-Type"]})

    def reply(self, answer: Answer, *, bytes_sent: int | None = None) -> None:
        """Send an answer; with `bytes_sent` only that much of its body, and then hang up."""
        handler = self._handler
        handler.send_response(answer.status)
        headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(answer.body))}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body[:bytes_sent])
        if bytes_sent is not None:
            self.cut()

    def cut(self) -> None:
        """Hang up."""
        self._handler.close_connection = True
        with contextlib.suppress(OSError):
            self._handler.connection.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        """Say nothing until the client hangs up."""
        self._handler.close_connection = True
        self._handler.connection.settimeout(SECONDS)
        with contextlib.suppress(OSError):
            self._handler.connection.recv(1)


class Proxy:
    """It forwards what `fault` lets pass. `requests` is what arrived, in order."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        upstream = urlsplit(cluster.url)
        self.upstream = (str(upstream.hostname), int(upstream.port or 443))
        self.trust = ssl.create_default_context(cadata=cluster.certificate_authority)
        self.token = cluster.admin_token
        authority = Authority("fault proxy")
        self.tls = authority.identity().server_context(folder)
        self.ca_cert = folder / "ca.crt"
        self.ca_cert.write_bytes(authority.pem)
        self.requests: list[Request] = []
        self.fault: Callable[[Request], Callable[[Exchange], None] | None] = lambda _request: None
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = _Server(self, 0)
        self.port = self._server.server_address[1]
        self._thread: threading.Thread | None = None
        self._back: threading.Timer | None = None

    @property
    def connection(self) -> dict[str, str]:
        """Options of a module that goes through the proxy."""
        host = f"https://127.0.0.1:{self.port}"
        return {"host": host, "ca_cert": str(self.ca_cert), "api_key": "the-proxy-has-its-own"}

    def reset(self) -> None:
        """Forward everything again, and forget what arrived."""
        self.fault = lambda _request: None
        if self._back:
            self._back.cancel()
        self.up()
        self.requests.clear()

    def up(self) -> None:
        """Take connections."""
        with self._lock:
            if self._thread is None:
                self._server.server_activate()
                self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
                self._thread.start()

    def down(self, seconds: float | None = None) -> None:
        """Refuse connections, for so long or until `up()`, and cut those there are; the port stays ours."""
        with self._lock:
            if seconds is not None:
                self._back = threading.Timer(seconds, self.up)
                self._back.start()
            if self._thread is None:
                return
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server, self._thread = _Server(self, self.port), None
            for connection in list(self._connections):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        if self._back:
            self._back.cancel()
        self.down()
        self._server.server_close()

    def serve(self, request: Request, handler: _Handler) -> None:
        """Deal with one request."""
        exchange = Exchange(self, request, handler)
        with self._lock:
            if handler.server is not self._server:  # it slipped in while the proxy went down
                exchange.cut()
                return
            self.requests.append(request)
            fault = self.fault(request)
        if fault is None:
            exchange.reply(exchange.forward())
        else:
            fault(exchange)

    @contextlib.contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        self._connections.add(connection)
        try:
            yield
        finally:
            self._connections.discard(connection)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, proxy: Proxy, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler, bind_and_activate=False)
        self.proxy = proxy
        self.server_bind()  # bound, and not listening yet: connections are refused

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: both sides hang up whenever they like."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write an answer

    def setup(self) -> None:
        proxy = self.server.proxy
        self.request = proxy.tls.wrap_socket(self.request, server_side=True)
        self.upstream = http.client.HTTPSConnection(*proxy.upstream, timeout=SECONDS, context=proxy.trust)
        try:
            super().setup()
        except OSError:  # the client has gone already
            self.request.close()
            raise

    def handle(self) -> None:
        with contextlib.suppress(OSError), self.server.proxy.connected(self.connection):
            super().handle()

    def finish(self) -> None:
        self.upstream.close()
        with contextlib.suppress(OSError):
            super().finish()
        self.request.close()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.proxy.serve(Request(self.command, self.path, headers, body), self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - named by the standard library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the standard library
        """Say nothing."""


@contextlib.contextmanager
def open_proxy(cluster: Cluster) -> Iterator[Proxy]:
    """Give a proxy in front of the cluster for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="epinio-registries-") as folder:
        proxy = Proxy(cluster, Path(folder))
        proxy.up()
        try:
            yield proxy
        finally:
            proxy.close()

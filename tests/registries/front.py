# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy that stands before a real registry, as one does that ends TLS, and changes what it is told to."""

from __future__ import annotations

import dataclasses
import http.client
import http.server
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Front", "open_front"]

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@dataclasses.dataclass(frozen=True)
class Front:
    """What the proxy changes.

    `challenges`: the lines of `WWW-Authenticate` instead of the registry's. `open_base`: /v2/ asks nobody to log in.
    `tells_scheme`: it passes on that it was asked over HTTPS. `upload_host`: the host of an upload's `Location`.
    """

    challenges: Sequence[str] | None = None
    open_base: bool = False
    tells_scheme: bool = True
    upload_host: str | None = None


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, front: Front, behind: str, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front = front
        self.behind = behind
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up whenever they like."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        front = self.server.front
        if front.open_base and self.path == "/v2/":
            self._answer(200, [], b"")
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if front.tells_scheme:
            headers["X-Forwarded-Proto"] = "https"
        connection = http.client.HTTPConnection(self.server.behind, timeout=30)
        try:
            connection.request(self.command, self.path, body=self._body(), headers=headers)
            response = connection.getresponse()
            said = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            if response.status == 401 and front.challenges is not None:
                said = [(name, value) for name, value in said if name.lower() != "www-authenticate"]
                said += [("WWW-Authenticate", line) for line in front.challenges]
            if front.upload_host:
                said = [(name, _at(front.upload_host, value) if name == "Location" else value) for name, value in said]
            self._answer(response.status, said, response.read())
        finally:
            connection.close()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _at(host: str, url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}").geturl()


@contextmanager
def open_front(front: Front, behind: str, tls: ssl.SSLContext) -> Iterator[int]:
    """Run it before `host:port`, and give its port."""
    with _Server(front, behind, tls) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()

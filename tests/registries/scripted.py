# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that says exactly what a test tells it to, byte for byte, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import dataclasses
import http
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Union
from urllib.parse import parse_qs, urlsplit

__all__ = ["Request", "Script", "Server", "always", "reply", "serve"]


@dataclasses.dataclass(frozen=True)
class Request:
    """One request that arrived; the names of `headers` are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        """The body of a form."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


#: What to answer: all the bytes, or one piece after another. The connection is closed after them.
Script = Callable[[Request], Union[bytes, Iterable[bytes]]]


def reply(status: int, *headers: str, body: bytes | str = b"") -> bytes:
    """Return an answer with these headers (`Name: value`) and a length that fits."""
    data = body.encode() if isinstance(body, str) else body
    phrase = http.HTTPStatus(status).phrase
    lines = [f"HTTP/1.1 {status} {phrase}", *headers, f"Content-Length: {len(data)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + data


def always(answer: bytes) -> Script:
    """Return the script that has one answer to everything."""
    return lambda _request: answer


class Server(socketserver.ThreadingTCPServer):
    """It listens on a free port of the loopback; `requests` is what it was asked."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.tls = tls
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def host(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        """The requests in a line each."""
        return [str(request) for request in self.requests]

    @property
    def passwords(self) -> int:
        """How many requests brought a password."""
        return sum((request.authorization or "").startswith("Basic ") for request in self.requests)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up whenever they like."""


class _Handler(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.connections += 1
        connection: socket.socket = self.request
        with contextlib.suppress(OSError):
            if self.server.tls:
                connection = self.server.tls.wrap_socket(connection, server_side=True)
            with connection:
                request = _read(connection)
                if request:
                    self.server.requests.append(request)
                answer = self.server.script(request) if request else reply(400)
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)


def _read(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as stream:
        words = stream.readline().decode("latin-1").split()
        if len(words) != 3:
            return None  # such as the first words of TLS
        headers = {}
        for line in iter(stream.readline, b"\r\n"):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                return None
            headers[name.lower()] = value.strip()
        return Request(words[0], words[1], headers, _read_body(stream, headers))


def _read_body(stream: IO[bytes], headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return stream.read(int(headers.get("content-length", "0")))
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


@contextlib.contextmanager
def serve(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Give a server that answers by this script, for as long as the block lasts."""
    with Server(script, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request to a server that need not be well-behaved: bounded in time and size, and never repeated.

Redirects are answers like any other, cookies and netrc files do not exist, every request has a connection of its own.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import http.client
import io
import ipaddress
import os
import platform
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment

from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks
from ansible_collections.epinio.registries.plugins.module_utils._reading.trust import verify_as_go

#: No answer of a registry or a token service is longer (the longest are tokens, of some KiB); bytes.
BODY_LIMIT = 1 << 20
_HEADERS = {"User-Agent": "epinio.registries", "Connection": "close"}
#: What OpenSSL calls a first record that is not TLS, as from a server that speaks plain HTTP.
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})

Kind = Literal[
    "time",
    "name",
    "connection",
    "proxy",
    "proxy_login",
    "untrusted",
    "tls",
    "not_tls",
    "closed",
    "garbled",
    "python",
]


class Unanswered(Exception):
    """There is no answer, and this is why. The text holds nothing that the server sent.

    ``kind`` is one of: ``time`` (the deadline passed), ``name`` (not resolved), ``connection`` (refused,
    unreachable), ``proxy``, ``proxy_login`` (the proxy wants one, or another), ``untrusted`` (``code`` is OpenSSL's
    verify code), ``tls`` (any other failure of TLS), ``not_tls`` (it speaks something else, such as plain HTTP),
    ``closed`` (without a byte of an answer), ``garbled`` (cut short or not HTTP), ``python`` (its `http.client` is none
    that is known here). ``sent`` tells whether the request may have reached the server.
    """

    def __init__(self, kind: Kind, text: str, *, code: int = 0, sent: bool = False) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code
        self.sent = sent


class Deadline:
    """An instant that no waiting goes past."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left; raises TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server said. ``headers`` gives the value of a header by any case of its name."""

    status: int
    headers: http.client.HTTPMessage = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False, default=b"")


class Proxies:
    """The proxies that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`), as for all of Ansible; none for `NO_PROXY`.

    `NO_PROXY` is a list of host names, domains, addresses, networks such as `10.0.0.0/8`, or `*`.
    """

    def __init__(self) -> None:
        self._proxies = getproxies_environment()
        listed = (entry.strip().lower() for entry in self._proxies.get("no", "").split(","))
        self._direct = [entry for entry in listed if entry]

    def of(self, url: SplitResult) -> SplitResult | None:
        """Return the proxy for this URL, or none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if not proxy or any(_covers(entry, url) for entry in self._direct):
            return None
        return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _covers(entry: str, url: SplitResult) -> bool:
    """Tell whether an entry of `NO_PROXY` names the host of this URL, its domain or its network."""
    host = url.hostname or ""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.lstrip("*.")
        return entry == "*" or (bool(name) and (name in {host, url.netloc.lower()} or host.endswith(f".{name}")))


def trust(bundle: bytes | None, *, system: bool) -> ssl.SSLContext:
    """Return what trusts the certificates of a PEM bundle, the system's roots, or both, as a client written in Go does.

    Any certificate of the bundle may end a chain, also one that is no root, and blocks that are no certificate are
    passed over (Go, crypto/x509, CertPool). Common names do not count. Raises ValueError where nothing at all would
    be trusted.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    verify_as_go(context)
    if system:
        context.load_default_certs()
    loaded = sum(
        _load(context, content)
        for kind, has_headers, content in pem_blocks(bundle or b"")
        if kind == b"CERTIFICATE" and not has_headers
    )
    if not loaded and not system:
        raise ValueError("no certificate to trust")
    return context


def _load(context: ssl.SSLContext, certificate: bytes) -> bool:
    try:
        context.load_verify_locations(cadata=certificate)
    except (ValueError, ssl.SSLError):  # empty, or not a certificate
        return False
    return True


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    tls: ssl.SSLContext,
    deadline: Deadline,
    proxies: Proxies,
) -> Answer:
    """Send one request and return its answer, whatever it is. Raises Unanswered.

    The bodies of an accepted upload and of a cancelled one say nothing, so that they are not waited for.
    """
    sent, parts = False, urlsplit(url)
    try:
        connection, target, extra = _connection(parts, tls, deadline, proxies)
        try:
            connection.connect()
            sent = True
            connection.request(method, target, body, {**_HEADERS, **extra, **headers})
            response = connection.getresponse()
            if response.status == 407 and parts.scheme == "http" and proxies.of(parts):
                raise _ProxyLogin
            answer = b"" if response.status in {202, 204} else _body(response)
            return Answer(response.status, response.headers, answer)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _why(error, sent) from None


def _connection(
    url: SplitResult, tls: ssl.SSLContext, deadline: Deadline, proxies: Proxies
) -> tuple[http.client.HTTPConnection, str, Mapping[str, str]]:
    """Return a connection that is not open yet, the target to ask it for, and the headers that a proxy needs."""
    host, port = url.hostname or "", url.port
    proxy = proxies.of(url)
    at, at_port = _at(proxy) if proxy else (host, port)
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        connection = http.client.HTTPSConnection(at, at_port, timeout=deadline.left(), context=tls)
    else:
        connection = http.client.HTTPConnection(at, at_port, timeout=deadline.left())
    connection.response_class = functools.partial(TimelyResponse, deadline=deadline)  # type: ignore[assignment]
    target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
    if not proxy:
        return connection, target, {}
    if url.scheme == "https":
        connection.set_tunnel(host, port, headers=_proxy_authorization(proxy))
        return connection, target, {}
    return connection, url._replace(fragment="").geturl(), _proxy_authorization(proxy)


def _at(proxy: SplitResult) -> tuple[str, int]:
    if proxy.scheme != "http":
        raise _Proxy(f"its address has {proxy.scheme}://, and only those with http:// can be used")
    try:
        return proxy.hostname or "", proxy.port or 80
    except ValueError:
        raise _Proxy("the address of the proxy cannot be read") from None


def _proxy_authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _body(response: http.client.HTTPResponse) -> bytes:
    """Return the body as far as it comes: what it adds to the status may be missing."""
    try:
        return response.read(BODY_LIMIT)
    except (OSError, ValueError, http.client.HTTPException):
        return b""


class _Proxy(OSError):
    """The proxy is the reason."""


class _ProxyLogin(OSError):
    """The proxy wants a login."""


class _CutShort(http.client.HTTPException):
    """The stream ended within the head of the answer."""


class TimelyResponse(http.client.HTTPResponse):
    """An answer whose head must be whole, read within the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        read_through(self, lambda stream: _Stream(_Bytes(sock, stream, deadline)))


def read_through(response: http.client.HTTPResponse, wrap: Callable[[io.BufferedReader], io.BufferedReader]) -> None:
    """Let an answer that is not read yet read from what ``wrap`` makes of its stream.

    The one place that knows `fp`, a private part of `http.client`. Raises Unanswered where it is not as expected.
    """
    stream = getattr(response, "fp", None)
    if not isinstance(stream, io.BufferedReader):
        text = f"`http.client` of Python {platform.python_version()} keeps the stream of an answer in another place"
        raise Unanswered("python", text, sent=True)
    response.fp = wrap(stream)


class _Stream(io.BufferedReader):
    """Lines that are whole: `http.client` takes the end of the stream for the end of the headers."""

    begun = False

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(-1 if size is None else size)
        if (line or self.begun) and not line.endswith(b"\n") and len(line) != size:
            raise _CutShort
        self.begun = True
        return line


class _Bytes(io.RawIOBase):
    """The bytes of a socket, all of them by the deadline: a socket's own time limit starts anew with each read."""

    def __init__(self, sock: socket.socket, stream: io.BufferedReader, deadline: Deadline) -> None:
        super().__init__()
        self._socket = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._socket.settimeout(self._deadline.left())
        try:
            return self._stream.raw.readinto(buffer) or 0
        except ConnectionError:
            return 0  # a connection that breaks ends the stream like one that is closed

    def close(self) -> None:
        super().close()
        self._stream.close()


def _why(error: Exception, sent: bool) -> Unanswered:
    """Return the reason in words of our own."""
    if isinstance(error, (TimeoutError, socket.timeout)):
        return Unanswered("time", "no answer in time", sent=sent)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unanswered("untrusted", error.verify_message, code=error.verify_code)
    if isinstance(error, ssl.SSLError):
        kind: Kind = "not_tls" if error.reason in _NOT_TLS and not sent else "tls"
        return Unanswered(kind, (error.reason or "the connection ended").lower().replace("_", " "), sent=sent)
    if isinstance(error, socket.gaierror):
        return Unanswered("name", "the name cannot be resolved")
    if isinstance(error, (http.client.RemoteDisconnected, ConnectionError)) and sent:
        return Unanswered("closed", "the connection was closed without an answer", sent=True)
    if isinstance(error, _ProxyLogin) or "Tunnel connection failed: 407" in str(error):
        return Unanswered("proxy_login", "the proxy wants a login, or another one (status 407)")
    if isinstance(error, _Proxy) or (isinstance(error, OSError) and "Tunnel" in str(error)):
        return Unanswered("proxy", _tunnel(error))
    if isinstance(error, OSError):
        return Unanswered("connection", os.strerror(error.errno) if error.errno else "no connection", sent=sent)
    return Unanswered("garbled", "the answer is not HTTP, or it was cut short", sent=sent)


def _tunnel(error: Exception) -> str:
    status = re.search(r"failed: (\d{3})", str(error))
    return f"the proxy refused with status {status[1]}" if status else str(error)

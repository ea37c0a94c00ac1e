# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request to a server that need not be well-behaved: bounded in time and size, and never repeated.

Redirects are answers like any other, cookies and netrc files do not exist, every request has a connection of its own.
"""

from __future__ import annotations

import dataclasses
import functools
import http.client
import os
import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._proof.proxies import (
    Proxies,
    ProxyLoginWanted,
    ProxyUseless,
)
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import (
    Deadline,
    Kind,
    TimelyResponse,
    Unanswered,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import pem_blocks
from ansible_collections.epinio.registries.plugins.module_utils._reading.trust import verify_as_go

#: No answer of a registry or a token service is longer (the longest are tokens, of some KiB); bytes.
BODY_LIMIT = 1 << 20
_HEADERS = {"User-Agent": "epinio.registries", "Connection": "close"}
#: What OpenSSL calls a first record that is not TLS, as from a server that speaks plain HTTP.
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server said. ``headers`` gives the value of a header by any case of its name."""

    status: int
    headers: http.client.HTTPMessage = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False, default=b"")


def trust(bundle: bytes | None, *, system: bool) -> ssl.SSLContext:
    """Return what trusts the certificates of a PEM bundle, the system's roots, or both, as a client written in Go does.

    Any certificate of the bundle may end a chain, also one that is not a root, and blocks that are not certificates are
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
                raise ProxyLoginWanted
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
    at, at_port = proxy.address() if proxy else (host, port)
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
        connection.set_tunnel(host, port, headers=proxy.authorization())
        return connection, target, {}
    return connection, url._replace(fragment="").geturl(), proxy.authorization()


def _body(response: http.client.HTTPResponse) -> bytes:
    """Return the body as far as it comes: what it adds to the status may be missing."""
    try:
        return response.read(BODY_LIMIT)
    except (OSError, ValueError, http.client.HTTPException):
        return b""


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
    if isinstance(error, ProxyLoginWanted) or "Tunnel connection failed: 407" in str(error):
        return Unanswered("proxy_login", "the proxy wants a login, or another one (status 407)")
    if isinstance(error, ProxyUseless) or (isinstance(error, OSError) and "Tunnel" in str(error)):
        return Unanswered("proxy", _tunnel(error))
    if isinstance(error, OSError):
        return Unanswered("connection", os.strerror(error.errno) if error.errno else "no connection", sent=sent)
    return Unanswered("garbled", "the answer is not HTTP, or it was cut short", sent=sent)


def _tunnel(error: Exception) -> str:
    status = re.search(r"failed: (\d{3})", str(error))
    return f"the proxy refused with status {status[1]}" if status else str(error)

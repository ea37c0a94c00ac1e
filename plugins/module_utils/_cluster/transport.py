# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections to an API server: trusted as Go trusts, bounded in time and size, logged in at a proxy."""

from __future__ import annotations

import functools
import socket
import ssl
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, without_userinfo
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline, TimelyResponse
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials

#: A page of 500 objects whose annotations are as large as Kubernetes lets them be (256 KiB each); bytes.
LIMIT = 1 << 27
_PIECE = 1 << 16
#: Seconds that stand for a socket without a time limit, which no request here has.
_FOREVER = 3600.0


def opened(configuration: Any, *, server_name: str | None) -> Any:
    """Return urllib3's pool for a client configuration. Raises ClusterError where a certificate or key is of no use.

    ``server_name``: whose certificate is wanted, if not the host's.
    """
    proxy = urlsplit(configuration.proxy or "")
    if proxy.username is not None:
        login = {"proxy-authorization": Credentials(unquote(proxy.username), unquote(proxy.password or "")).basic}
        configuration.proxy_headers = {**login, **(configuration.proxy_headers or {})}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is missing is said below
            client = libraries.kubernetes.ApiClient(configuration)
    except (ImportError, libraries.urllib3.exceptions.URLSchemeUnknown):  # socks5:// and the like
        raise ClusterError(said("proxy_unusable", proxy=without_userinfo(configuration.proxy, MASK))) from None
    pool = libraries.pool(client)
    settings = pool.connection_pool_kw
    for name in ("cert_reqs", "ca_certs", "ca_cert_data", "cert_file", "key_file"):
        settings.pop(name, None)
    settings["ssl_context"] = _context(configuration)
    if server_name:
        settings["server_hostname"] = server_name
    if getattr(pool, "proxy_config", None) is not None:  # a proxy that is spoken to by https has a certificate too
        pool.proxy_config = pool.proxy_config._replace(ssl_context=_authorities(configuration.ssl_ca_cert, system=True))
        settings["_proxy_config"] = pool.proxy_config
    pool.pool_classes_by_scheme = {scheme: _timely(kind) for scheme, kind in pool.pool_classes_by_scheme.items()}
    return pool


@functools.cache
def _timely(kind: Any) -> Any:
    """Return a kind of urllib3's pool whose answers come within the time that the request has left."""
    connection = type(kind.ConnectionCls.__name__, (kind.ConnectionCls,), {"response_class": _Response})
    return type(kind.__name__, (kind,), {"ConnectionCls": connection})


class _Response(TimelyResponse):
    """An answer that ends when the time does that the socket was given for it."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, deadline=Deadline(sock.gettimeout() or _FOREVER), **options)


def content(response: Any) -> bytes:
    """Return the body of an answer as it was sent. Raises ValueError where it is longer than anything that is read."""
    parts: list[bytes] = []
    size = 0
    try:
        for part in response.stream(_PIECE, decode_content=False):
            size += len(part)
            if size > LIMIT:
                raise ValueError(f"its answer is longer than {LIMIT >> 20} MiB")
            parts.append(part)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return b"".join(parts)


def _context(configuration: Any) -> ssl.SSLContext:
    if configuration.verify_ssl:
        context = _authorities(configuration.ssl_ca_cert, system=not configuration.ssl_ca_cert)
        context.check_hostname = not libraries.has_old_urllib3()  # which gives ssl no name that is an address
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        try:  # a key with a passphrase would ask for it at the terminal
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password="")
        except (OSError, ValueError) as error:
            raise ClusterError(said("client_key_useless", reason=_why_key(error))) from None
    return context


def _authorities(path: str | None, *, system: bool) -> ssl.SSLContext:
    try:
        bundle = None
        if path:
            with Path(path).open("rb") as file:
                bundle = file.read(LIMIT)
        return trust(bundle, system=system)
    except OSError as error:
        raise ClusterError(said("authority_useless", reason=error.strerror)) from None
    except ValueError:
        raise ClusterError(said("authority_useless", reason="it holds no certificate in PEM form")) from None


def _why_key(error: Exception) -> str:
    if "MISMATCH" in str(error).upper():
        return "the key belongs to another certificate"
    if isinstance(error, ssl.SSLError):
        return "one of them is not in PEM form, or the key has a passphrase"
    return getattr(error, "strerror", None) or type(error).__name__

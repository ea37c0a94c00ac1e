# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Helm does not go although the registry says so, since it is built with oras-go v2.6.2 (Epinio 1.14.1)."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

#: Go's net.IP: IsLoopback, IsPrivate, IsLinkLocalUnicast, IsLinkLocalMulticast, IsUnspecified.
_INTERNAL = [
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "224.0.0.0/24"),
        *("0.0.0.0/32", "::1/128", "fc00::/7", "fe80::/10", "::/128"),
        *(f"ff{flags:x}2::/16" for flags in range(16)),
    )
]


def shuns_realm(realm: str, registry: str) -> bool:
    """Tell whether Helm refuses a token service at an internal address (oras-go, auth/client.go, validateRealm).

    ``realm`` is a URL with a host, ``registry`` is `host[:port]`. The registry's own host is none that is refused, and
    no name is, wherever it resolves to.
    """
    host = urlsplit(realm).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if "%" in host:  # for Go an address with a zone is a name
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return host != urlsplit(f"//{registry}").hostname and any(address in network for network in _INTERNAL)


def shuns_upload(location: str, origin: str) -> bool:
    """Tell whether Helm refuses to upload there (oras-go, remote/repository.go, completePushAfterInitialPost).

    Both are URLs. It must be the same host, letter by letter, and the same port, over HTTPS.
    """
    return urlsplit(location).scheme != "https" or _server(location) != _server(origin)


def _server(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return host[: -len(f":{parts.port}")] if parts.port else host.rstrip(":"), parts.port or 443

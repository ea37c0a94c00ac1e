# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxies that the environment names: which one a URL is asked through, and the login there."""

from __future__ import annotations

import dataclasses
import ipaddress
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment

from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials


class ProxyUseless(OSError):
    """The proxy is the reason."""


class ProxyLoginWanted(OSError):
    """The proxy wants a login."""


@dataclasses.dataclass(frozen=True)
class Proxy:
    """One proxy, by its address."""

    url: SplitResult = dataclasses.field(repr=False)

    def address(self) -> tuple[str, int]:
        """Return host and port. Raises ProxyUseless where it cannot be used."""
        if self.url.scheme != "http":
            raise ProxyUseless(f"its address has {self.url.scheme}://, and only those with http:// can be used")
        try:
            return self.url.hostname or "", self.url.port or 80
        except ValueError:
            raise ProxyUseless("the address of the proxy cannot be read") from None

    def authorization(self) -> dict[str, str]:
        """Return the header that logs in with the user and the password of the address, if it has them."""
        if self.url.username is None:
            return {}
        login = Credentials(unquote(self.url.username), unquote(self.url.password or ""))
        return {"Proxy-Authorization": login.basic}


class Proxies:
    """The proxies that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`), as for all of Ansible; none for `NO_PROXY`.

    `NO_PROXY` is a list of host names, domains, addresses, networks such as `10.0.0.0/8`, or `*`.
    """

    def __init__(self) -> None:
        self._proxies = getproxies_environment()
        listed = (entry.strip().lower() for entry in self._proxies.get("no", "").split(","))
        self._direct = [entry for entry in listed if entry]

    def of(self, url: SplitResult) -> Proxy | None:
        """Return the proxy for this URL, or none."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if not proxy or any(_covers(entry, url) for entry in self._direct):
            return None
        return Proxy(urlsplit(proxy if "://" in proxy else f"http://{proxy}"))


def _covers(entry: str, url: SplitResult) -> bool:
    """Tell whether an entry of `NO_PROXY` names the host of this URL, its domain or its network."""
    host = url.hostname or ""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.lstrip("*.")
        return entry == "*" or (bool(name) and (name in {host, url.netloc.lower()} or host.endswith(f".{name}")))

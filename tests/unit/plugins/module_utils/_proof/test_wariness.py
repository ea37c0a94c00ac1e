# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Helm does not go, row by row as oras-go v2.6.2 decides."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.wariness import shuns_realm, shuns_upload


@pytest.mark.parametrize(
    ("host", "is_shunned"),
    [
        pytest.param("auth.example", False, id="a name"),
        pytest.param("localhost", False, id="a name of the loopback"),
        pytest.param("192.0.2.1", False, id="an address that is not private to Go"),
        pytest.param("8.8.8.8", False, id="a public address"),
        pytest.param("127.0.0.1", True, id="loopback"),
        pytest.param("127.255.255.254", True, id="the end of the loopback"),
        pytest.param("10.1.2.3", True, id="private, 10/8"),
        pytest.param("172.15.0.1", False, id="before 172.16/12"),
        pytest.param("172.31.0.1", True, id="private, 172.16/12"),
        pytest.param("172.32.0.1", False, id="behind 172.16/12"),
        pytest.param("192.168.0.1", True, id="private, 192.168/16"),
        pytest.param("169.254.169.254", True, id="link-local"),
        pytest.param("224.0.0.1", True, id="link-local multicast"),
        pytest.param("224.0.1.1", False, id="another multicast"),
        pytest.param("0.0.0.0", True, id="unspecified"),
        pytest.param("0.0.0.1", False, id="the address after it"),
        pytest.param("100.64.0.1", False, id="carrier-grade NAT"),
        pytest.param("127.1", False, id="an address that Go takes for a name"),
        pytest.param("127.000.000.001", False, id="leading zeros"),
        pytest.param("[::1]", True, id="loopback of IPv6"),
        pytest.param("[::]", True, id="unspecified of IPv6"),
        pytest.param("[fd00::1]", True, id="private of IPv6"),
        pytest.param("[fe80::1]", True, id="link-local of IPv6"),
        pytest.param("[fe80::1%25eth0]", False, id="link-local with a zone"),
        pytest.param("[ff12::1]", True, id="link-local multicast of IPv6"),
        pytest.param("[ff05::1]", False, id="another multicast of IPv6"),
        pytest.param("[2001:db8::1]", False, id="a public address of IPv6"),
        pytest.param("[::ffff:10.0.0.1]", True, id="private, mapped into IPv6"),
        pytest.param("[::ffff:8.8.8.8]", False, id="public, mapped into IPv6"),
        pytest.param("10.0.0.5", False, id="the registry's own host"),
        pytest.param("user@10.0.0.6", True, id="behind a user name"),
    ],
)
def test_realms(host: str, is_shunned: bool) -> None:
    assert shuns_realm(f"https://{host}:5001/token", "10.0.0.5:5000") == is_shunned


def test_the_registry_s_own_host_has_no_port() -> None:
    assert not shuns_realm("https://127.0.0.1/token", "127.0.0.1:5000")
    assert shuns_realm("https://127.0.0.1/token", "localhost")


@pytest.mark.parametrize(
    ("location", "origin", "is_shunned"),
    [
        pytest.param("https://r.example/x", "https://r.example", False, id="the registry"),
        pytest.param("https://r.example:443/x", "https://r.example", False, id="with its port"),
        pytest.param("https://r.example/x", "https://r.example:443", False, id="without its port"),
        pytest.param("https://r.example:/x", "https://r.example", False, id="with an empty port"),
        pytest.param("HTTPS://r.example/x", "https://r.example", False, id="another case of the scheme"),
        pytest.param("https://user:x@r.example/x", "https://r.example", False, id="with a user"),
        pytest.param("https://R.example/x", "https://r.example", True, id="another case of the host"),
        pytest.param("https://r.example:5000/x", "https://r.example", True, id="another port"),
        pytest.param("https://r.example/x", "https://r.example:5000", True, id="without the port"),
        pytest.param("http://r.example:5000/x", "https://r.example:5000", True, id="in clear"),
        pytest.param("https://storage.example/x", "https://r.example", True, id="another host"),
        pytest.param("https://[::1]:5000/x", "https://[::1]:5000", False, id="IPv6"),
        pytest.param("https://[::1]/x", "https://[::1]:5000", True, id="IPv6, without the port"),
    ],
)
def test_uploads(location: str, origin: str, is_shunned: bool) -> None:
    assert shuns_upload(location, origin) == is_shunned

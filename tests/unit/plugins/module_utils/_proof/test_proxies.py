# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.proxies import Proxies

pytestmark = pytest.mark.usefixtures("direct")


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        pytest.param("https://quay.io/v2/", {}, None, id="none is named"),
        pytest.param("https://quay.io/v2/", {"HTTPS_PROXY": "http://proxy:3128"}, "proxy:3128", id="upper case"),
        pytest.param(
            "https://quay.io/v2/", {"https_proxy": "proxy:3128"}, "proxy:3128", id="lower case, without a scheme"
        ),
        pytest.param(
            "http://quay.io/v2/", {"https_proxy": "http://proxy:3128"}, None, id="https_proxy is not for http"
        ),
        pytest.param("http://quay.io/v2/", {"http_proxy": "http://proxy:3128"}, "proxy:3128", id="http_proxy"),
        pytest.param("http://quay.io/v2/", {"all_proxy": "http://proxy:3128"}, "proxy:3128", id="all_proxy"),
        pytest.param(
            "https://quay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": "other.io, quay.io"},
            None,
            id="no_proxy: a list",
        ),
        pytest.param(
            "https://quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "QUAY.IO"}, None, id="no_proxy: in any case"
        ),
        pytest.param(
            "https://eu.quay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": ".quay.io"},
            None,
            id="no_proxy: a domain with a dot",
        ),
        pytest.param(
            "https://eu.quay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": "*.quay.io"},
            None,
            id="no_proxy: a domain with an asterisk",
        ),
        pytest.param(
            "https://eu.quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "quay.io"}, None, id="no_proxy: a domain"
        ),
        pytest.param(
            "https://myquay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": "quay.io"},
            "proxy",
            id="no_proxy: not a part of a word",
        ),
        pytest.param(
            "https://quay.io:5000/v2/",
            {"https_proxy": "proxy", "no_proxy": "quay.io:5000"},
            None,
            id="no_proxy: with its port",
        ),
        pytest.param(
            "https://quay.io:5001/v2/",
            {"https_proxy": "proxy", "no_proxy": "quay.io:5000"},
            "proxy",
            id="no_proxy: with another port",
        ),
        pytest.param("https://quay.io/v2/", {"https_proxy": "proxy", "no_proxy": "*"}, None, id="no_proxy: everything"),
        pytest.param(
            "https://quay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": ".,,"},
            "proxy",
            id="no_proxy: empty entries",
        ),
        pytest.param(
            "https://10.1.2.3/v2/",
            {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
            None,
            id="no_proxy: a network",
        ),
        pytest.param(
            "https://10.1.2.3/v2/",
            {"https_proxy": "proxy", "no_proxy": "10.1.2.3"},
            None,
            id="no_proxy: an address",
        ),
        pytest.param(
            "https://11.1.2.3/v2/",
            {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
            "proxy",
            id="no_proxy: another network",
        ),
        pytest.param(
            "https://quay.io/v2/",
            {"https_proxy": "proxy", "no_proxy": "10.0.0.0/8"},
            "proxy",
            id="no_proxy: a network is not for names",
        ),
        pytest.param(
            "https://[fd00::1]/v2/",
            {"https_proxy": "proxy", "no_proxy": "fd00::/8"},
            None,
            id="no_proxy: a network of IPv6",
        ),
    ],
)
def test_come_from_the_environment(
    url: str, environment: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = Proxies().of(urlsplit(url))
    assert (found and found.url.netloc) == proxy

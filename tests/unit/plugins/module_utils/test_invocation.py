# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._invocation import redacted
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
LIST = OPTIONS["export_registries"].argument_spec


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param({"registry_password": "s3cret"}, {"registry_password": HIDDEN}, id="a password"),
        pytest.param({"registry_password": None}, {"registry_password": None}, id="no password"),
        pytest.param(
            {"certificate": "-----BEGIN CERTIFICATE-----"},
            {"certificate": "-----BEGIN CERTIFICATE-----"},
            id="a certificate",
        ),
        pytest.param(
            {"certificate": "-----BEGIN PRIVATE KEY-----"},
            {"certificate": HIDDEN},
            id="a private key for a certificate",
        ),
        pytest.param({"certificate": "s3cret"}, {"certificate": HIDDEN}, id="text for a certificate"),
        pytest.param(
            {"registry_password": "s3cret", "registry": "a:s3cret@b"},
            {"registry_password": HIDDEN, "registry": HIDDEN},
            id="the password in the registry",
        ),
        pytest.param(
            {"registry_password": "s3cret", "labels": {"a": "s3cret"}},
            {"registry_password": HIDDEN, "labels": HIDDEN},
            id="the password in a label",
        ),
        pytest.param(
            {"registry_password": {"a": ["s3cret"]}, "registry": "a:s3cret@b"},
            {"registry_password": HIDDEN, "registry": HIDDEN},
            id="a password in a mapping",
        ),
        pytest.param(
            {"registry_password": "s3cret\n", "registry": "s3cret"},
            {"registry_password": HIDDEN, "registry": HIDDEN},
            id="a line end behind the password",
        ),
        pytest.param(
            {"registry_password": ["s3cret"], "labels": {"a": "b"}},
            {"registry_password": HIDDEN, "labels": {"a": "b"}},
            id="a password in a list",
        ),
    ],
)
def test_what_an_invocation_shows_of_a_destination(given, shown):
    assert redacted({"destinations": [given]}, LIST) == {"destinations": [shown]}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param({"api_key": "s3cret"}, {"api_key": HIDDEN}, id="a token"),
        pytest.param({"kubeconfig": "~/.kube/config"}, {"kubeconfig": "~/.kube/config"}, id="the path of a kubeconfig"),
        pytest.param({"kubeconfig": {"users": []}}, {"kubeconfig": HIDDEN}, id="a kubeconfig as a mapping"),
        pytest.param({"kubeconfig": "a: b\nc: d"}, {"kubeconfig": HIDDEN}, id="a kubeconfig as YAML"),
        pytest.param({"kubeconfig": '{"users": []}'}, {"kubeconfig": HIDDEN}, id="a kubeconfig as JSON"),
        pytest.param(
            {"proxy": "http://a:b/@c:1"}, {"proxy": f"http://{HIDDEN}@c:1"}, id="a slash in the password of a proxy"
        ),
        pytest.param(
            {"host": "https://a:b@c//d@e:1/f"},
            {"host": f"https://{HIDDEN}@e:1/f"},
            id="an at sign and slashes in the password of a host",
        ),
        pytest.param({"host": "https://a:1"}, {"host": "https://a:1"}, id="a host without a login"),
        pytest.param({"proxy": "a:b@c:1"}, {"proxy": f"{HIDDEN}@c:1"}, id="a proxy without a scheme"),
        pytest.param(
            {"proxy": "a:b//c@d:1"},
            {"proxy": f"{HIDDEN}@d:1"},
            id="slashes in the password of a proxy without a scheme",
        ),
        pytest.param({"host": "a:1"}, {"host": "a:1"}, id="a host without a scheme"),
        pytest.param(
            {"proxy_headers": {"basic_auth": "a:b", "user_agent": "c"}},
            {"proxy_headers": {"basic_auth": HIDDEN, "user_agent": "c"}},
            id="a login in the headers of a proxy",
        ),
        pytest.param(
            {"namespace": "epinio", "prune": False}, {"namespace": "epinio", "prune": False}, id="what is no secret"
        ),
    ],
)
def test_what_an_invocation_shows_of_a_connection(given, shown):
    assert redacted(given, LIST) == shown

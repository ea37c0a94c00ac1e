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
        ({"registry_password": "s3cret"}, {"registry_password": HIDDEN}),
        ({"registry_password": None}, {"registry_password": None}),
        ({"certificate": "-----BEGIN CERTIFICATE-----"}, {"certificate": "-----BEGIN CERTIFICATE-----"}),
        ({"certificate": "-----BEGIN PRIVATE KEY-----"}, {"certificate": HIDDEN}),
        ({"certificate": "s3cret"}, {"certificate": HIDDEN}),
        ({"registry_password": "s3cret", "registry": "a:s3cret@b"}, {"registry_password": HIDDEN, "registry": HIDDEN}),
        ({"registry_password": "s3cret", "labels": {"a": "s3cret"}}, {"registry_password": HIDDEN, "labels": HIDDEN}),
        (
            {"registry_password": {"a": ["s3cret"]}, "registry": "a:s3cret@b"},
            {"registry_password": HIDDEN, "registry": HIDDEN},
        ),
        ({"registry_password": "s3cret\n", "registry": "s3cret"}, {"registry_password": HIDDEN, "registry": HIDDEN}),
        ({"registry_password": ["s3cret"], "labels": {"a": "b"}}, {"registry_password": HIDDEN, "labels": {"a": "b"}}),
    ],
)
def test_what_an_invocation_shows_of_a_destination(given, shown):
    assert redacted({"destinations": [given]}, LIST) == {"destinations": [shown]}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"api_key": "s3cret"}, {"api_key": HIDDEN}),
        ({"kubeconfig": "~/.kube/config"}, {"kubeconfig": "~/.kube/config"}),
        ({"kubeconfig": {"users": []}}, {"kubeconfig": HIDDEN}),
        ({"kubeconfig": "a: b\nc: d"}, {"kubeconfig": HIDDEN}),
        ({"kubeconfig": '{"users": []}'}, {"kubeconfig": HIDDEN}),
        ({"proxy": "http://a:b/@c:1"}, {"proxy": f"http://{HIDDEN}@c:1"}),
        ({"host": "https://a:b@c//d@e:1/f"}, {"host": f"https://{HIDDEN}@e:1/f"}),
        ({"host": "https://a:1"}, {"host": "https://a:1"}),
        ({"proxy": "a:b@c:1"}, {"proxy": f"{HIDDEN}@c:1"}),
        ({"proxy": "a:b//c@d:1"}, {"proxy": f"{HIDDEN}@d:1"}),
        ({"host": "a:1"}, {"host": "a:1"}),
        (
            {"proxy_headers": {"basic_auth": "a:b", "user_agent": "c"}},
            {"proxy_headers": {"basic_auth": HIDDEN, "user_agent": "c"}},
        ),
        ({"namespace": "epinio", "prune": False}, {"namespace": "epinio", "prune": False}),
    ],
)
def test_what_an_invocation_shows_of_a_connection(given, shown):
    assert redacted(given, LIST) == shown

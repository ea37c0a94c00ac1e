# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there, as Epinio reads it."""

from __future__ import annotations

import base64

from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.runs import params, run_list

CA = builders.authority("CA one")


def test_info_as_epinio_reads_it(api):
    run_list(api, builders.item("acme", certificate=CA))
    api.store(builders.destination_secret("half", config={"auths": {"registry.example.com": {"username": "a"}}}))
    api.store(builders.secret("other", {"key": b"x"}))
    result = engine.run("export_registry_info", params(api)).result
    assert [one["name"] for one in result["destinations"]] == ["acme", "half"]
    acme, half = result["destinations"]
    assert acme == {
        "name": "acme",
        "namespace": "epinio",
        "registry": "registry.example.com",
        "organization": "acme",
        "username": "robot",
        "url": "registry.example.com/acme",
        "listed": True,
        "usable": True,
        "legs": {"list": {"ok": True}, "chart": {"ok": True}, "image": {"ok": True}},
        "problems": [],
        "certificate": acme["certificate"],
        "managed": True,
        "written_by": None,
    }
    assert acme["certificate"]["secret"] == "acme-certificate"
    assert acme["certificate"]["certificates"][0]["subject"] == "CN=CA one"
    assert acme["certificate"]["expires"] == acme["certificate"]["certificates"][0]["not_after"]
    assert (half["listed"], half["usable"], half["managed"]) == (True, False, False)
    assert {"code", "leg", "message", "remedy"} == set(half["problems"][0])
    assert [(one["secret"], one["destinations"], one["managed"]) for one in result["certificates"]] == [
        ("acme-certificate", ["acme"], True)
    ]
    named = engine.run("export_registry_info", params(api, names=["other", "nowhere"])).result
    assert [(one["name"], one["listed"]) for one in named["destinations"]] == [("other", False)]


def test_info_asks_once_for_a_certificate_that_many_name(api):
    certs = {"certs": base64.b64encode(b"ca").decode()}
    for number in range(5):
        api.store(builders.destination_secret(f"d{number}", data=certs))
    engine.run("export_registry_info", params(api))
    assert [path.rpartition("/")[2] for _method, path in api.requests] == ["secrets", "secrets", "ca"]

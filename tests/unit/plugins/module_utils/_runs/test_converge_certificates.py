# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate secrets that one run removes while another one begins to name them."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster
from ansible_collections.epinio.registries.plugins.module_utils._runs import converge
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once
from ansible_collections.epinio.registries.tests.support.runs import FORBIDDEN, actions, beside, run_list

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


UNKNOWN = (401, {}, {"message": "Unauthorized"})


def pem(secret):
    return base64.b64decode(secret["data"]["tls.crt"]).decode()


@pytest.fixture
def certificate_alone(api):
    """A certificate secret of ours that no destination names; a foreign label is on it."""
    run_list(api, builders.item("acme", certificate=CA))
    del api.secrets["acme"]
    api.secrets["acme-certificate"]["metadata"]["labels"]["team"] = "x"
    return api.secrets["acme-certificate"]


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_another_run_removes_comes_back(api):
    item = builders.item("acme", certificate=CA)
    beside(api, "POST", "acme", lambda: run_list(api, builders.item("beta"), prune=True))
    outcome = run_list(api, item)
    assert actions(outcome.result) == {
        "destinations": {"acme": ("created", [])},
        "certificates": {"acme-certificate": ("created", [])},
    }
    assert set(api.secrets) == {"acme", "acme-certificate", "beta"}
    assert run_list(api, item).result["changed"] is False


@pytest.mark.parametrize(
    ("lost", "deletes", "posts"),
    [
        pytest.param(None, 1, 3, id="every answer arrives"),
        pytest.param("DELETE", 2, 3, id="the removal's answer is lost"),
        pytest.param("POST", 1, 4, id="the creation's answer is lost"),
    ],
)
def test_a_certificate_that_another_run_begins_to_name_comes_back(api, certificate_alone, lost, deletes, posts):
    """As it was; also where the answer to its removal, or to its creation, is lost."""
    before = len(api.requests)
    item = builders.item("acme", certificate=CA)

    def name_it():
        run_list(api, item)
        api.faults.append(once("POST", "lost" if lost == "POST" else None))

    beside(api, "DELETE", "acme-certificate", name_it, answer="lost" if lost == "DELETE" else None)
    outcome = run_list(api, builders.item("beta"), prune=True, prune_except=["acme"], diff=True)
    assert actions(outcome.result) == {"destinations": {"beta": ("created", [])}, "certificates": {}}
    assert list(outcome.result["diff"]["after"]["destinations"]) == ["beta"]
    assert outcome.result["diff"]["before"]["certificates"] == {}
    back = api.secrets["acme-certificate"]
    assert {key: back[key] for key in ("data", "type")} == {key: certificate_alone[key] for key in ("data", "type")}
    assert back["metadata"]["labels"] == certificate_alone["metadata"]["labels"]
    sent = [method for method, _path in api.requests[before:]]
    assert (sent.count("DELETE"), sent.count("POST")) == (deletes, posts)
    assert run_list(api, item).result["changed"] is False


def test_a_run_that_fails_brings_certificates_back_too(api, certificate_alone):
    """No later run of this list could."""
    item = builders.item("acme", certificate=CA)
    beside(api, "DELETE", "acme-certificate", lambda: (run_list(api, item), api.faults.append(once("GET", UNKNOWN))))
    with pytest.raises(Failure):
        run_list(api, builders.item("beta"), prune=True, prune_except=["acme"])
    assert api.secrets["acme-certificate"]["data"] == certificate_alone["data"]
    assert run_list(api, item).result["changed"] is False


def test_a_certificate_whose_removal_is_in_doubt_is_brought_back_too(api, certificate_alone):
    item = builders.item("acme", certificate=CA)

    def name_it():
        run_list(api, item)
        api.faults.append(once("DELETE", "cut", times=7))

    beside(api, "DELETE", "acme-certificate", name_it, answer="lost")
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("beta"), prune=True, prune_except=["acme"], timeout=600)
    assert "broke" in str(failed.value)
    assert "not known" not in str(failed.value)
    assert api.secrets["acme-certificate"]["data"] == certificate_alone["data"]


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_stands_was_not_removed(api):
    """Its removal is repeated, and in between another run changes it and names it."""
    other = builders.item("acme", certificate=OTHER_CA)
    beside(api, "DELETE", "acme-certificate", lambda: run_list(api, other), answer=(503, {}, {"message": "busy"}))
    outcome = run_list(api, prune=True, prune_except=["acme"])
    assert outcome.result["counts"]["removed"] == 0
    assert set(api.secrets) == {"acme", "acme-certificate"}


@pytest.mark.usefixtures("certificate_alone")
def test_certificates_that_cannot_be_brought_back_are_named(api):
    item = builders.item("acme", certificate=CA)
    beside(
        api,
        "DELETE",
        "acme-certificate",
        lambda: (run_list(api, item), api.faults.append(once("POST", FORBIDDEN, times=9))),
    )
    with pytest.raises(Failure) as failed:
        run_list(api, prune=True, prune_except=["acme"])
    assert str(failed.value).endswith(
        " 1 of the changes were made before; once this is mended, a second run makes the rest. "
        "These certificate secrets were removed while destinations began to name them, and could not be brought back: "
        "acme-certificate. Create them again."
    )
    assert actions({"destinations": [], **failed.value.result})["certificates"] == {"acme-certificate": ("removed", [])}


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_comes_back_as_it_was_at_last(api, monkeypatch):
    """It is removed, made with another content by another run, removed again, and then named."""
    other = builders.item("acme", certificate=OTHER_CA)

    look = converge._look_again

    def first_look(*_arguments):
        monkeypatch.setattr(converge, "_look_again", look)
        run_list(api, other)
        del api.secrets["acme"]
        beside(api, "DELETE", "acme-certificate", lambda: run_list(api, other))
        raise cluster.Conflict([])

    monkeypatch.setattr(converge, "_look_again", first_look)
    run_list(api, builders.item("beta"), prune=True, prune_except=["acme"])
    assert pem(api.secrets["acme-certificate"]) == OTHER_CA
    assert run_list(api, other).result["changed"] is False


@pytest.mark.usefixtures("certificate_alone")
def test_a_certificate_that_somebody_makes_by_hand_again_is_left_to_them(api):
    def by_hand():
        certs = base64.b64encode(b"acme-certificate").decode()
        api.store(builders.destination_secret("acme", data={"certs": certs}))

    def instead(method, path):
        if method == "GET" and "acme-certificate" not in api.secrets:
            api.store(builders.certificate_secret("acme-certificate", OTHER_CA))

    beside(api, "DELETE", "acme-certificate", lambda: (by_hand(), api.faults.append(instead)))
    outcome = run_list(api, builders.item("beta"), prune=True)
    assert actions(outcome.result)["certificates"] == {"acme-certificate": ("removed", [])}
    assert pem(api.secrets["acme-certificate"]) == OTHER_CA

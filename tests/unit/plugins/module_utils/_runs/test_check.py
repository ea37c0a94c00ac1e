# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import check as _check
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders

CA = builders.authority("CA one")


@pytest.fixture
def checked(monkeypatch):
    """Collect what would be checked, and give each destination the verdict that its name is; `ok` otherwise."""
    seen = []

    def check(attempts, **limits):
        seen.append((attempts, limits))
        found = [(one.name, one.name if one.name in ("denied", "inconclusive") else "ok") for one in attempts]
        legs = {leg: {"message": f"The {leg} push said so.", "remedy": "Do."} for leg in ("chart", "image")}
        return [
            {
                "name": name,
                "verdict": verdict,
                "legs": {leg: {"verdict": verdict, **said} for leg, said in legs.items()},
                "duration": 0.1,
            }
            for name, verdict in found
        ]

    monkeypatch.setattr(_check.proof, "check", check)
    return seen


def run(api, **options):
    given = {
        "host": api.url,
        "api_key": "t0ken",
        "namespace": "epinio",
        "timeout": 5.0,
        "fail_on": ["denied"],
        "allow_http": False,
        **options,
    }
    return engine.run("export_registry_check", given)


def attempts(checked):
    (given, _limits), *more = checked
    assert more == []
    return {one.name: one for one in given}


def test_a_list_with_everything_at_hand_needs_no_cluster(api, checked):
    items = [builders.item("one", certificate=CA), builders.item("two"), builders.item("gone", state="absent")]
    outcome = run(api, destinations=items, total_timeout=60.0)
    assert outcome.result["changed"] is False
    assert [one["name"] for one in outcome.result["destinations"]] == ["one", "two"]
    assert api.requests == []
    one, two = attempts(checked).values()
    assert (one.chart.credentials.username, one.chart.credentials.password) == ("robot", "s3cret")
    assert (one.image.credentials, one.chart.bundle, one.image.bundle) == (
        one.chart.credentials,
        CA.encode(),
        CA.encode(),
    )
    assert (two.chart.bundle, two.image.bundle) == (None, None)
    assert checked[0][1] == {"timeout": 5.0, "total_timeout": 60.0, "allow_http": False}


def test_a_named_certificate_and_a_stored_password_come_from_the_cluster(api, checked):
    api.store(builders.secret("company-ca", {"tls.crt": CA.encode(), "other.crt": b"more"}))
    config = builders.docker_config("registry.example.com", "robot", "stored")
    api.store(builders.destination_secret("kept", config=config))
    run(
        api,
        destinations=[
            builders.item("named", certificate_secret="company-ca"),
            builders.item("kept", update_password="on_create"),
            builders.item("new", update_password="on_create"),
        ],
    )
    found = attempts(checked)
    assert found["named"].chart.bundle == CA.encode()
    assert found["named"].image.bundle == CA.encode() + b"\nmore"
    assert found["kept"].chart.credentials.password == "stored"
    assert found["new"].chart.credentials.password == "s3cret"


def test_a_certificate_that_is_missing_blocks_both_pushes(api, checked):
    run(api, destinations=[builders.item("named", certificate_secret="nowhere")])
    named = attempts(checked)["named"]
    assert "nowhere" not in json.dumps([named.chart.message, named.image.message])
    assert named.chart.remedy


@pytest.mark.parametrize(
    "names", [pytest.param(None, id="all"), pytest.param(["half", "whole"], id="both by their names")]
)
def test_destinations_of_the_cluster(api, checked, names):
    api.store(builders.destination_secret("whole"))
    config = {"auths": {"registry.example.com": {"username": "robot", "password": "s3cret"}}}
    api.store(builders.destination_secret("half", config=config))
    assert [one["name"] for one in run(api, names=names).result["destinations"]] == ["half", "whole"]
    found = attempts(checked)
    assert found["half"].chart.credentials.password == "s3cret"
    assert getattr(found["half"].image, "credentials", None) is None


def test_no_names_are_none(api, checked):
    api.store(builders.destination_secret("acme"))
    assert run(api, names=[]).result["destinations"] == []


def test_names_that_are_not_there(api, checked):
    with pytest.raises(Failure) as failed:
        run(api, names=["b", "a"])
    assert str(failed.value) == (
        "Nothing was checked: 2 problems.\n"
        "- a, names: There is no destination 'a' in the namespace 'epinio'. Check the name, or create it first.\n"
        "- b, names: There is no destination 'b' in the namespace 'epinio'. Check the name, or create it first."
    )
    assert checked == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="nothing"),
        pytest.param("a", id="no base64"),
        pytest.param("\x80", id="no ASCII"),
    ],
)
def test_a_certificate_secret_of_whatever_content(api, checked, value):
    api.store(builders.destination_secret("acme", data={"certs": "b3RoZXI="}))  # other
    api.store({**builders.secret("other", {}), "data": {"tls.crt": value}})
    assert run(api, names=["acme"]).result["destinations"][0]["name"] == "acme"
    assert list(attempts(checked)) == ["acme"]


@pytest.mark.parametrize(
    ("certificates", "is_mixed"),
    [
        pytest.param([CA, None], True, id="one with a certificate and one without"),
        pytest.param([None, CA, CA], True, id="one without before two with"),
        pytest.param([CA, CA], False, id="all with a certificate"),
        pytest.param([None, None], False, id="none with a certificate"),
        pytest.param([CA], False, id="one destination"),
    ],
)
def test_a_mixture_of_certificates_is_worth_a_note(api, checked, certificates, is_mixed):
    items = [builders.item(f"d{index}", certificate=pem) for index, pem in enumerate(certificates)]
    warnings = run(api, destinations=items).warnings
    assert len(warnings) == is_mixed
    if is_mixed:
        certified, plain = (f"d{certificates.index(pem)}" for pem in (CA, None))
        begin = f"Some destinations, such as {certified}, have a certificate, and others, such as {plain}, have none. "
        assert warnings[0].startswith(begin)


def test_bad_options_are_refused_like_elsewhere(api, checked):
    with pytest.raises(Failure, match="Nothing was checked: 1 problem"):
        run(api, destinations=[builders.item("Acme")])
    api.store(builders.destination_secret("kept"))
    kept = builders.item("kept", update_password="on_create", registry_username="else")
    with pytest.raises(Failure) as failed:
        run(api, destinations=[kept])
    assert failed.value.result["problems"][0]["code"] == "password_for_another"


@pytest.mark.parametrize(
    ("fail_on", "fails"),
    [
        pytest.param(["denied"], True, id="the verdict is among those that fail"),
        pytest.param(["unreachable"], False, id="the verdict is not among them"),
        pytest.param([], False, id="no verdict fails"),
    ],
)
def test_which_verdicts_fail(api, checked, fail_on, fails):
    items = [builders.item(name) for name in ("denied", "inconclusive", "acme")]
    if not fails:
        assert run(api, destinations=items, fail_on=fail_on).result["destinations"][0]["verdict"] == "denied"
        return
    with pytest.raises(Failure) as failed:
        run(api, destinations=items, fail_on=fail_on)
    assert str(failed.value) == (
        "1 of 3 destinations cannot be pushed to.\n"
        "- denied, chart push: The chart push said so. Do.\n"
        "- denied, image push: The image push said so. Do."
    )
    assert len(failed.value.result["destinations"]) == 3

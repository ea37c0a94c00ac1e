# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._desired.inverse import invert
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import plan_destinations
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import authentication
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import given
from hypothesis import strategies as st

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "_reading/data/epinio-readers.jsonl").read_text("utf-8").splitlines()
]
CA = builders.authority("CA")
HOST = "registry.example.com"


def observed(*raws):
    secrets = [Secret.from_api(raw) for raw in raws]
    return Observed({secret.name: secret for secret in secrets})


def inverse(*raws, names=None, include_unusable=False):
    there = observed(*raws)
    return invert(there.destinations(names), there, include_unusable=include_unusable)


def certs(name):
    return {"certs": base64.b64encode(name.encode()).decode()}


@pytest.mark.parametrize("include_unusable", [False, True], ids=["what Epinio can use", "what can be repaired too"])
def test_the_list_of_the_corpus(include_unusable):
    """Each secret is written or skipped; what is written raises no problem and changes only what it says."""
    written = usable = untouched = 0
    for case in CORPUS:
        raws = [case["secret"], *case["others"]]
        there = observed(*raws)
        found = inverse(*raws, include_unusable=include_unusable)
        names = [one.name for one in found.written]
        labelled = [secret.name for secret in there.destinations()]
        assert sorted([*names, *found.left_out]) == labelled, case["id"]
        assert all(found.left_out.values()), case["id"]
        if not names:
            continue
        parsed = parse_destinations([one.item for one in found.written], many=True)
        planned = plan_destinations(parsed.items, there)
        assert [*parsed.problems, *planned.problems] == [], case["id"]
        [one] = found.written
        assert {change.name: change.fields for change in planned.changes} == (
            {"acme": one.fields} if one.fields else {}
        )
        reading = epinio.read(there.secrets["acme"], there.secrets.get)
        assert include_unusable or reading.usable
        assert one.problems == reading.problems
        after = authentication(parsed.items[0], one.item["registry_password"]).written(there.secrets["acme"])
        assert epinio.read(after, there.secrets.get).usable
        written, usable = written + 1, usable + reading.usable
        untouched += not one.fields
    assert (written, usable, untouched) == ((232, 157, 98) if include_unusable else (146, 146, 98))


def test_what_the_modules_wrote_comes_back_as_it_was():
    items = [
        builders.item("acme", certificate=CA),
        builders.item("beta", certificate_secret="company-ca"),
        builders.item("gamma", certificate=CA, certificate_secret="gamma-ca"),
        builders.item("delta", registry=f"{HOST}:5000/path", organization="a/b"),
    ]
    parsed = parse_destinations(items, many=True)
    shared = builders.certificate_secret("company-ca", CA, managed="shared-certificate")
    planned = plan_destinations(parsed.items, observed(shared))
    assert planned.problems == []
    raws = [change.desired.body("epinio", None) for change in planned.changes]
    found = inverse(shared, *raws)
    assert found.left_out == {}
    assert sorted((one.item for one in found.written), key=lambda one: one["name"]) == sorted(
        ({key: value for key, value in item.items() if key not in ("state", "update_password")} for item in items),
        key=lambda one: one["name"],
    )
    assert all((one.fields, one.options, one.problems) == ((), [], ()) for one in found.written)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)


@given(TEXT.filter(lambda text: ":" not in text), TEXT, st.sampled_from([None, CA]))
def test_every_item_that_is_accepted_comes_back(username, password, certificate):
    item = builders.item("acme", registry_username=username, registry_password=password)
    item.update({"certificate": certificate} if certificate else {})
    parsed = parse_destinations([item], many=True)
    if parsed.problems:  # letters that show as a blank
        return
    planned = plan_destinations(parsed.items, observed())
    found = inverse(*(change.desired.body("epinio", None) for change in planned.changes))
    assert [{**one.item, "state": "present", "update_password": "always"} for one in found.written] == [item]


@pytest.mark.parametrize(
    ("certificate", "options"),
    [
        pytest.param(builders.certificate_secret("ca", CA), {"certificate": CA, "certificate_secret": "ca"}, id="own"),
        pytest.param(
            builders.certificate_secret("ca", CA, managed="shared-certificate"),
            {"certificate_secret": "ca"},
            id="shared, by its label",
        ),
        pytest.param(
            builders.secret("ca", {"tls.crt": CA.encode(), "tls.key": b"x"}),
            {"certificate_secret": "ca"},
            id="more keys",
        ),
        pytest.param(
            builders.secret("ca", {"tls.crt": CA.encode()}, labels={"cert-manager.io/certificate-name": "x"}),
            {"certificate_secret": "ca"},
            id="another tool's",
        ),
        pytest.param(
            builders.secret("ca", {"tls.crt": CA.encode() + b"-----BEGIN CERTIFICATE-----\nAAAA\n"}),
            {"certificate_secret": "ca"},
            id="a block that is no certificate",
        ),
        pytest.param(
            builders.secret("ca", {"tls.crt": b"\xff\n" + CA.encode()}), {"certificate_secret": "ca"}, id="no UTF-8"
        ),
        pytest.param(
            builders.certificate_secret("acme-certificate", CA), {"certificate": CA}, id="under the name of its own"
        ),
    ],
)
def test_certificates(certificate, options):
    name = certificate["metadata"]["name"]
    found = inverse(builders.destination_secret("acme", data=certs(name)), certificate)
    [one] = found.written
    assert {key: value for key, value in one.item.items() if key.startswith("certificate")} == options
    assert one.fields == ()


def test_a_certificate_that_several_name_stays_where_it_is():
    raws = [builders.destination_secret(name, data=certs("ca")) for name in ("acme", "beta")]
    found = inverse(*raws, builders.certificate_secret("ca", CA))
    assert [one.item.get("certificate") for one in found.written] == [None, None]
    assert [one.item["certificate_secret"] for one in found.written] == ["ca", "ca"]
    ours = builders.certificate_secret("ca", CA, managed="destination-certificate")
    assert [one.item["certificate"] for one in inverse(*raws, ours).written] == [CA, CA]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        pytest.param({"metadata": {"name": "registry-creds"}}, ["name_reserved"], id="Epinio's own"),
        pytest.param(
            {"metadata": {"deletionTimestamp": "2026-01-02T03:04:05Z", "finalizers": ["x"]}},
            ["being_deleted"],
            id="being deleted",
        ),
        pytest.param({"immutable": True, "data": {"more": "eA=="}}, ["immutable"], id="immutable, and in another form"),
        pytest.param({"immutable": True}, [], id="immutable, and in our form"),
    ],
)
def test_what_the_modules_would_refuse_is_skipped(change, codes):
    raw = copy.deepcopy(builders.destination_secret("acme"))
    for key, value in change.items():
        raw[key] = {**raw[key], **value} if isinstance(value, dict) else value
    found = inverse(raw, builders.destination_secret("beta"))
    skipped = [problem.code for problems in found.left_out.values() for problem in problems]
    assert skipped == codes
    assert all(problem.index is None for problems in found.left_out.values() for problem in problems)
    assert [one.name for one in found.written] == ["beta"] if codes else ["acme", "beta"]


def test_the_certificate_of_one_that_is_the_other_destination():
    found = inverse(
        builders.destination_secret("acme", data=certs("acme-certificate")),
        builders.destination_secret("acme-certificate", data={"tls.crt": base64.b64encode(CA.encode()).decode()}),
    )
    assert {name: [problem.code for problem in problems] for name, problems in found.left_out.items()} == {
        "acme": ["secret_conflict"]
    }


@pytest.mark.parametrize(
    "label", ["false", pytest.param("", id="nothing"), "no", pytest.param("0", id="zero"), "never"]
)
def test_a_label_that_says_no_is_not_repaired(label):
    raw = builders.destination_secret("acme", labels={"epinio.io/api-export-registry": label})
    found = inverse(raw, include_unusable=True)
    assert {problem.code for problem in found.left_out["acme"]} == {"label_not_true"}


def test_bytes_that_are_no_text_are_not_guessed_at():
    both = base64.b64encode(b"robot:\xff").decode()
    raw = builders.destination_secret("acme", config={"auths": {HOST: {"auth": both}}})
    for include_unusable in (False, True):
        [problem] = inverse(raw, include_unusable=include_unusable).left_out["acme"]
        assert (problem.code, problem.option) == ("not_text", "registry_password")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets as the readers inside Epinio read them: what was recorded from these, and what no secret may upset."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support.builders import (
    auth,
    authority,
    certificate_secret,
    destination_secret,
    docker_config,
    secret,
)
from ansible_collections.epinio.registries.tests.support.readings import (
    HOST,
    config,
    destination,
    entry,
    found,
    read,
    unlabelled,
)
from hypothesis import given
from hypothesis import strategies as st

CA = authority("CA")
CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "epinio-readers.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CORPUS, ids=[case["id"] for case in CORPUS])
def test_the_verdict_of_the_real_readers(case):
    reading, verdict = read(case["secret"], *case["others"]), case["verdict"]
    assert (reading.listed, reading.url) == (verdict["listed"], verdict.get("url"))
    for leg, wanted in (("chart", verdict["chart"]), ("image", verdict["image"])):
        taken = getattr(reading, leg)
        assert taken.ok == wanted["ok"]
        assert (taken.username, taken.password) == (wanted.get("username", ""), wanted.get("password", ""))
        assert taken.target == wanted.get("target")
        assert bool(taken.identity_token) == wanted.get("identity_token", False)
    assert reading.usable == is_usable(verdict)
    assert reading.usable != bool(reading.problems)
    legs = found(reading)
    assert all(leg in legs for leg in ("list", "chart", "image") if not getattr(reading, leg).ok)
    assert all(leg in CATALOGUE.cases[code].legs for leg in legs for code in legs[leg])


#: What the readers accept and cannot push to (seen with a real Epinio): an underscore in the host, and no port of TCP.
UNREACHABLE = re.compile(r"_|:(?:0+|[1-9][0-9]{5,}|6553[6-9])$")


def is_usable(verdict):
    """Apply what the word means to a verdict, and what the verdicts do not say by themselves (C(UNREACHABLE))."""
    if not (verdict["listed"] and verdict["chart"]["ok"] and verdict["image"]["ok"]):
        return False
    if verdict["image"].get("identity_token"):
        return False
    chart, image = ((leg.get("username"), leg.get("password")) for leg in (verdict["chart"], verdict["image"]))
    host = verdict["url"].rpartition("://")[2].partition("/")[0]
    reached = verdict["image"]["target"].partition("/")[0] == host and not UNREACHABLE.search(host)
    return all(chart) and chart == image and reached


def test_the_corpus_is_whole():
    assert len(CORPUS) == 633
    assert sum(is_usable(case["verdict"]) for case in CORPUS) == 157


def test_a_valid_destination():
    reading = read(destination_secret("acme", data={"certs": "YWNtZS1jYQ=="}), certificate_secret("acme-ca", CA))
    assert reading.usable
    assert (reading.name, reading.url, reading.problems) == ("acme", f"{HOST}/acme", ())
    assert (reading.registry, reading.organization, reading.username) == (HOST, "acme", "robot")
    assert reading.certificate_secret == "acme-ca"
    assert reading.list == epinio.Leg(True, target=f"{HOST}/acme")
    assert reading.chart == epinio.Leg(True, "robot", "s3cret", f"{HOST}/acme/ws-app-chart:0.0.0")
    assert reading.image == epinio.Leg(True, "robot", "s3cret", f"{HOST}/acme/ws-app-image:1a2b3c")
    assert "s3cret" not in repr(reading)


def test_certificates_are_asked_for_by_possible_names_only():
    asked = []
    for name in (b"acme-ca", b"a.b", b"ACME", b"a/b", b" ", b"../a", b"a\n", b"\xff", b"a..b", b"-a"):
        epinio.read(Secret.from_api(destination(data={"certs": name})), asked.append)
    epinio.read(Secret.from_api(destination(data={"certs": b""})), asked.append)
    assert asked == ["acme-ca", "a.b"]


def test_what_can_be_read_of_an_unusable_secret_is_shown():
    reading = read(unlabelled(labels={}))
    assert (reading.registry, reading.organization, reading.username, reading.url) == (HOST, "acme", "robot", None)
    assert (reading.chart, reading.image) == (epinio.Leg(), epinio.Leg())
    reading = read(entry(password=12345))
    assert (reading.registry, reading.username, reading.url) == (HOST, None, f"{HOST}/acme")
    assert read({}).name == ""


def test_bytes_that_are_not_utf8_are_compared_as_they_are():
    latin = json.dumps(docker_config(HOST, "robot", "X")).encode().replace(b'"X"', b'"p\xe4"')
    latin = latin.replace(auth("robot", "X").encode(), b"cm9ib3Q6cOQ=")
    made = destination()
    made["data"] = secret("x", {".dockerconfigjson": latin})["data"]
    reading = read(made)
    assert reading.chart.password == reading.image.password == "p\ufffd"
    assert found(reading) == {"image": ["credentials_differ"]}
    assert read(entry(auth="cm9ib3Q6cOQ=")).usable


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
HOSTS = st.from_regex(
    r"[a-z0-9]{1,9}([.-][a-z0-9]{1,9}){0,3}(:[0-9]{1,5})?(/[a-z0-9._-]{1,9})?", fullmatch=True
) | st.text(alphabet="abAB01.:/-_@%[]", min_size=1)


@given(
    registry=HOSTS,
    organization=st.from_regex(r"[a-z0-9._/-]{1,30}", fullmatch=True) | TEXT,
    username=TEXT.filter(lambda text: ":" not in text),
    password=TEXT.filter(lambda text: text.strip("\0") == text),
)
def test_what_has_no_target_problem_is_usable(registry, organization, username, password):
    data = dockerconfig.encode(registry=registry, username=username, password=password)
    made = secret(
        "acme",
        {".dockerconfigjson": data},
        labels={epinio.API_EXPORT_LABEL: "true"},
        annotations={epinio.NAMESPACE_ANNOTATION: organization},
    )
    reading, problems = read(made), epinio.target_problems(registry, organization)
    assert reading.usable or problems
    assert not reading.usable or {problem.code for problem in problems} <= {"organization_too_long"}
    assert {problem.code for problem in problems} >= {problem.code for problem in reading.problems}
    assert reading.listed


VALUES = st.none() | st.integers() | st.sampled_from(["robot", "s3cret", auth("robot", "s3cret"), "", ":"]) | st.text()
ENTRIES = VALUES | st.dictionaries(
    st.sampled_from(["auth", "Auth", "username", "password", "identitytoken", "x"]), VALUES
)
SECTIONS = VALUES | st.dictionaries(st.sampled_from([HOST, f"https://{HOST}", "registry", ""]), ENTRIES, max_size=2)


@given(
    st.dictionaries(st.sampled_from(["auths", "Auths", "credHelpers", "x"]), SECTIONS), st.sampled_from(["acme", ""])
)
def test_any_config_is_read(value, organization):
    reading = read(config(json.dumps(value), organization=organization))
    assert reading.usable != bool(reading.problems)
    legs = found(reading)
    assert all(leg in legs for leg in ("list", "chart", "image") if not getattr(reading, leg).ok)

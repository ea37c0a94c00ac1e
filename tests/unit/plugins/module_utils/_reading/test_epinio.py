# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

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
from hypothesis import given
from hypothesis import strategies as st

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "epinio-readers.jsonl").read_text(encoding="utf-8").splitlines()
]


def read(raw, *others):
    """Read a secret beside others."""
    beside = {other["metadata"]["name"]: Secret.from_api(other) for other in others}
    return epinio.read(Secret.from_api(raw), beside.get)


def found(reading):
    """Return the problems as leg -> codes."""
    problems = {}
    for problem in reading.problems:
        problems.setdefault(problem.leg, []).append(problem.code)
    return problems


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


HOST = "registry.example.com"
CA = authority("CA")


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


def config(text, *, organization="acme", data=None):
    """Return a destination whose docker config is this text."""
    return secret(
        "acme",
        {".dockerconfigjson": text.encode(), **(data or {})},
        labels={epinio.API_EXPORT_LABEL: "true"},
        annotations={epinio.NAMESPACE_ANNOTATION: organization},
    )


def destination(registry=HOST, *, organization="acme", username="robot", password="s3cret", data=None):
    return config(json.dumps(docker_config(registry, username, password)), organization=organization, data=data)


def entry(**fields):
    return config(json.dumps({"auths": {HOST: fields}}))


def beside(extra):
    return config(json.dumps(docker_config(HOST, "robot", "s3cret"))[:-1] + f", {extra}}}")


def unlabelled(**metadata):
    made = destination()
    made["metadata"].update(metadata)
    return made


def elsewhere(registry, key):
    """Return a destination whose auth stands under another key, where Epinio does not look."""
    fields = {"username": "robot", "password": "s3cret"}
    held = {"auths": {registry: fields}, "Auths": {key: {"auth": auth("robot", "s3cret")}}}
    return config(json.dumps(held))


CERTS = {"certs": b"acme-ca"}
FIELDS = {"auth": auth("robot", "s3cret"), "username": "robot", "password": "s3cret"}


def every(code):
    return {leg: [code] for leg in ("list", "chart", "image")}


def export(code):
    return {leg: [code] for leg in ("chart", "image")}


CASES = [
    (unlabelled(labels={}), [], every("label_not_true")),
    (unlabelled(labels=None), [], every("label_not_true")),
    (unlabelled(annotations=None), [], every("organization_missing")),
    (unlabelled(annotations={epinio.NAMESPACE_ANNOTATION: None}), [], {"image": ["organization_invalid"]}),
    ({**destination(), "data": None}, [], every("config_missing")),
    ({**destination(), "data": {".dockerconfigjson": None}}, [], every("config_not_json")),
    ({**destination(), "data": {".dockerconfigjson": "\xe4"}}, [], every("config_not_json")),
    (config("{"), [], every("config_not_json")),
    (config("[]"), [], every("config_wrong_shape")),
    (beside('"credsStore": "desktop"'), [], every("config_foreign_key")),
    (beside('"x": {"a": {"b": 1e999}}'), [], {"list": ["config_number_range"]}),
    (config("{}"), [], every("auths_missing")),
    (config('{"auths": {}}'), [], every("auths_empty")),
    (config('{"auths": {"a": {}, "b": {}}}'), [], every("auths_several")),
    (entry(password=12345), [], export("entry_wrong_type")),
    (beside('"HttpHeaders": {"User-Agent": "x"}'), [], export("entry_wrong_type")),
    (destination("registry.example.com:port"), [], export("registry_not_url")),
    (destination("https://"), [], export("registry_without_host")),
    (destination(data=CERTS), [], export("certificate_secret_missing")),
    (
        destination(data={"certs": b"acme-ca\n"}),
        [certificate_secret("acme-ca\n", CA)],
        export("certificate_secret_missing"),
    ),
    (
        destination(data={"certs": b"a" * 254}),
        [certificate_secret("a" * 254, CA)],
        export("certificate_secret_missing"),
    ),
    (destination(data=CERTS), [secret("acme-ca", {"ca.crt": CA.encode()})], export("certificate_key_missing")),
    (destination(data=CERTS), [certificate_secret("acme-ca", "x")], export("certificate_unusable")),
    (destination(data=CERTS), [certificate_secret("acme-ca", CA + "\n" * 1048576)], export("certificate_unusable")),
    (destination("user@registry.example.com"), [], export("registry_invalid")),
    (destination(organization="Acme"), [], export("organization_invalid")),
    (destination(organization="acme/"), [], {"image": ["organization_invalid"]}),
    (destination(organization="a" * 222), [], {"image": ["organization_too_long"]}),
    (destination("registry_example.com"), [], {"image": ["registry_underscore"]}),
    (destination("registry.example.com:65536"), [], export("registry_port_invalid")),
    (destination("300.1.1.1"), [], export("registry_no_address")),
    (destination("300.1.1.1", password=""), [], {"chart": ["registry_no_address"], "image": ["credentials_missing"]}),
    (destination("registry"), [], {"image": ["registry_not_qualified"]}),
    (destination("index.docker.io"), [], {"image": ["registry_is_other_name"]}),
    (destination("oci://registry.example.com"), [], {"image": ["registry_key_unmatched"]}),
    (beside('"credHelpers": {"x": {}}'), [], {"image": ["config_unreadable_for_skopeo"]}),
    (beside(f'"credHelpers": {{"{HOST}": null}}'), [], {"image": ["credential_helper"]}),
    (entry(auth="***", username="robot", password="s3cret"), [], {"image": ["auth_not_base64"]}),
    (entry(username="robot", password="s3cret"), [], {"image": ["auth_missing"]}),
    (entry(auth="cm9ib3Q="), [], {"chart": ["credentials_missing"], "image": ["auth_missing"]}),
    (entry(**FIELDS, identitytoken="t"), [], {"image": ["identity_token"]}),
    (entry(**FIELDS, IdentityToken="t"), [], {"image": ["identity_token"]}),
    (entry(**FIELDS, identitytoken=""), [], {}),
    (entry(**FIELDS, identitytoken=None), [], {}),
    (entry(auth="cm9ib3Q6", identitytoken="t"), [], {"chart": ["credentials_missing"], "image": ["identity_token"]}),
    (entry(username="robot", password="s3cret", identitytoken="t"), [], {"image": ["auth_missing"]}),
    (entry(**{**FIELDS, "auth": "***"}, identitytoken="t"), [], {"image": ["auth_not_base64"]}),
    (destination(username=""), [], export("credentials_missing")),
    (destination(password=""), [], export("credentials_missing")),
    (destination(username="ro:bot"), [], {"image": ["credentials_differ"]}),
    (destination(password="\0s3cret"), [], {"image": ["credentials_differ"]}),
    (
        entry(auth=auth("robot", "other"), username="robot", password="s3cret"),
        [],
        {"image": ["credentials_differ"]},
    ),
    # The list does not read what the export wants, and the export stops before it comes to either leg.
    (
        config("{", organization="Acme", data=CERTS),
        [],
        {
            "list": ["config_not_json"],
            **{leg: ["config_not_json", "certificate_secret_missing"] for leg in ("chart", "image")},
        },
    ),
    (
        destination("https://", data=CERTS),
        [],
        {leg: ["certificate_secret_missing", "registry_without_host"] for leg in ("chart", "image")},
    ),
    # Found under another spelling of auths, and so only by skopeo.
    (elsewhere(f"oci://{HOST}", HOST), [], {}),
    (elsewhere("registry", "docker.io"), [], {"image": ["registry_not_qualified"]}),
]


@pytest.mark.parametrize(("made", "others", "problems"), CASES)
def test_problems(made, others, problems):
    reading = read(made, *others)
    assert found(reading) == problems
    assert reading.usable == (not problems)
    for problem in reading.problems:
        assert "{" not in problem.message + problem.remedy
        assert problem.remedy.endswith(".")
        assert "s3cret" not in str(problem)


def test_every_code_is_shown_above():
    shown = {code for _secret, _others, problems in CASES for codes in problems.values() for code in codes}
    assert shown == {case.partition(":")[0] for case, said in CATALOGUE.cases.items() if said.legs}
    assert all(said.message.endswith(".") for said in CATALOGUE.cases.values())


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


@pytest.mark.parametrize(
    ("registry", "organization", "option", "said"),
    [
        (HOST, "Acme", "organization", "The organization 'Acme' has upper-case letters. Use 'acme'."),
        (HOST, "/acme", "organization", "The organization '/acme' begins with a slash. Use 'acme'."),
        (HOST, "a//b", "organization", "The organization 'a//b' has two slashes in a row. Use 'a/b'."),
        (f"{HOST}/Team", "acme", "registry", f"The registry '{HOST}/Team' has upper-case letters. Use '{HOST}/team'."),
        (f"{HOST}/", "acme", "registry", f"The registry '{HOST}/' ends with a slash. Use '{HOST}'."),
        (
            "https://index.docker.io/v1/",
            "acme",
            "registry",
            "The registry 'https://index.docker.io/v1/' is Docker Hub, which is named docker.io here. Use 'docker.io'.",
        ),
        (
            "robot:s3cret@a.b",
            "acme",
            "registry",
            "The registry holds a user name or a password before an '@'. Leave that out; user name and password have "
            "places of their own.",
        ),
    ],
)
def test_the_option_that_holds_the_fault_is_blamed(registry, organization, option, said):
    for problem in (
        *epinio.target_problems(registry, organization),
        *read(destination(registry, organization=organization)).problems,
    ):
        assert (problem.option, f"{problem.message} {problem.remedy}") == (option, said)


@pytest.mark.parametrize(
    ("registry", "organization", "problems"),
    [
        (HOST, "acme", []),
        (HOST, "a" * 100, []),
        (HOST, "a" * 101, [("organization_too_long", "image")]),
        (HOST, "a" * 222, [("organization_too_long", "image")]),
        (HOST, "Acme", [("organization_invalid", "chart")]),
        (HOST, "acme/", [("organization_invalid", "image")]),
        ("[::1]", "Acme", [("organization_invalid", "chart"), ("registry_invalid", "image")]),
        ("https://", "acme", [("registry_without_host", "chart")]),
        ("registry", "acme", [("registry_not_qualified", "image")]),
        ("registry_example.com", "acme", [("registry_underscore", "image")]),
    ],
)
def test_target_problems_name_each_thing_once(registry, organization, problems):
    assert [(problem.code, problem.leg) for problem in epinio.target_problems(registry, organization)] == problems


def test_the_longest_names_of_namespace_and_application_fit():
    organization = "a" * (120 - len(HOST))
    assert epinio.target_problems(HOST, organization) == ()
    assert len(f"{HOST}/{organization}/{'n' * 63}-{'a' * 63}-image") == 255

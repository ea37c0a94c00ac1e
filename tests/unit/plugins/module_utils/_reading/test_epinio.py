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
    pytest.param(unlabelled(labels={}), [], every("label_not_true"), id="no label"),
    pytest.param(unlabelled(labels=None), [], every("label_not_true"), id="null for the labels"),
    pytest.param(unlabelled(annotations=None), [], every("organization_missing"), id="null for the annotations"),
    pytest.param(
        unlabelled(annotations={epinio.NAMESPACE_ANNOTATION: None}),
        [],
        {"image": ["organization_invalid"]},
        id="null for the organization",
    ),
    pytest.param({**destination(), "data": None}, [], every("config_missing"), id="no data"),
    pytest.param(
        {**destination(), "data": {".dockerconfigjson": None}},
        [],
        every("config_not_json"),
        id="null for the docker config",
    ),
    pytest.param(
        {**destination(), "data": {".dockerconfigjson": "\xe4"}},
        [],
        every("config_not_json"),
        id="data that is no base64",
    ),
    pytest.param(config("{"), [], every("config_not_json"), id="no JSON"),
    pytest.param(config("[]"), [], every("config_wrong_shape"), id="a list"),
    pytest.param(
        beside('"credsStore": "desktop"'), [], every("config_foreign_key"), id="a store of credentials beside"
    ),
    pytest.param(
        beside('"x": {"a": {"b": 1e999}}'),
        [],
        {"list": ["config_number_range"]},
        id="a number that does not fit beside",
    ),
    pytest.param(config("{}"), [], every("auths_missing"), id="no auths"),
    pytest.param(config('{"auths": {}}'), [], every("auths_empty"), id="empty auths"),
    pytest.param(config('{"auths": {"a": {}, "b": {}}}'), [], every("auths_several"), id="two entries"),
    pytest.param(entry(password=12345), [], export("entry_wrong_type"), id="a number for the password"),
    pytest.param(beside('"HttpHeaders": {"User-Agent": "x"}'), [], export("entry_wrong_type"), id="headers beside"),
    pytest.param(destination("registry.example.com:port"), [], export("registry_not_url"), id="a port of letters"),
    pytest.param(destination("https://"), [], export("registry_without_host"), id="no host"),
    pytest.param(
        destination(data=CERTS), [], export("certificate_secret_missing"), id="a certificate secret that is not there"
    ),
    pytest.param(
        destination(data={"certs": b"acme-ca\n"}),
        [certificate_secret("acme-ca\n", CA)],
        export("certificate_secret_missing"),
        id="a line end behind the certificate secret's name",
    ),
    pytest.param(
        destination(data={"certs": b"a" * 254}),
        [certificate_secret("a" * 254, CA)],
        export("certificate_secret_missing"),
        id="a certificate secret's name that is too long",
    ),
    pytest.param(
        destination(data=CERTS),
        [secret("acme-ca", {"ca.crt": CA.encode()})],
        export("certificate_key_missing"),
        id="a certificate secret without tls.crt",
    ),
    pytest.param(
        destination(data=CERTS),
        [certificate_secret("acme-ca", "x")],
        export("certificate_unusable"),
        id="no certificate in the certificate secret",
    ),
    pytest.param(
        destination(data=CERTS),
        [certificate_secret("acme-ca", CA + "\n" * 1048576)],
        export("certificate_unusable"),
        id="a certificate secret that is too large",
    ),
    pytest.param(
        destination("user@registry.example.com"), [], export("registry_invalid"), id="a user name in the registry"
    ),
    pytest.param(
        destination(organization="Acme"), [], export("organization_invalid"), id="upper case in the organization"
    ),
    pytest.param(
        destination(organization="acme/"), [], {"image": ["organization_invalid"]}, id="a slash behind the organization"
    ),
    pytest.param(
        destination(organization="a" * 222),
        [],
        {"image": ["organization_too_long"]},
        id="an organization that is too long",
    ),
    pytest.param(
        destination("registry_example.com"), [], {"image": ["registry_underscore"]}, id="an underscore in the host"
    ),
    pytest.param(
        destination("registry.example.com:65536"), [], export("registry_port_invalid"), id="a port above 65535"
    ),
    pytest.param(destination("300.1.1.1"), [], export("registry_no_address"), id="no IPv4 address"),
    pytest.param(
        destination("300.1.1.1", password=""),
        [],
        {"chart": ["registry_no_address"], "image": ["credentials_missing"]},
        id="no IPv4 address, and no password",
    ),
    pytest.param(destination("registry"), [], {"image": ["registry_not_qualified"]}, id="an unqualified host"),
    pytest.param(
        destination("index.docker.io"), [], {"image": ["registry_is_other_name"]}, id="another name of Docker Hub"
    ),
    pytest.param(
        destination("oci://registry.example.com"), [], {"image": ["registry_key_unmatched"]}, id="the scheme of Helm"
    ),
    pytest.param(
        beside('"credHelpers": {"x": {}}'), [], {"image": ["config_unreadable_for_skopeo"]}, id="a mapping for a helper"
    ),
    pytest.param(
        beside(f'"credHelpers": {{"{HOST}": null}}'),
        [],
        {"image": ["credential_helper"]},
        id="null as the helper of this host",
    ),
    pytest.param(
        entry(auth="***", username="robot", password="s3cret"),
        [],
        {"image": ["auth_not_base64"]},
        id="auth that is no base64",
    ),
    pytest.param(entry(username="robot", password="s3cret"), [], {"image": ["auth_missing"]}, id="no auth"),
    pytest.param(
        entry(auth="cm9ib3Q="),
        [],
        {"chart": ["credentials_missing"], "image": ["auth_missing"]},
        id="no password in auth",
    ),
    pytest.param(entry(**FIELDS, identitytoken="t"), [], {"image": ["identity_token"]}, id="an identity token"),
    pytest.param(
        entry(**FIELDS, IdentityToken="t"), [], {"image": ["identity_token"]}, id="an identity token in another case"
    ),
    pytest.param(entry(**FIELDS, identitytoken=""), [], {}, id="an empty identity token"),
    pytest.param(entry(**FIELDS, identitytoken=None), [], {}, id="null for the identity token"),
    pytest.param(
        entry(auth="cm9ib3Q6", identitytoken="t"),
        [],
        {"chart": ["credentials_missing"], "image": ["identity_token"]},
        id="an identity token, and no password in auth",
    ),
    pytest.param(
        entry(username="robot", password="s3cret", identitytoken="t"),
        [],
        {"image": ["auth_missing"]},
        id="an identity token, and no auth",
    ),
    pytest.param(
        entry(**{**FIELDS, "auth": "***"}, identitytoken="t"),
        [],
        {"image": ["auth_not_base64"]},
        id="an identity token, and auth that is no base64",
    ),
    pytest.param(destination(username=""), [], export("credentials_missing"), id="an empty user name"),
    pytest.param(destination(password=""), [], export("credentials_missing"), id="an empty password"),
    pytest.param(destination(username="ro:bot"), [], {"image": ["credentials_differ"]}, id="a colon in the user name"),
    pytest.param(destination(password="\0s3cret"), [], {"image": ["credentials_differ"]}, id="NUL before the password"),
    pytest.param(
        entry(auth=auth("robot", "other"), username="robot", password="s3cret"),
        [],
        {"image": ["credentials_differ"]},
        id="another password than auth's",
    ),
    # The list does not read what the export wants, and the export stops before it comes to either leg.
    pytest.param(
        config("{", organization="Acme", data=CERTS),
        [],
        {
            "list": ["config_not_json"],
            **{leg: ["config_not_json", "certificate_secret_missing"] for leg in ("chart", "image")},
        },
        id="no JSON, and no certificate secret",
    ),
    pytest.param(
        destination("https://", data=CERTS),
        [],
        {leg: ["certificate_secret_missing", "registry_without_host"] for leg in ("chart", "image")},
        id="no host, and no certificate secret",
    ),
    # Found under another spelling of auths, and so only by skopeo.
    pytest.param(elsewhere(f"oci://{HOST}", HOST), [], {}, id="auth under another spelling of auths"),
    pytest.param(
        elsewhere("registry", "docker.io"),
        [],
        {"image": ["registry_not_qualified"]},
        id="auth under another spelling, for Docker Hub",
    ),
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
    shown = {code for case in CASES for codes in case.values[-1].values() for code in codes}
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
        pytest.param(
            HOST,
            "Acme",
            "organization",
            "The organization 'Acme' has upper-case letters. Use 'acme'.",
            id="upper case in the organization",
        ),
        pytest.param(
            HOST,
            "/acme",
            "organization",
            "The organization '/acme' begins with a slash. Use 'acme'.",
            id="a slash before the organization",
        ),
        pytest.param(
            HOST,
            "a//b",
            "organization",
            "The organization 'a//b' has two slashes in a row. Use 'a/b'.",
            id="two slashes in the organization",
        ),
        pytest.param(
            f"{HOST}/Team",
            "acme",
            "registry",
            f"The registry '{HOST}/Team' has upper-case letters. Use '{HOST}/team'.",
            id="upper case in the registry",
        ),
        pytest.param(
            f"{HOST}/",
            "acme",
            "registry",
            f"The registry '{HOST}/' ends with a slash. Use '{HOST}'.",
            id="a slash behind the registry",
        ),
        pytest.param(
            "https://index.docker.io/v1/",
            "acme",
            "registry",
            "The registry 'https://index.docker.io/v1/' is Docker Hub, which is named docker.io here. Use 'docker.io'.",
            id="Docker's own key for Docker Hub",
        ),
        pytest.param(
            "robot:s3cret@a.b",
            "acme",
            "registry",
            "The registry holds a user name or a password before an '@'. Leave that out; user name and password have "
            "places of their own.",
            id="a login before the registry",
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
        pytest.param(HOST, "acme", [], id="nothing"),
        pytest.param(HOST, "a" * 100, [], id="as long as can be"),
        pytest.param(HOST, "a" * 101, [("organization_too_long", "image")], id="too long for some applications"),
        pytest.param(HOST, "a" * 222, [("organization_too_long", "image")], id="too long for all"),
        pytest.param(HOST, "Acme", [("organization_invalid", "chart")], id="upper case, which both legs refuse"),
        pytest.param(HOST, "acme/", [("organization_invalid", "image")], id="a slash behind, which one leg refuses"),
        pytest.param(
            "[::1]", "Acme", [("organization_invalid", "chart"), ("registry_invalid", "image")], id="a fault in each"
        ),
        pytest.param("https://", "acme", [("registry_without_host", "chart")], id="no host"),
        pytest.param("registry", "acme", [("registry_not_qualified", "image")], id="an unqualified host"),
        pytest.param(
            "registry_example.com", "acme", [("registry_underscore", "image")], id="an underscore in the host"
        ),
    ],
)
def test_target_problems_name_each_thing_once(registry, organization, problems):
    assert [(problem.code, problem.leg) for problem in epinio.target_problems(registry, organization)] == problems


def test_the_longest_names_of_namespace_and_application_fit():
    organization = "a" * (120 - len(HOST))
    assert epinio.target_problems(HOST, organization) == ()
    assert len(f"{HOST}/{organization}/{'n' * 63}-{'a' * 63}-image") == 255

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, logins
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.tests.support.builders import auth
from hypothesis import given
from hypothesis import strategies as st

AUTH = auth("robot", "s3cret")
BOTH = {"username": "robot", "password": "s3cret"}


def read(**config):
    return logins.read(json.dumps(config).encode())


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"auth": AUTH}, id="auth alone, as docker and podman write it"),
        pytest.param(BOTH, id="the fields alone"),
        pytest.param({"auth": AUTH, **BOTH, "email": "a@example.com"}, id="all of them"),
        pytest.param({"AUTH": AUTH, "identitytoken": ""}, id="upper case, and an empty token"),
        pytest.param({"auth": AUTH, "username": "robot"}, id="a field beside that says the same"),
        pytest.param({"auth": base64.b64encode(b"robot:s3cret\0\0").decode()}, id="zero bytes behind the password"),
    ],
)
def test_a_login(entry):
    assert read(auths={"ghcr.io": entry}) == [logins.Login("ghcr.io", "robot", "s3cret")]


@pytest.mark.parametrize(
    ("entry", "case"),
    [
        pytest.param({"identitytoken": "t", "auth": AUTH}, "login_elsewhere:token", id="identitytoken"),
        pytest.param("text", "login_unclear:shape", id="an entry that is text"),
        pytest.param({"auth": 5}, "login_unclear:shape", id="a number for auth"),
        pytest.param({"auth": "%%%"}, "login_unclear:not_base64", id="no base64"),
        pytest.param({"auth": base64.b64encode(b"\xff:x").decode()}, "login_unclear:not_utf8", id="no UTF-8"),
        pytest.param({}, "login_unclear:no_credentials", id="an empty entry"),
        pytest.param(None, "login_unclear:no_credentials", id="null"),
        pytest.param({"username": "robot"}, "login_unclear:no_credentials", id="a user name alone"),
        pytest.param({"auth": auth("robot", "")}, "login_unclear:no_credentials", id="an empty password"),
        pytest.param({"auth": AUTH, "password": "other"}, "login_unclear:differ", id="a password that differs"),
        pytest.param({"auth": AUTH, "username": "other"}, "login_unclear:differ", id="a user name that differs"),
    ],
)
def test_an_entry_that_is_no_login(entry, case):
    [bad, good] = read(auths={"ghcr.io": entry, "quay.io": {"auth": AUTH}})
    assert bad == logins.Login("ghcr.io", problem=CATALOGUE.problem(case, name="ghcr.io"))
    assert good == logins.Login("quay.io", "robot", "s3cret")
    assert "s3cret" not in str(bad.problem)


def test_a_credential_store_has_every_login():
    found = read(auths={"ghcr.io": {}, "quay.io": {"auth": AUTH}}, credsStore="desktop")
    assert [one.problem.code for one in found] == ["login_elsewhere"] * 2
    assert all("credsStore" in one.problem.message for one in found)
    assert read(auths={"quay.io": {"auth": AUTH}}, credsStore="") == [logins.Login("quay.io", "robot", "s3cret")]


def test_a_helper_has_the_login_of_its_host_alone():
    [ghcr, quay, ecr] = read(
        auths={"ghcr.io": {"auth": AUTH}, "quay.io": {"auth": AUTH}}, credHelpers={"quay.io": "x", "ecr": "ecr-login"}
    )
    assert (ghcr.key, ghcr.problem) == ("ghcr.io", None)
    assert [(one.key, one.problem) for one in (quay, ecr)] == [
        (host, CATALOGUE.problem("login_elsewhere:helper", name=host)) for host in ("quay.io", "ecr")
    ]


def test_sections_and_entries_that_come_again():
    text = f'{{"auths": {{"a.io": {{}}, "b.io": {{"auth": "{AUTH}"}}}}, "Auths": {{"a.io": {{"auth": "{AUTH}"}}}}}}'
    assert [(one.key, one.problem) for one in logins.read(text.encode())] == [("a.io", None), ("b.io", None)]
    assert logins.read(text[:-1].encode() + b', "auths": null}') == []


def test_other_sections_say_nothing():
    assert read(auths={}, HttpHeaders={"a": "b"}, currentContext="c", proxies={"d": {}}) == []
    assert read() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(b"config.json", "logins_unreadable:not_json", id="the name of a file"),
        pytest.param(b"", "logins_unreadable:not_json", id="nothing"),
        pytest.param(b"[]", "logins_unreadable:shape", id="a list"),
        pytest.param(b'{"auths": []}', "logins_unreadable:shape", id="a list of logins"),
        pytest.param(b'{"credHelpers": "x"}', "logins_unreadable:shape", id="a helper for all"),
        pytest.param(b'{"credsStore": true}', "logins_unreadable:shape", id="a store without a name"),
    ],
)
def test_what_is_no_docker_config(text, code):
    with pytest.raises(dockerconfig.Unreadable) as raised:
        logins.read(text)
    assert raised.value.code == code


def test_a_key_that_holds_a_login_is_not_shown():
    [bad] = read(auths={"https://robot:s3cret@ghcr.io": {}})
    assert bad.key == "https://robot:s3cret@ghcr.io"
    assert bad.problem.name == "an entry with a login before its host"
    assert "s3cret" not in repr(bad)


def test_a_password_is_not_shown():
    assert "s3cret" not in repr(read(auths={"ghcr.io": {"auth": AUTH}}))


PARTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(PARTS.filter(lambda text: ":" not in text), PARTS.filter(lambda text: text.strip("\0") == text))
def test_every_user_name_and_password_comes_back(username, password):
    [login] = read(auths={"ghcr.io": {"auth": auth(username, password)}})
    assert (login.username, login.password, login.problem) == (username, password, None)

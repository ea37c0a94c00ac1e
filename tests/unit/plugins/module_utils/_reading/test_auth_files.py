# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import auth_files
from ansible_collections.epinio.registries.tests.support.builders import auth

HOME, USER = "/users/me", 1000
FILE = "/etc/auth.json"
SECRET = "s3cret-canary"
NAMED = (auth_files.Place(FILE, "config_file"),)


def usual(**environment):
    return auth_files.places(None, environment, home=HOME, user=USER)


def config(auths=None, **more):
    """Return a docker config; each value of `auths` is a user name, or the fields of an entry."""
    entries = {
        key: {"auth": auth(value, SECRET)} if isinstance(value, str) else value for key, value in (auths or {}).items()
    }
    return json.dumps({"auths": entries, **more}).encode()


def look_up(*terms, files, where=NAMED, missing_is_empty=False):
    """Return the user name of each term; its password is the one that all have here."""
    found = auth_files.credentials(terms, where, files.get, missing_is_empty=missing_is_empty)
    assert {entry.password for entry in found} <= {SECRET, ""}
    return [entry.username for entry in found]


def refused(*terms, files, where=NAMED):
    """Return code and text of each problem."""
    with pytest.raises(auth_files.Refused) as refusal:
        look_up(*terms, files=files, where=where)
    assert SECRET not in str(refusal.value)
    assert auth("robot", SECRET) not in str(refusal.value)
    return [(problem.code, str(problem)) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("option", "environment", "paths"),
    [
        pytest.param("a.json", {"REGISTRY_AUTH_FILE": "b", "DOCKER_CONFIG": "c"}, ["a.json"], id="the option first"),
        pytest.param(None, {"REGISTRY_AUTH_FILE": "b", "DOCKER_CONFIG": "c"}, ["b"], id="then podman's variable"),
        pytest.param(None, {"DOCKER_CONFIG": "c"}, ["c/config.json"], id="then docker's variable"),
        pytest.param(
            None,
            {"XDG_RUNTIME_DIR": "/run/user/1000", "XDG_CONFIG_HOME": "/settings"},
            [
                "/run/user/1000/containers/auth.json",
                "/settings/containers/auth.json",
                "/users/me/.docker/config.json",
                "/users/me/.dockercfg",
            ],
            id="then the usual places",
        ),
        pytest.param(
            None,
            {"REGISTRY_AUTH_FILE": "", "DOCKER_CONFIG": ""},
            [
                "/run/containers/1000/auth.json",
                "/users/me/.config/containers/auth.json",
                "/users/me/.docker/config.json",
                "/users/me/.dockercfg",
            ],
            id="an empty variable is none",
        ),
    ],
)
def test_where_podman_looks(option, environment, paths):
    assert [place.path for place in auth_files.places(option, environment, home=HOME, user=USER)] == paths


@pytest.mark.parametrize(
    ("term", "keys", "username"),
    [
        pytest.param("ghcr.io", {"ghcr.io": "robot"}, "robot", id="the same"),
        pytest.param("quay.io:5000", {"quay.io": "other", "quay.io:5000": "robot"}, "robot", id="the port counts"),
        pytest.param("quay.io/team", {"quay.io": "other", "quay.io/team": "robot"}, "robot", id="the most specific"),
        pytest.param("quay.io/team/a", {"quay.io/team": "robot", "quay.io": "other"}, "robot", id="a parent"),
        pytest.param("quay.io/tea", {"quay.io/team": "other", "quay.io": "robot"}, "robot", id="whole parts"),
        pytest.param("quay.io", {"https://quay.io/v2/": "robot"}, "robot", id="an address"),
        pytest.param("quay.io", {"https://quay.io": "other", "quay.io": "robot"}, "robot", id="the exact one first"),
        pytest.param("docker.io", {"https://index.docker.io/v1/": "robot"}, "robot", id="docker login to Docker Hub"),
        pytest.param("docker.io", {"registry-1.docker.io": "robot"}, "robot", id="another name of Docker Hub"),
        pytest.param("a.io", {"a.io": {"username": "robot", "password": SECRET}}, "robot", id="the fields alone"),
        pytest.param(
            "a.io",
            {"a.io": {"auth": auth("robot", SECRET), "username": "other", "password": "other"}},
            "robot",
            id="auth before the fields",
        ),
    ],
)
def test_keys_match_as_skopeo_matches_them(term, keys, username):
    assert look_up(term, files={FILE: config(keys)}) == [username]


def test_each_term_has_an_answer_in_order():
    files = {FILE: config({"a.io": "one", "b.io": "two"})}
    assert look_up("b.io", "a.io", "b.io", files=files) == ["two", "one", "two"]


@pytest.mark.parametrize(
    ("files", "username"),
    [
        pytest.param({1: config({"a.io": "robot"}), 2: config({"a.io": "other"})}, "robot", id="the first one"),
        pytest.param(
            {0: config({"b.io": "other"}), 2: config({"a.io": "robot"})}, "robot", id="the first with an entry"
        ),
        pytest.param({0: config({"a.io": {}}), 2: config({"a.io": "robot"})}, "robot", id="an empty entry is none"),
        pytest.param(
            {0: config({"a.io": {}}, credsStore="desktop"), 1: config({"a.io": "robot"})}, "robot", id="behind a store"
        ),
        pytest.param({3: json.dumps({"a.io": {"auth": auth("robot", SECRET)}}).encode()}, "robot", id="legacy"),
        pytest.param(
            {3: json.dumps({"a.io/v1/": {"auth": auth("robot", SECRET)}}).encode()}, "robot", id="legacy path"
        ),
    ],
)
def test_the_usual_places_are_searched_until_one_has_credentials(files, username):
    where = usual()
    assert look_up("a.io", files={where[number].path: data for number, data in files.items()}, where=where) == [
        username
    ]


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        pytest.param(config({"b.io": "robot"}), "login_missing", "has no entry for a.io", id="no entry"),
        pytest.param(
            config({"a.io": {}}), "login_unclear", "a.io in /etc/auth.json: The entry has no", id="an empty entry"
        ),
        pytest.param(config({"a.io": None}), "login_unclear", "a.io in", id="null"),
        pytest.param(config({"a.io": {"auth": ""}}), "login_unclear", "no user name and password", id="an empty auth"),
        pytest.param(
            config({"a.io": {"password": SECRET}}), "login_unclear", "no user name and password", id="one field"
        ),
        pytest.param(
            config({"a.io": {"auth": "cm9ib3Q="}}), "login_unclear", "no user name and password", id="no colon"
        ),
        pytest.param(config({"a.io": {"auth": SECRET}}), "login_unclear", "is not base64", id="no base64"),
        pytest.param(config({"a.io": {"auth": "/zr/"}}), "login_unclear", "not UTF-8", id="no UTF-8"),
        pytest.param(
            config({"a.io": {"auth": auth("robot", SECRET), "identitytoken": SECRET}}),
            "login_elsewhere",
            "a.io in /etc/auth.json: It is an identitytoken",
            id="an identity token",
        ),
        pytest.param(
            config({"a.io": "robot"}, credHelpers={"a.io": SECRET}),
            "login_elsewhere",
            "A program (credHelpers) gives out the password",
            id="a helper",
        ),
        pytest.param(config({"a.io": {}}, credsStore=SECRET), "login_elsewhere", "(credsStore) keeps", id="a store"),
        pytest.param(config(CredsStore=SECRET), "login_elsewhere", "(credsStore) keeps", id="a store alone"),
        pytest.param(b'{"auths": "%s' % SECRET.encode(), "login_file_unreadable", "is not JSON", id="no JSON"),
        pytest.param(json.dumps([SECRET]).encode(), "login_file_unreadable", "not a docker config", id="a list"),
        pytest.param(
            config({"a.io": {"username": 1}}), "login_file_unreadable", "with texts in it", id="a number in the entry"
        ),
    ],
)
def test_what_gives_no_password_is_named(data, code, text):
    [(found, said)] = refused("a.io", files={FILE: data})
    assert found == code
    assert text in said
    assert FILE in said


@pytest.mark.parametrize("data", [pytest.param(b"[1]", id="a list"), pytest.param(b'"text"', id="text")])
def test_a_legacy_file_that_is_none(data):
    where = usual()
    [(code, said)] = refused("a.io", files={where[3].path: data}, where=where)
    assert code == "login_file_unreadable"
    assert where[3].path in said


def test_helpers_and_stores_of_others_are_in_nobodys_way():
    data = config({"a.io": "robot"}, credHelpers={"b.io": "ecr-login"}, credsStore="desktop")
    assert look_up("a.io", files={FILE: data}) == ["robot"]


@pytest.mark.parametrize(
    "later", [pytest.param({}, id="no login behind it"), pytest.param({"a.io": "other"}, id="a login behind it")]
)
def test_a_helper_ends_the_search(later):
    where = usual()
    files = {where[0].path: config(credHelpers={"a.io": "ecr-login"}), where[2].path: config(later)}
    assert [code for code, _said in refused("a.io", files=files, where=where)] == ["login_elsewhere"]


def test_the_first_empty_entry_is_blamed_when_nothing_follows():
    where = usual()
    [(code, said)] = refused("a.io", files={where[1].path: config({"a.io": {}})}, where=where)
    assert code == "login_unclear"
    assert where[1].path in said


def test_nothing_anywhere_names_every_place():
    [(code, said)] = refused("a.io", files={}, where=usual())
    assert code == "login_missing"
    assert all(place.path in said for place in usual())


def test_missing_may_be_empty():
    files = {FILE: config({"a.io": "robot"})}
    assert look_up("a.io", "b.io", files=files, missing_is_empty=True) == ["robot", ""]
    assert look_up("b.io", files={}, where=usual(), missing_is_empty=True) == [""]


@pytest.mark.parametrize(
    ("where", "text"),
    [
        pytest.param(NAMED, "There is no /etc/auth.json, which the option config_file names.", id="option"),
        pytest.param(
            usual(REGISTRY_AUTH_FILE="/x"), "/x, which the environment variable REGISTRY_AUTH_FILE", id="podman"
        ),
        pytest.param(
            usual(DOCKER_CONFIG="/x"), "/x/config.json, which the environment variable DOCKER_CONFIG", id="docker"
        ),
    ],
)
def test_a_file_that_is_named_must_be_there(where, text):
    with pytest.raises(auth_files.Refused, match=text) as refusal:
        auth_files.credentials(["a.io", "b.io"], where, {}.get, missing_is_empty=True)
    assert [problem.code for problem in refusal.value.problems] == ["login_file_missing"]


def test_a_file_that_cannot_be_read_is_one_problem():
    def read(path):
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(auth_files.Refused) as refusal:
        auth_files.credentials(["a.io", "b.io"], NAMED, read, missing_is_empty=False)
    assert str(refusal.value).startswith("/etc/auth.json cannot be read: Permission denied.")
    assert len(refusal.value.problems) == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        pytest.param(
            "https://ghcr.io", "Term 1 'https://ghcr.io' has https:// before the host. Use ghcr.io.", id="scheme"
        ),
        pytest.param("ghcr.io/", "ends with a slash. Use ghcr.io.", id="slash"),
        pytest.param("index.docker.io", "Use docker.io.", id="Docker Hub"),
        pytest.param(f"me:{SECRET}@ghcr.io", "Term 1 holds a user name or a password before an '@'.", id="login"),
        pytest.param("docker login", "is a command", id="a command"),
        pytest.param("", "Term 1 '' is not text with a host.", id="empty"),
        pytest.param(5000, "Term 1 (int) is not text with a host.", id="a number"),
    ],
)
def test_a_term_that_is_no_host(term, text):
    [(code, said)] = refused(term, files={FILE: config()})
    assert code == "login_host_invalid"
    assert text in said


def test_all_problems_come_at_once():
    files = {FILE: config({"a.io": {}}, credHelpers={"b.io": "x"})}
    codes = [code for code, _said in refused("a.io", "b.io", "c.io", "d.io/", files=files)]
    assert codes == ["login_unclear", "login_elsewhere", "login_missing", "login_host_invalid"]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A docker config as we write it and as the legs read it, and what in it is confidential."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement, dockerconfig, skopeo
from ansible_collections.epinio.registries.tests.support.builders import auth, docker_config, one_entry
from hypothesis import given
from hypothesis import strategies as st

HOST = "registry.example.com"
GOOD = docker_config(HOST, "robot", "s3cret")
AUTH = auth("robot", "s3cret")


def test_encode_is_compact_and_complete():
    assert dockerconfig.encode(registry=HOST, username="r\xf6bot", password='"\n\U0001f600') == (
        b'{"auths":{"registry.example.com":{"auth":"csO2Ym90OiIK8J+YgA==",'
        rb'"username":"r\u00f6bot","password":"\"\n\ud83d\ude00"}}}'
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(registry=TEXT, username=TEXT, password=TEXT)
def test_what_is_encoded_is_exact(registry, username, password):
    data = dockerconfig.encode(registry=registry, username=username, password=password)
    entry = dockerconfig.exact(data)
    assert (entry.registry, entry.username, entry.password) == (registry, username, password)
    assert (
        dockerconfig.exact(json.dumps(json.loads(data), indent=4, sort_keys=True, ensure_ascii=False).encode()) == entry
    )
    tree = dockerconfig.parse(data)
    assert dockerconfig.listed_registry(tree) == dockerconfig.export_entry(tree).registry == registry


def test_a_password_is_not_shown():
    entry = dockerconfig.exact(json.dumps(GOOD).encode())
    assert repr(entry) == "Entry(registry='registry.example.com', username='robot')"
    tree = dockerconfig.parse(json.dumps(GOOD).encode())
    shown = repr(dockerconfig.export_entry(tree))
    assert "s3cret" not in shown
    assert AUTH not in shown


def in_config(change):
    """Return the good config after a change to the whole of it."""
    config = docker_config(HOST, "robot", "s3cret")
    change(config)
    return json.dumps(config).encode()


def in_entry(change):
    """Return the good config after a change to its entry."""
    return in_config(lambda config: change(config["auths"][HOST]))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(in_config(lambda config: config.update(x={})), id="another key beside auths"),
        pytest.param(in_config(lambda config: config.update(Auths=config.pop("auths"))), id="auths in another case"),
        pytest.param(in_config(lambda config: config["auths"].update(other={})), id="a second registry"),
        pytest.param(in_config(lambda config: config["auths"].clear()), id="no registry"),
        pytest.param(in_config(lambda config: config.update(auths=None)), id="auths are null"),
        pytest.param(in_config(lambda config: config.update(auths=[{}])), id="auths are a list"),
        pytest.param(in_config(lambda config: config["auths"].update({HOST: None})), id="the entry is null"),
        pytest.param(in_config(lambda config: config["auths"].update({HOST: AUTH})), id="the entry is text"),
        pytest.param(
            in_config(lambda config: config["auths"].update({HOST: ["auth", "username", "password"]})),
            id="the entry is a list",
        ),
        pytest.param(
            in_config(lambda config: config["auths"].update({"\ud800": config["auths"].pop(HOST)})),
            id="half a surrogate pair for the registry",
        ),
        pytest.param(in_entry(lambda entry: entry.update(identitytoken="")), id="an empty identity token"),
        pytest.param(in_entry(lambda entry: entry.update(Auth=entry.pop("auth"))), id="auth in another case"),
        pytest.param(in_entry(lambda entry: entry.pop("username")), id="no user name"),
        pytest.param(in_entry(lambda entry: entry.pop("auth")), id="no auth"),
        pytest.param(in_entry(lambda entry: entry.update(password="other")), id="another password than auth's"),
        pytest.param(in_entry(lambda entry: entry.update(password=12345)), id="a number for the password"),
        pytest.param(in_entry(lambda entry: entry.update(username=None)), id="null for the user name"),
        pytest.param(
            in_entry(lambda entry: entry.update(password="\ud800")), id="half a surrogate pair for the password"
        ),
        pytest.param(in_entry(lambda entry: entry.update(auth=AUTH + "\n")), id="a line end behind auth"),
        pytest.param(in_entry(lambda entry: entry.update(auth=AUTH.encode().hex())), id="auth in hexadecimal"),
        pytest.param(in_entry(lambda entry: entry.update(auth={})), id="a mapping for auth"),
        pytest.param(
            json.dumps(GOOD).replace('"auth":', '"password": "s3cret", "auth":').encode(), id="the password twice"
        ),
        pytest.param(json.dumps(GOOD).replace('{"auths":', '{"auths": {}, "auths":').encode(), id="auths twice"),
        pytest.param(json.dumps(GOOD).encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), id="a byte order mark"),
        pytest.param(json.dumps(GOOD).encode() + b"x", id="a letter behind"),
        pytest.param(
            json.dumps(docker_config(HOST, "robot", "p\xe4ss"), ensure_ascii=False).encode("latin-1"), id="Latin-1"
        ),
        pytest.param(
            json.dumps(docker_config(HOST, "robot", "X")).replace("X", "\t").encode(), id="a tab within the password"
        ),
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="a blank"),
        pytest.param(b"null", id="null"),
        pytest.param(b"1", id="a number"),
        pytest.param(b'"x"', id="text"),
        pytest.param(b"[]", id="an empty list"),
        pytest.param(b"[{}]", id="a list of an object"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"NaN", id="no number"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 1_000_000, id="a million lists without an end"),
        pytest.param(b'{"":' * 300_000, id="objects without an end"),
        pytest.param(b"1" * 1_000_000, id="a million digits"),
        pytest.param(b'{"auths": {"h": ' + b"[" * 5000 + b"]" * 5000 + b"}}", id="lists within lists for the entry"),
    ],
)
def test_anything_else_is_not_exact(data):
    assert dockerconfig.exact(data) is None


@given(
    st.binary()
    | st.recursive(st.none() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=6)
    .map(json.dumps)
    .map(str.encode)
)
def test_no_reader_raises_anything_undocumented(data):
    assert dockerconfig.exact(data) is None
    try:
        tree = dockerconfig.parse(data)
    except dockerconfig.Unreadable as error:
        assert error.code == "config_not_json"  # noqa: PT017 - most inputs are refused, some are not
        tree = None
    for reader in (
        dockerconfig.listed_registry,
        dockerconfig.export_entry,
        lambda it: skopeo.credentials(it, ("h",)),
    ):
        try:
            reader(tree)
        except dockerconfig.Unreadable:
            continue
    with pytest.raises(agreement.Contradiction):
        agreement.stored(data)


@pytest.mark.parametrize(
    ("data", "telling"),
    [
        pytest.param(one_entry(username="robot", password="x", email="a@b.c"), {"x"}, id="a short password"),
        pytest.param(one_entry(auth=AUTH, username="robot"), {AUTH, "s3cret"}, id="auth, and the password in it"),
        pytest.param(one_entry(auth="eA==", email="somebody@example.com"), {"eA==", ""}, id="auth without a password"),
        pytest.param(one_entry(auth="no base64"), {"no base64"}, id="auth that is no base64"),
        pytest.param(one_entry(identitytoken="a long token", email=1), {"a long token"}, id="a value that is long"),
        pytest.param(one_entry(IdentityToken="short"), {"short"}, id="an identity token, also a short one"),
        pytest.param(one_entry(Password="s3cret", AUTH=None), {"s3cret"}, id="keys in another case"),
        pytest.param(b'{"auths": "no object"}', {"no object"}, id="a value that stands elsewhere"),
        pytest.param(b"no JSON at all \xff", {"no JSON at all \ufffd"}, id="nobody can say which part"),
    ],
)
def test_what_no_text_may_hold(data, telling):
    assert set(dockerconfig.confidential(data)) == telling | {base64.b64encode(data).decode()}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"x", id="one letter"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"true", id="a boolean"),
    ],
)
def test_what_is_short_is_not_looked_for(data):
    assert list(dockerconfig.confidential(data)) == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(one_entry(username="robot", password="x", email="a@b.c"), {"x"}, id="password"),
        pytest.param(one_entry(auth=AUTH, username="robot"), {"s3cret"}, id="auth"),
        pytest.param(one_entry(auth="no base64", identitytoken="t"), {"t"}, id="a token"),
        pytest.param(one_entry(Password="s3cret", AUTH=None), {"s3cret"}, id="keys in another case"),
        pytest.param(b"no JSON", set(), id="cannot be read"),
    ],
)
def test_passwords(data, found):
    assert set(dockerconfig.passwords(data)) == found

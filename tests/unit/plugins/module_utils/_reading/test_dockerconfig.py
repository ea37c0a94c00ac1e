# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement, dockerconfig, skopeo
from ansible_collections.epinio.registries.tests.support.builders import auth, docker_config
from hypothesis import given
from hypothesis import strategies as st

HOST = "registry.example.com"
GOOD = docker_config(HOST, "robot", "s3cret")
AUTH = auth("robot", "s3cret")


def one(**fields):
    """Return a docker config with one entry that holds these fields."""
    return json.dumps({"auths": {HOST: fields}}).encode()


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
        in_config(lambda config: config.update(x={})),
        in_config(lambda config: config.update(Auths=config.pop("auths"))),
        in_config(lambda config: config["auths"].update(other={})),
        in_config(lambda config: config["auths"].clear()),
        in_config(lambda config: config.update(auths=None)),
        in_config(lambda config: config.update(auths=[{}])),
        in_config(lambda config: config["auths"].update({HOST: None})),
        in_config(lambda config: config["auths"].update({HOST: AUTH})),
        in_config(lambda config: config["auths"].update({HOST: ["auth", "username", "password"]})),
        in_config(lambda config: config["auths"].update({"\ud800": config["auths"].pop(HOST)})),
        in_entry(lambda entry: entry.update(identitytoken="")),
        in_entry(lambda entry: entry.update(Auth=entry.pop("auth"))),
        in_entry(lambda entry: entry.pop("username")),
        in_entry(lambda entry: entry.pop("auth")),
        in_entry(lambda entry: entry.update(password="other")),
        in_entry(lambda entry: entry.update(password=12345)),
        in_entry(lambda entry: entry.update(username=None)),
        in_entry(lambda entry: entry.update(password="\ud800")),
        in_entry(lambda entry: entry.update(auth=AUTH + "\n")),
        in_entry(lambda entry: entry.update(auth=AUTH.encode().hex())),
        in_entry(lambda entry: entry.update(auth={})),
        json.dumps(GOOD).replace('"auth":', '"password": "s3cret", "auth":').encode(),
        json.dumps(GOOD).replace('{"auths":', '{"auths": {}, "auths":').encode(),
        json.dumps(GOOD).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        json.dumps(GOOD).encode() + b"x",
        json.dumps(docker_config(HOST, "robot", "p\xe4ss"), ensure_ascii=False).encode("latin-1"),
        json.dumps(docker_config(HOST, "robot", "X")).replace("X", "\t").encode(),
        *[
            b"",
            b" ",
            b"null",
            b"1",
            b'"x"',
            b"[]",
            b"[{}]",
            b"{}",
            b"NaN",
            b"\xff",
            b"[" * 1_000_000,
            b'{"":' * 300_000,
        ],
        *[b"1" * 1_000_000, b'{"auths": {"h": ' + b"[" * 5000 + b"]" * 5000 + b"}}"],
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


def outcome(reader, *arguments):
    """Return what a reader returns, or the code with which it refuses."""
    try:
        return reader(*arguments)
    except dockerconfig.Unreadable as error:
        return error.code


def three(text):
    """Return what list, export and skopeo make of a docker config: registry, credentials, credentials."""
    tree = outcome(dockerconfig.parse, text.encode())
    if isinstance(tree, str):
        return tree
    export = outcome(dockerconfig.export_entry, tree)
    lookups = (f"{HOST}/acme/image", f"{HOST}/acme", HOST)
    return (
        outcome(dockerconfig.listed_registry, tree),
        export if isinstance(export, str) else export.credentials(),
        outcome(skopeo.credentials, tree, lookups),
    )


ROBOT = (b"robot", b"s3cret")
ENTRY = json.dumps(GOOD["auths"][HOST])
NONE = (b"", b"")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(GOOD), (HOST, ROBOT, ROBOT)),
        ("{", "config_not_json"),
        ("null", ("auths_missing", "auths_missing", None)),
        ("1", ("config_wrong_shape",) * 3),
        ("{}", ("auths_missing", "auths_missing", None)),
        ('{"auths": null}', ("auths_empty", "auths_empty", None)),
        ('{"auths": {"a": {}, "b": {}}}', ("auths_several", "auths_several", None)),
        ('{"auths": "x"}', ("config_foreign_key", "config_foreign_key", "config_unreadable_for_skopeo")),
        # What stands beside auths: Epinio wants objects, the export wants objects of entries, skopeo does not care.
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": 1}}', ("config_foreign_key", "config_foreign_key", ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": "b"}}}}', (HOST, "entry_wrong_type", ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": {{"auth": 1}}}}}}', (HOST, "entry_wrong_type", ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": {{"b": 1}}, "c": null}}, "d": null}}', (HOST, ROBOT, ROBOT)),
        # Numbers that do not fit trouble only the list, which keeps them.
        (f'{{"auths": {{"{HOST}": {{"x": [{{"y": 1e999}}]}}}}}}', ("config_number_range", NONE, None)),
        (f'{{"auths": {{"{HOST}": {{"x": 1e308}}}}}}', (HOST, NONE, None)),
        # Repeated keys: a map takes the last one, a struct field keeps what null does not replace.
        (f'{{"auths": {{"x": {{}}}}, "auths": {{"{HOST}": {ENTRY}}}}}', (HOST, ROBOT, ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "auths": null}}', ("auths_empty", "auths_empty", None)),
        (f'{{"auths": {{"{HOST}": {ENTRY}, "{HOST}": {{}}}}}}', (HOST, NONE, None)),
        (
            f'{{"auths": {{"{HOST}": {{"auth": "{AUTH}", "auth": null, "password": "p", "Password": null}}}}}}',
            (HOST, ROBOT, ROBOT),
        ),
        (f'{{"auths": {{"{HOST}": {{"auth": "x", "AUTH": "{AUTH}"}}}}}}', (HOST, ROBOT, ROBOT)),
        # Names fold for struct fields, and so for skopeo's auths, but not for Epinio's.
        (f'{{"Auths": {{"{HOST}": {ENTRY}}}}}', ("auths_missing", "auths_missing", ROBOT)),
        (
            f'{{"Auths": {{"x": {ENTRY}}}, "auths": {{"{HOST}": {{"username": "robot", "password": "s3cret"}}}}}}',
            (HOST, ROBOT, None),
        ),
        (f'{{"AUTHS": {{"{HOST}/acme": {ENTRY}}}, "auths": {{"{HOST}": {{}}}}}}', (HOST, NONE, ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "Auths": null}}', (HOST, ROBOT, None)),
        (
            f'{{"auths": {{"{HOST}": {{"a\\u0075th": "{AUTH}", "u\u017fername": "", "PA\u017fSWORD": "x"}}}}}}',
            (HOST, ROBOT, ROBOT),
        ),
        # Types.
        (f'{{"auths": {{"{HOST}": "{AUTH}"}}}}', (HOST, "entry_wrong_type", "config_unreadable_for_skopeo")),
        (f'{{"auths": {{"{HOST}": {{"auth": 5}}}}}}', (HOST, "entry_wrong_type", "config_unreadable_for_skopeo")),
        (f'{{"auths": {{"{HOST}": {{"identitytoken": 5}}}}}}', (HOST, NONE, "config_unreadable_for_skopeo")),
        (f'{{"auths": {{"{HOST}": {{"identityto\u212aen": "t", "auth": "{AUTH}"}}}}}}', (HOST, ROBOT, ROBOT)),
        (f'{{"auths": {{"{HOST}": null}}}}', (HOST, NONE, None)),
        # Credential helpers: an empty name is all that the export lets through.
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"x": null}}}}', (HOST, ROBOT, ROBOT)),
        (f'{{"auths": {{"{HOST}": {ENTRY}}}, "CREDHELPERS": {{"{HOST}": null}}}}', (HOST, ROBOT, "credential_helper")),
        (
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"{HOST}": null}}, "credhelpers": null}}',
            (HOST, ROBOT, ROBOT),
        ),
        (
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"x": {{}}}}}}',
            (HOST, ROBOT, "config_unreadable_for_skopeo"),
        ),
    ],
)
def test_three_readers(text, expected):
    assert three(text) == expected


@pytest.mark.parametrize(
    ("fields", "helm", "skopeo"),
    [
        ({"username": "robot", "password": "s3cret"}, ROBOT, None),
        ({"auth": AUTH}, ROBOT, ROBOT),
        ({"auth": AUTH, "username": "other"}, ROBOT, ROBOT),
        ({"auth": AUTH, "username": "other", "password": "thing"}, (b"other", b"thing"), ROBOT),
        ({"auth": auth("robot", "s3cret\n"), "username": "robot"}, (b"robot", b"s3cret\n"), (b"robot", b"s3cret\n")),
        ({"auth": auth("robot", "\0s3cret\0\0")}, (b"robot", b"\0s3cret\0\0"), ROBOT),
        ({"auth": auth("robot", "a:b")}, (b"robot", b"a:b"), (b"robot", b"a:b")),
        ({"auth": AUTH[:9] + "\r\n" + AUTH[9:]}, ROBOT, ROBOT),
        ({"auth": auth("robot", "s3cret1").rstrip("=")}, NONE, "auth_not_base64"),
        ({"auth": "***", "username": "robot"}, (b"robot", b""), "auth_not_base64"),
        ({"auth": "cm9ib3Q="}, NONE, None),
        ({"auth": "/zr+"}, (b"\xff", b"\xfe"), (b"\xff", b"\xfe")),
    ],
)
def test_what_auth_gives(fields, helm, skopeo):
    assert three(one(**fields).decode()) == (HOST, helm, skopeo)


@pytest.mark.parametrize(
    ("key", "host", "matches"),
    [
        ("https://registry.example.com/v1/", HOST, True),
        ("http://registry.example.com", HOST, True),
        ("http://https://registry.example.com", HOST, True),
        ("https://http://registry.example.com", HOST, False),
        ("oci://registry.example.com", HOST, False),
        ("registry.example.com/", HOST, False),
        ("Registry.example.com", HOST, False),
        ("registry.example.com:443", HOST, False),
        ("registry-1.docker.io", "docker.io", True),
        ("index.docker.io", "docker.io", True),
        ("https://index.docker.io/v1/", "docker.io", True),
        ("registry.hub.docker.com", "docker.io", False),
    ],
)
def test_keys_that_skopeo_normalizes(key, host, matches):
    assert skopeo.matches_host(key, host) is matches
    tree = dockerconfig.parse(json.dumps({"auths": {key: GOOD["auths"][HOST]}}).encode())
    assert skopeo.credentials(tree, (host,)) == (ROBOT if matches else None)


@pytest.mark.parametrize(
    ("data", "telling"),
    [
        pytest.param(one(username="robot", password="x", email="a@b.c"), {"x"}, id="a short password"),
        pytest.param(one(auth=AUTH, username="robot"), {AUTH, "s3cret"}, id="auth, and the password in it"),
        pytest.param(one(auth="eA==", email="somebody@example.com"), {"eA==", ""}, id="auth without a password"),
        pytest.param(one(auth="no base64"), {"no base64"}, id="auth that is no base64"),
        pytest.param(one(identitytoken="a long token", email=1), {"a long token"}, id="a value that is long"),
        pytest.param(one(IdentityToken="short"), {"short"}, id="an identity token, also a short one"),
        pytest.param(one(Password="s3cret", AUTH=None), {"s3cret"}, id="keys in another case"),
        pytest.param(b'{"auths": "no object"}', {"no object"}, id="a value that stands elsewhere"),
        pytest.param(b"no JSON at all \xff", {"no JSON at all \ufffd"}, id="nobody can say which part"),
    ],
)
def test_what_no_text_may_hold(data, telling):
    assert set(dockerconfig.confidential(data)) == telling | {base64.b64encode(data).decode()}


@pytest.mark.parametrize("data", [b"", b"x", b"{}", b"true"])
def test_what_is_short_is_not_looked_for(data):
    assert list(dockerconfig.confidential(data)) == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(one(username="robot", password="x", email="a@b.c"), {"x"}, id="password"),
        pytest.param(one(auth=AUTH, username="robot"), {"s3cret"}, id="auth"),
        pytest.param(one(auth="no base64", identitytoken="t"), {"t"}, id="a token"),
        pytest.param(one(Password="s3cret", AUTH=None), {"s3cret"}, id="keys in another case"),
        pytest.param(b"no JSON", set(), id="cannot be read"),
    ],
)
def test_passwords(data, found):
    assert set(dockerconfig.passwords(data)) == found

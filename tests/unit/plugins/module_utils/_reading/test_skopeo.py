# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What skopeo reads of a docker config, beside what the list and the export read of it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, skopeo
from ansible_collections.epinio.registries.tests.support.builders import auth, docker_config, one_entry

HOST = "registry.example.com"
GOOD = docker_config(HOST, "robot", "s3cret")
AUTH = auth("robot", "s3cret")


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
        pytest.param(json.dumps(GOOD), (HOST, ROBOT, ROBOT), id="good for all"),
        pytest.param("{", "config_not_json", id="no JSON"),
        pytest.param("null", ("auths_missing", "auths_missing", None), id="null"),
        pytest.param("1", ("config_wrong_shape",) * 3, id="a number"),
        pytest.param("{}", ("auths_missing", "auths_missing", None), id="no auths"),
        pytest.param('{"auths": null}', ("auths_empty", "auths_empty", None), id="auths are null"),
        pytest.param('{"auths": {"a": {}, "b": {}}}', ("auths_several", "auths_several", None), id="two entries"),
        pytest.param(
            '{"auths": "x"}',
            ("config_foreign_key", "config_foreign_key", "config_unreadable_for_skopeo"),
            id="auths are text",
        ),
        # What stands beside auths: Epinio wants objects, the export wants objects of entries, skopeo does not care.
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": 1}}',
            ("config_foreign_key", "config_foreign_key", ROBOT),
            id="a number beside auths",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": "b"}}}}',
            (HOST, "entry_wrong_type", ROBOT),
            id="an object with text beside auths",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": {{"auth": 1}}}}}}',
            (HOST, "entry_wrong_type", ROBOT),
            id="an object with a wrong entry beside auths",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "x": {{"a": {{"b": 1}}, "c": null}}, "d": null}}',
            (HOST, ROBOT, ROBOT),
            id="objects of entries beside auths",
        ),
        # Numbers that do not fit trouble only the list, which keeps them.
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"x": [{{"y": 1e999}}]}}}}}}',
            ("config_number_range", NONE, None),
            id="a number that does not fit",
        ),
        pytest.param(f'{{"auths": {{"{HOST}": {{"x": 1e308}}}}}}', (HOST, NONE, None), id="a number that fits"),
        # Repeated keys: a map takes the last one, a struct field keeps what null does not replace.
        pytest.param(
            f'{{"auths": {{"x": {{}}}}, "auths": {{"{HOST}": {ENTRY}}}}}', (HOST, ROBOT, ROBOT), id="auths twice"
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "auths": null}}',
            ("auths_empty", "auths_empty", None),
            id="auths again, as null",
        ),
        pytest.param(f'{{"auths": {{"{HOST}": {ENTRY}, "{HOST}": {{}}}}}}', (HOST, NONE, None), id="the entry twice"),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"auth": "{AUTH}", "auth": null, "password": "p", "Password": null}}}}}}',
            (HOST, ROBOT, ROBOT),
            id="fields again, as null",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"auth": "x", "AUTH": "{AUTH}"}}}}}}',
            (HOST, ROBOT, ROBOT),
            id="auth again, in capitals",
        ),
        # Names fold for struct fields, and so for skopeo's auths, but not for Epinio's.
        pytest.param(
            f'{{"Auths": {{"{HOST}": {ENTRY}}}}}', ("auths_missing", "auths_missing", ROBOT), id="auths in another case"
        ),
        pytest.param(
            f'{{"Auths": {{"x": {ENTRY}}}, "auths": {{"{HOST}": {{"username": "robot", "password": "s3cret"}}}}}}',
            (HOST, ROBOT, None),
            id="auths in both cases",
        ),
        pytest.param(
            f'{{"AUTHS": {{"{HOST}/acme": {ENTRY}}}, "auths": {{"{HOST}": {{}}}}}}',
            (HOST, NONE, ROBOT),
            id="a longer key in capitals",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "Auths": null}}',
            (HOST, ROBOT, None),
            id="auths again in another case, as null",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"a\\u0075th": "{AUTH}", "u\u017fername": "", "PA\u017fSWORD": "x"}}}}}}',
            (HOST, ROBOT, ROBOT),
            id="keys with escapes and a long s",
        ),
        # Types.
        pytest.param(
            f'{{"auths": {{"{HOST}": "{AUTH}"}}}}',
            (HOST, "entry_wrong_type", "config_unreadable_for_skopeo"),
            id="the entry is text",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"auth": 5}}}}}}',
            (HOST, "entry_wrong_type", "config_unreadable_for_skopeo"),
            id="a number for auth",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"identitytoken": 5}}}}}}',
            (HOST, NONE, "config_unreadable_for_skopeo"),
            id="a number for the identity token",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {{"identityto\u212aen": "t", "auth": "{AUTH}"}}}}}}',
            (HOST, ROBOT, ROBOT),
            id="the sign of Kelvin in the identity token's key",
        ),
        pytest.param(f'{{"auths": {{"{HOST}": null}}}}', (HOST, NONE, None), id="the entry is null"),
        # Credential helpers: an empty name is all that the export lets through.
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"x": null}}}}',
            (HOST, ROBOT, ROBOT),
            id="null as the helper of another host",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "CREDHELPERS": {{"{HOST}": null}}}}',
            (HOST, ROBOT, "credential_helper"),
            id="null as the helper of this host",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"{HOST}": null}}, "credhelpers": null}}',
            (HOST, ROBOT, ROBOT),
            id="the helpers again, as null",
        ),
        pytest.param(
            f'{{"auths": {{"{HOST}": {ENTRY}}}, "credHelpers": {{"x": {{}}}}}}',
            (HOST, ROBOT, "config_unreadable_for_skopeo"),
            id="a mapping for a helper",
        ),
    ],
)
def test_three_readers(text, expected):
    assert three(text) == expected


@pytest.mark.parametrize(
    ("fields", "helm", "skopeo"),
    [
        pytest.param({"username": "robot", "password": "s3cret"}, ROBOT, None, id="no auth"),
        pytest.param({"auth": AUTH}, ROBOT, ROBOT, id="auth alone"),
        pytest.param({"auth": AUTH, "username": "other"}, ROBOT, ROBOT, id="another user name beside auth"),
        pytest.param(
            {"auth": AUTH, "username": "other", "password": "thing"},
            (b"other", b"thing"),
            ROBOT,
            id="another pair beside auth",
        ),
        pytest.param(
            {"auth": auth("robot", "s3cret\n"), "username": "robot"},
            (b"robot", b"s3cret\n"),
            (b"robot", b"s3cret\n"),
            id="a line end behind the password in auth",
        ),
        pytest.param(
            {"auth": auth("robot", "\0s3cret\0\0")},
            (b"robot", b"\0s3cret\0\0"),
            ROBOT,
            id="NUL around the password in auth",
        ),
        pytest.param(
            {"auth": auth("robot", "a:b")}, (b"robot", b"a:b"), (b"robot", b"a:b"), id="a colon in the password in auth"
        ),
        pytest.param({"auth": AUTH[:9] + "\r\n" + AUTH[9:]}, ROBOT, ROBOT, id="line ends within auth"),
        pytest.param({"auth": auth("robot", "s3cret1").rstrip("=")}, NONE, "auth_not_base64", id="no padding"),
        pytest.param({"auth": "***", "username": "robot"}, (b"robot", b""), "auth_not_base64", id="no base64"),
        pytest.param({"auth": "cm9ib3Q="}, NONE, None, id="no colon in auth"),
        pytest.param({"auth": "/zr+"}, (b"\xff", b"\xfe"), (b"\xff", b"\xfe"), id="bytes that are no UTF-8"),
    ],
)
def test_what_auth_gives(fields, helm, skopeo):
    assert three(one_entry(**fields).decode()) == (HOST, helm, skopeo)


@pytest.mark.parametrize(
    ("key", "host", "matches"),
    [
        pytest.param("https://registry.example.com/v1/", HOST, True, id="https and a path"),
        pytest.param("http://registry.example.com", HOST, True, id="http"),
        pytest.param("http://https://registry.example.com", HOST, True, id="http before https"),
        pytest.param("https://http://registry.example.com", HOST, False, id="https before http"),
        pytest.param("oci://registry.example.com", HOST, False, id="the scheme of Helm"),
        pytest.param("registry.example.com/", HOST, False, id="a slash behind"),
        pytest.param("Registry.example.com", HOST, False, id="upper case"),
        pytest.param("registry.example.com:443", HOST, False, id="a port"),
        pytest.param("registry-1.docker.io", "docker.io", True, id="the host that serves Docker Hub"),
        pytest.param("index.docker.io", "docker.io", True, id="the index of Docker Hub"),
        pytest.param("https://index.docker.io/v1/", "docker.io", True, id="Docker's own key for Docker Hub"),
        pytest.param("registry.hub.docker.com", "docker.io", False, id="the old name of Docker Hub"),
    ],
)
def test_keys_that_skopeo_normalizes(key, host, matches):
    assert skopeo.matches_host(key, host) is matches
    tree = dockerconfig.parse(json.dumps({"auths": {key: GOOD["auths"][HOST]}}).encode())
    assert skopeo.credentials(tree, (host,)) == (ROBOT if matches else None)

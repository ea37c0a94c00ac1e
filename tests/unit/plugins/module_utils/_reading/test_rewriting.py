# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, epinio, rewriting
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import DOCKERCONFIG, Secret
from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import given
from hypothesis import strategies as st

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/epinio-readers.jsonl").read_text(encoding="utf-8").splitlines()
]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(TEXTS.filter(lambda text: ":" not in text), TEXTS, TEXTS)
def test_what_we_write_comes_out_as_we_write_it(username, old, new):
    before = dockerconfig.encode(registry="a.b", username=username, password=old)
    assert list(rewriting.holders(before)) == [("a.b", username)]
    after = rewriting.with_password(before, username, new)
    assert after == dockerconfig.encode(registry="a.b", username=username, password=new)


def test_everything_else_stays():
    before = (
        '{"x": {"password": {}},\n  "auths" :{ "a.b"\t: {"email":"{a,[]}\\"", "password": "old", "é": [{"auth": "x"}], '
        '"username":"\\u0072obot" , "auth":"cm9ib3Q6b2xk"} } }\r\n'
    ).encode()
    after = rewriting.with_password(before, "robot", 'n"ew')
    wanted = before.replace(b'"password": "old"', b'"password": "n\\"ew"')
    assert after == wanted.replace(b"cm9ib3Q6b2xk", builders.auth("robot", 'n"ew').encode())


def test_bytes_that_are_no_text_stay():
    before = b'{"auths": {"a.b": {"auth": "", "email": "\xff", "password": "old"}}}'
    assert b'"\xff"' in rewriting.with_password(before, "robot", "new")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        pytest.param(b"no JSON", [], id="no JSON"),
        pytest.param(b"[]", [], id="no object"),
        pytest.param(b'{"auths": [], "x": {"a.b": {"username": "robot"}}}', [], id="no auths"),
        pytest.param(b'{"auths": {"a.b": {"username": 1}}}', [], id="no text"),
        pytest.param(b'{"Auths": {"a.b": {"UserName": "robot"}}}', [("a.b", "robot")], id="in other cases"),
        pytest.param(b'{"auths": {"a.b": {"auth": "cm9ib3Q6b2xk"}}}', [("a.b", "robot")], id="auth alone"),
        pytest.param(b'{"auths": {"a.b": {"auth": "no base64"}}}', [], id="no base64"),
        pytest.param(
            b'{"auths": {"a.b": {"username": "one", "auth": "cm9ib3Q6b2xk"}, "c.d": {"username": "two"}}}',
            [("a.b", "one"), ("a.b", "robot"), ("c.d", "two")],
            id="several, one of which contradicts itself",
        ),
    ],
)
def test_who_logs_in(config, found):
    assert sorted(rewriting.holders(config)) == found


@pytest.mark.parametrize("case", CORPUS, ids=[case["id"] for case in CORPUS])
def test_what_was_usable_is_usable_with_the_new_password(case):
    """For every secret of the corpus of Epinio's own readers."""
    secret = Secret.from_api(case["secret"])
    beside = {other["metadata"]["name"]: Secret.from_api(other) for other in case["others"]}
    before = epinio.read(secret, beside.get)
    if not before.usable:
        return
    config = rewriting.with_password(secret.data[DOCKERCONFIG], before.chart.username, "n3w s3cret")
    after = epinio.read(
        Secret(secret.name, {**secret.data, DOCKERCONFIG: config}, secret.labels, secret.annotations), beside.get
    )
    assert after.usable
    assert {leg.password for leg in (after.chart, after.image)} == {"n3w s3cret"}
    assert (after.url, after.chart.username, after.image.username) == (
        before.url,
        before.chart.username,
        before.image.username,
    )

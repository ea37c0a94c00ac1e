# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, masked, masking, texts
from hypothesis import given
from hypothesis import strategies as st

SECRET = "Pä 's/\"w+rd\\"


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(str, id="plain"),
        pytest.param(str.lower, id="lower case"),
        pytest.param(lambda secret: json.dumps(secret)[1:-1], id="JSON"),
        pytest.param(lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1], id="JSON in UTF-8"),
        pytest.param(lambda secret: repr(secret)[1:-1], id="Python"),
        pytest.param(lambda secret: ascii(secret)[1:-1], id="Python in ASCII"),
        pytest.param(lambda secret: repr([f"it's {secret}"])[8:-2], id="Python with both quotes"),
        pytest.param(quote, id="path"),
        pytest.param(lambda secret: quote(secret, safe=""), id="path segment"),
        pytest.param(quote_plus, id="query"),
        pytest.param(lambda secret: base64.b64encode(secret.encode()).decode(), id="base64"),
        pytest.param(lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="), id="base64url"),
    ],
)
def test_masks_each_form(form: object) -> None:
    assert callable(form)
    assert masked(f"it says <{form(SECRET)}>", [SECRET]) == f"it says <{MASK}>"


def test_masks_the_longest_form_first() -> None:
    assert masked("user:secret secret", ["secret", "user:secret"]) == f"{MASK} {MASK}"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_masks_what_base64_holds_among_other_things(before: str, after: str, encode: Callable[[bytes], bytes]) -> None:
    whole = encode(f"{before}{SECRET}{after}".encode()).decode()
    rest = masked(f"<{whole}>", [SECRET])
    assert MASK in rest
    assert len(rest.replace(MASK, "")) < len("<xxxx") + len("xxxx==>") + 3, "only what stood around it is left"


def test_masks_what_is_escaped_within_base64() -> None:
    config = json.dumps({"password": SECRET, "rest": "x" * 20}).encode()
    assert MASK in masked(base64.b64encode(config).decode(), [SECRET])


def test_a_short_secret_does_not_hide_everything() -> None:
    assert masked("A rose is a rose.", ["x", "ab"]) == "A rose is a rose."


def test_many_secrets_and_texts() -> None:
    mask = masking(f"s3cret-{number:05}" for number in range(3000))
    assert {mask(f"It is s3cret-{number:05}, he said") for number in range(3000)} == {f"It is {MASK}, he said"}


def test_the_longest_of_many_that_begin_alike() -> None:
    assert masked("robot-1, robot-12!, robot", ["robot-1", "robot-12", "robot-123"]) == f"{MASK}, {MASK}!, robot"


def test_texts_in_a_nested_value() -> None:
    value = {"a": ["b", {"c": 1, "d": None}], "e": ("f", True, 2.5)}
    assert sorted(texts(value)) == ["1", "2.5", "b", "f"]
    assert texts("a") == ["a"]
    assert texts(None) == []


def test_references_to_references_are_followed_once() -> None:
    value: list[object] = ["s3cret"]
    for _level in range(64):
        value = [value, value]
    assert texts(value) == ["s3cret"]


@pytest.mark.parametrize("text", ["İstanbul s3cret", "ſs3cret", "S3CRETß s3creT"])
def test_letters_that_change_their_length_do_not_matter(text: str) -> None:
    assert masked(text, ["s3cret"]).lower().count("s3cret") == 0


@pytest.mark.parametrize("end", ["", "...", "\u2026", '..."', "...'}]", " ...\n"])
@pytest.mark.parametrize(
    "encode", [lambda text: text, json.dumps, lambda text: base64.b64encode(text.encode()).decode()]
)
def test_masks_what_breaks_off(encode: Callable[[str], str], end: str) -> None:
    secret = "correct-h0rse é battery"
    whole = encode(secret).strip('"')
    for length in range(8, len(whole)):
        broken = whole[:length].rstrip()
        assert masked(f"It said {broken}{end}", [secret]) == f"It said {MASK}{end}"
    assert masked(f"It said {whole[:7]}{end}", [secret]) == f"It said {whole[:7]}{end}", "too little to tell"
    assert masked(f"It said {whole[:9]}, he said", [secret]) == f"It said {whole[:9]}, he said"


def test_a_sentence_of_our_own_does_not_tell_how_a_secret_begins() -> None:
    assert masking(["registry-2024"])("It is missing: registry") == "It is missing: registry"


@pytest.mark.parametrize("secrets", [[], [""]])
def test_changes_nothing_without_a_secret(secrets: list[str]) -> None:
    assert masked("as it is", secrets) == "as it is"


@given(st.text(), st.text(min_size=1), st.text())
def test_leaves_no_secret(before: str, secret: str, after: str) -> None:
    rest = masked(before + secret + after, [secret])
    assert secret not in rest.replace(MASK, "") or secret in MASK

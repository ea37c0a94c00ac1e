# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, texts
from hypothesis import given
from hypothesis import strategies as st

SECRET = "Pä 's/\"w+rd\\"


def masked(text: str, secrets: list[str]) -> str:
    return Mask(secrets)(text)


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


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="nothing before"),
        pytest.param("a", id="one letter before"),
        pytest.param("ab", id="two letters before"),
        pytest.param("abc", id="three letters before"),
    ],
)
@pytest.mark.parametrize(
    "after",
    [
        pytest.param("", id="nothing behind"),
        pytest.param("a", id="one letter behind"),
        pytest.param("ab", id="two letters behind"),
        pytest.param("abc", id="three letters behind"),
    ],
)
@pytest.mark.parametrize(
    "encode", [pytest.param(base64.b64encode, id="base64"), pytest.param(base64.urlsafe_b64encode, id="base64url")]
)
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


def test_the_white_space_around_a_secret_is_no_part_of_it() -> None:
    assert Mask(["abc\n"])("is abc, not abd") == "is ********, not abd"


def test_many_secrets_and_texts() -> None:
    mask = Mask(f"s3cret-{number:05}" for number in range(3000))
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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("İstanbul s3cret", id="a letter that is two in lower case"),
        pytest.param("ſs3cret", id="a long s for an s"),
        pytest.param("S3CRETß s3creT", id="a letter that is two in upper case"),
    ],
)
def test_letters_that_change_their_length_do_not_matter(text: str) -> None:
    assert masked(text, ["s3cret"]).lower().count("s3cret") == 0


@pytest.mark.parametrize(
    "around",
    [
        pytest.param("{}", id="alone"),
        pytest.param("{}...", id="dots behind"),
        pytest.param("...{}", id="dots before"),
        pytest.param("it ends in <{}>, he said", id="in a sentence"),
        pytest.param('["{}"]', id="in JSON"),
        pytest.param("<b>{}</b>", id="in HTML"),
    ],
)
@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text, id="plain"),
        pytest.param(lambda text: json.dumps(text)[1:-1], id="JSON"),
        pytest.param(lambda text: quote(text, safe=""), id="URL"),
    ],
)
def test_masks_every_part_wherever_it_stands(encode: Callable[[str], str], around: str) -> None:
    secret = "correct-h0rse é battery"
    for start in range(len(secret)):
        for end in range(start + 8, len(secret) + 1):
            part = secret[start:end]
            if part == part.strip():
                assert masked(around.format(encode(part)), [secret]) == around.format(MASK)
    assert masked(around.format(secret[:7]), [secret]) == around.format(secret[:7]), "too little to tell"


PASSWORD = 'C4n&ry<p>w/d+x!*"~'
CONFIG = json.dumps({"auths": {"ghcr.io": {"auth": base64.b64encode(f"robot:{PASSWORD}".encode()).decode()}}})
PACKED = base64.b64encode(CONFIG.encode()).decode()
GO = json.dumps(PASSWORD)[1:-1].replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(GO, id="JSON by Go"),
        pytest.param(GO.replace("\\", "\\\\"), id="JSON by Go within JSON"),
        pytest.param(json.dumps(PASSWORD)[1:-1].replace("/", r"\/"), id="JSON by PHP"),
        pytest.param(html.escape(PASSWORD), id="HTML"),
        pytest.param("".join(f"&#{ord(c)};" for c in PASSWORD), id="HTML by numbers"),
        pytest.param("".join(f"&#x{ord(c):x};" for c in PASSWORD), id="HTML by hexadecimal numbers"),
        pytest.param(quote(PASSWORD, safe="!'()*~-_."), id="encodeURIComponent"),
        pytest.param(quote(PASSWORD, safe="$&+=:@-_.~"), id="url.PathEscape of Go"),
        pytest.param(quote_plus(PASSWORD, safe="*-_.").replace("~", "%7E"), id="URLEncoder of Java"),
        pytest.param(quote(quote(PASSWORD, safe=""), safe=""), id="URL twice"),
        pytest.param("".join(f"%{b:02x}" for b in PASSWORD.encode()), id="URL, every letter"),
        pytest.param("".join(rf"\x{b:02x}" for b in PASSWORD.encode()), id="C, every letter"),
        pytest.param(PASSWORD.encode().hex(), id="hexadecimal"),
        pytest.param(PASSWORD.upper(), id="upper case"),
    ],
)
def test_undoes_what_encoders_do(form: str) -> None:
    assert Mask([PASSWORD])(f"denied: {form}: no") == f"denied: {MASK}: no"


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(PACKED, id="a docker config"),
        pytest.param("\n".join(textwrap.wrap(PACKED, 76)), id="in lines"),
        pytest.param("\r\n  ".join(textwrap.wrap(PACKED, 64)), id="in YAML's lines"),
        pytest.param(json.dumps("\n".join(textwrap.wrap(PACKED, 76))), id="in JSON"),
        pytest.param(base64.b64encode(f'{{"password":"{GO}"}}'.encode()).decode(), id="what Go wrote"),
        pytest.param(base64.b64encode(base64.b64encode(PASSWORD.encode())).decode(), id="twice"),
    ],
)
def test_finds_what_base64_holds(packed: str) -> None:
    mask = Mask([PASSWORD])
    shown = mask(f"denied: {packed}: no")
    assert MASK in shown
    assert not mask.finds(shown)


def test_learns_more_when_it_has_looked_already() -> None:
    mask = Mask(["s3cret"])
    assert mask("s3cret other") == f"{MASK} other"
    assert mask.learn(["other"])("s3cret other") == f"{MASK} {MASK}"


def test_does_not_look_at_secrets_before_there_is_a_text() -> None:
    asked: list[int] = []
    mask = Mask(asked.append(1) or "s3cret" for _one in range(1))
    assert asked == []
    assert mask.finds("s3cret")
    assert asked == [1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[2Jgone\r\nok: [localhost]", "[2Jgone ok: [localhost]", id="escape sequence and line ends"),
        pytest.param("a\u202eb\u2028c", "a b c", id="what turns a line around or ends it"),
        pytest.param("s3c\x00ret", "s3c ret", id="what is no letter"),
        pytest.param("x" * 1200, "x" * 1000 + " …", id="long"),
    ],
)
def test_quotes_others_in_one_printable_line(text: str, shown: str) -> None:
    assert Mask(["s3cret"]).quote(text) == shown


@pytest.mark.parametrize("secrets", [pytest.param([], id="no secret"), pytest.param([""], id="an empty one")])
def test_changes_nothing_without_a_secret(secrets: list[str]) -> None:
    assert masked("as it is", secrets) == "as it is"


@given(st.text(), st.text(min_size=1), st.text())
def test_leaves_no_secret(before: str, secret: str, after: str) -> None:
    rest = masked(before + secret + after, [secret])
    assert secret not in rest.replace(MASK, "") or secret in MASK

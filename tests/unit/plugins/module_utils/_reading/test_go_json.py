# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as Go's encoding/json reads it."""

from __future__ import annotations

import json
import math

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import go
from hypothesis import given
from hypothesis import strategies as st


def plain(value):
    """Return a parsed text with objects as lists of pairs."""
    if isinstance(value, go.JSONObject):
        return [(key, plain(member)) for key, member in value.members]
    return [plain(member) for member in value] if isinstance(value, list) else value


def parsed(text):
    return plain(go.parse_json(text if isinstance(text, bytes) else text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(" \t\r\n null \n", None, id="white space around"),
        pytest.param("true", True, id="a boolean"),
        pytest.param("[false, [], {}]", [False, [], []], id="a list of empty values"),
        pytest.param(
            '{"a": 1, "b": {"a": null}, "a": "x"}',
            [("a", 1.0), ("b", [("a", None)]), ("a", "x")],
            id="a key twice, in its order",
        ),
        pytest.param("-0", 0.0, id="minus zero"),
        pytest.param("1E5", 1e5, id="a capital exponent"),
        pytest.param("1e-999", 0.0, id="so small that it is zero"),
        pytest.param("1e999", math.inf, id="so large that it is infinite"),
        pytest.param("-1e999", -math.inf, id="so large below zero"),
        pytest.param("1.7976931348623158e308", 1.7976931348623157e308, id="just small enough to be rounded down"),
        pytest.param("1.797693134862315808e308", math.inf, id="just too large to be rounded down"),
        pytest.param("9" * 5000, math.inf, id="five thousand digits"),
        pytest.param(r'"\u0041\/\"\\\b\f\n\r\t"', 'A/"\\\b\f\n\r\t', id="every short escape"),
        pytest.param(r'"\uD83D\uDE00"', "\U0001f600", id="a pair of surrogates"),
        pytest.param(r'"\ud800"', "\ufffd", id="half a pair"),
        pytest.param(r'"\udc00\ud800"', "\ufffd\ufffd", id="a pair in the wrong order"),
        pytest.param(r'"\ud800\ud83d\ude00"', "\ufffd\U0001f600", id="half a pair before a pair"),
        pytest.param(r'"\ud83d\u0041"', "\ufffdA", id="half a pair before a letter"),
        pytest.param(r'"\\ud83d"', "\\ud83d", id="a backslash that is escaped"),
        pytest.param('"\x7f\u2028"', "\x7f\u2028", id="DEL and a line separator as they are"),
        pytest.param(b'"\xff"', "\ufffd", id="a byte that is no UTF-8"),
        pytest.param(b'"p\xe4ss"', "p\ufffdss", id="a letter in Latin-1"),
        pytest.param(b'"\xe4\xbd"', "\ufffd\ufffd", id="two of three bytes, which Python replaces by one character"),
        pytest.param(b'"\xf0\x9f\x98 "', "\ufffd\ufffd\ufffd ", id="three of four bytes"),
        pytest.param(b'"\xed\xa0\xbd\xed\xb8\x80"', "\ufffd" * 6, id="surrogates in UTF-8"),
        pytest.param(
            b'"\xc0\x80\xf4\x90\x80\x80"', "\ufffd" * 6, id="letters in too many bytes, and above the last letter"
        ),
        pytest.param(b'{"\xff": 1}', [("\ufffd", 1.0)], id="a key that is no UTF-8"),
    ],
)
def test_json_that_go_reads(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" ", id="white space alone"),
        pytest.param("\ufeff{}", id="a byte order mark"),
        pytest.param("nul", id="half a word"),
        pytest.param("truefalse", id="two words in one"),
        "NaN",
        "Infinity",
        pytest.param("-Infinity", id="minus infinity"),
        pytest.param("-", id="a sign alone"),
        pytest.param("+1", id="a plus sign"),
        pytest.param("01", id="a zero before a number"),
        pytest.param("1.", id="no digit behind the point"),
        pytest.param(".5", id="no digit before the point"),
        pytest.param("1e", id="an exponent without digits"),
        pytest.param("0x1", id="hexadecimal"),
        pytest.param("1 1", id="two numbers"),
        pytest.param("'a'", id="single quotes"),
        pytest.param('"a', id="a text without an end"),
        pytest.param('"\t"', id="a tab in a text"),
        pytest.param('"\n"', id="a line end in a text"),
        pytest.param('"\x00"', id="NUL in a text"),
        pytest.param(r'"\x41"', id="an escape that JSON does not know"),
        pytest.param(r'"\u00g0"', id="an escape that is not hexadecimal"),
        pytest.param(r'"\u 123"', id="an escape with a blank"),
        pytest.param(r'"\u00"', id="an escape cut off by the quote"),
        pytest.param('"\\', id="an escape cut off by the end"),
        pytest.param("a", id="a letter"),
        pytest.param("// c\n{}", id="a comment"),
        pytest.param("{}x", id="a letter behind"),
        pytest.param("{}\x00", id="NUL behind"),
        pytest.param("{", id="an object without an end"),
        pytest.param("}", id="an object without a beginning"),
        pytest.param("[", id="a list without an end"),
        pytest.param("]", id="a list without a beginning"),
        pytest.param("[}", id="a list that ends as an object"),
        pytest.param("{]", id="an object that ends as a list"),
        pytest.param("[,]", id="a comma alone in a list"),
        pytest.param("[1,]", id="a comma behind the last of a list"),
        pytest.param("[,1]", id="a comma before the first of a list"),
        pytest.param("[1 2]", id="no comma in a list"),
        pytest.param("[1:2]", id="a colon in a list"),
        pytest.param('{"a"}', id="a key alone"),
        pytest.param('{"a":}', id="a key without a value"),
        pytest.param('{"a" 1}', id="no colon"),
        pytest.param('{"a":1,}', id="a comma behind the last of an object"),
        pytest.param("{,}", id="a comma alone in an object"),
        pytest.param("{1:2}", id="a number for a key"),
        pytest.param('{"a":1 "b":2}', id="no comma in an object"),
        pytest.param('{"a":1:2}', id="a second colon"),
        pytest.param('{"a",1}', id="a comma for a colon"),
        pytest.param("{:1}", id="no key"),
        pytest.param("[[]", id="an end too few"),
        pytest.param("[]]", id="an end too many"),
        pytest.param("\x0b1", id="a vertical tab before"),
        pytest.param("1\x0c", id="a form feed behind"),
        pytest.param("\xa01", id="a no-break space before"),
        pytest.param(b"\xff", id="a byte that is no UTF-8"),
        pytest.param(b"\xff{}", id="such a byte before an object"),
    ],
)
def test_json_that_go_refuses(text):
    with pytest.raises(ValueError, match=r"^not JSON$"):
        parsed(text)


@pytest.mark.parametrize(
    ("opening", "closing"), [pytest.param("[", "]", id="lists"), pytest.param('{"a":', "}", id="objects")]
)
def test_json_may_be_ten_thousand_levels_deep(opening, closing):
    inner = "1" if closing == "}" else ""
    go.parse_json((opening * 10_000 + inner + closing * 10_000).encode())
    with pytest.raises(ValueError, match=r"^not JSON$"):
        go.parse_json((opening * 10_001 + inner + closing * 10_001).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_json_that_both_write_is_the_same_to_both(value, ascii_only, indent):
    def pairs(value):
        if isinstance(value, dict):
            return [(key, pairs(member)) for key, member in value.items()]
        return [pairs(member) for member in value] if isinstance(value, list) else value

    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parsed(text.encode()) == pairs(value)


@given(st.binary() | st.text(alphabet='{}[]:,"\\u0d8e-1.tfn ').map(str.encode))
def test_any_bytes_are_json_or_a_value_error(data):
    try:
        go.parse_json(data)
    except ValueError as error:
        assert str(error) == "not JSON"  # noqa: PT017 - most inputs are refused, some are not


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 1_000_000, id="lists without an end"),
        pytest.param(b'{"":' * 200_000, id="objects without an end"),
        pytest.param(b'"' + rb"\u0041" * 170_000, id="a text without an end"),
        pytest.param(b" " * 1_000_000, id="blanks"),
    ],
)
def test_a_megabyte_that_is_no_json(data):
    with pytest.raises(ValueError, match=r"^not JSON$"):
        go.parse_json(data)


@pytest.mark.parametrize(
    ("key", "folded"),
    [
        pytest.param("AUTH", "auth", id="capitals"),
        pytest.param("identityToKEN", "identitytoken", id="capitals here and there"),
        pytest.param("pa\u017f\u017fword", "password", id="a long s is an s"),
        pytest.param("identityto\u212aen", "identitytoken", id="the sign of Kelvin is a k"),
        pytest.param("pa\xdfword", "pa\xdfword", id="a sharp s is no s"),
        pytest.param("\uff41uth", "\uff41uth", id="a wide letter is another one"),
        pytest.param("auth ", "auth ", id="a blank is not passed over"),
    ],
)
def test_keys_fold_as_struct_fields_do(key, folded):
    assert go.fold(key) == folded

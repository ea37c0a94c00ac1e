# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"QUI=", b"AB", id="padding"),
        pytest.param(b"QU\nI\r=\n", b"AB", id="line ends within"),
        pytest.param(b"QUI=\n", b"AB", id="a line end behind"),
        pytest.param(b"QQ=\n=", b"A", id="a line end within the padding"),
        pytest.param(b"QR==", b"A", id="bits that nothing needs"),
    ],
)
def test_base64(text, expected):
    assert go.decode_base64(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"QUI", id="no padding"),
        pytest.param(b"Q", id="one letter"),
        pytest.param(b"Q===", id="one letter and padding"),
        pytest.param(b"====", id="padding alone"),
        pytest.param(b"QUI= ", id="a blank behind"),
        pytest.param(b" QUI=", id="a blank before"),
        pytest.param(b"QUI=QUI=", id="more behind the padding"),
        pytest.param(b"QU_-", id="the letters of base64url"),
        pytest.param(b"QUI==", id="too much padding"),
        pytest.param(b"***", id="no letters"),
        pytest.param(b"\xff", id="a byte that is no ASCII"),
    ],
)
def test_not_base64(text):
    with pytest.raises(ValueError, match=r"^illegal base64 data$"):
        go.decode_base64(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("oci://h.example:5000/a", "h.example:5000", id="a port"),
        pytest.param("oci://h.example:/a", "h.example:", id="an empty port"),
        pytest.param("oci://::1/a", "::1", id="IPv6 without brackets"),
        pytest.param("OCI://h.example", "h.example", id="a scheme in capitals"),
        pytest.param("oci:///a", "", id="a path and no host"),
        pytest.param("oci://", "", id="a scheme alone"),
        pytest.param("oci:a", "", id="a scheme and no slashes"),
        pytest.param("h:1/x", "", id="a host that is taken for a scheme"),
        pytest.param("oci:/a", "", id="one slash"),
        pytest.param("a/b://c", "", id="a path before the scheme"),
        pytest.param("//h.example/a://b", "h.example", id="no scheme"),
        pytest.param("///h.example/a://b", "", id="three slashes"),
        pytest.param("*", "", id="a star"),
        pytest.param("oci://u:p@h.example?x", "h.example", id="a login and a query"),
        pytest.param("oci://u@v@h.example", "h.example", id="two at signs"),
        pytest.param("oci://@h.example", "h.example", id="an empty login"),
        pytest.param("oci://h.example#x?%zz@", None, id="a broken escape in the fragment"),
        pytest.param("oci://h.example#x", "h.example", id="a fragment"),
        pytest.param("oci://h.example?%zz", "h.example", id="a broken escape in the query"),
        pytest.param("oci://b%C3%BCcher.example", "b\xfccher.example", id="a letter that is escaped"),
        pytest.param("oci://b\xfccher.example", "b\xfccher.example", id="a letter that is no ASCII"),
        pytest.param("oci://a%25b", "a%b", id="a percent sign that is escaped"),
        pytest.param("oci://[::1]:5000/a", "[::1]:5000", id="IPv6 with a port"),
        pytest.param("oci://[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", id="IPv4 within IPv6"),
        pytest.param("oci://[fe80::1%25en%20%41]", "[fe80::1%en A]", id="a zone with escapes"),
        pytest.param("oci://<\"!$&'()*+,;=~_-.>", "<\"!$&'()*+,;=~_-.>", id="every sign that a host may have"),
    ],
)
def test_host_of_a_url(url, host):
    if host is None:
        with pytest.raises(ValueError, match=r"^not a URL$"):
            go.url_host(url)
    else:
        assert go.url_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("oci://h.example\n", id="a line end"),
        pytest.param("oci://h\x7f", id="DEL"),
        pytest.param(":h.example", id="a colon first"),
        pytest.param("1://h.example", id="a digit before the scheme"),
        pytest.param("oci://h.example:port", id="a port of letters"),
        pytest.param("oci://h:1:x", id="two colons"),
        pytest.param("oci:// h", id="a blank before the host"),
        pytest.param("oci://h|", id="a bar"),
        pytest.param("oci://h%20", id="a blank that is escaped"),
        pytest.param("oci://h%41", id="a letter of ASCII that is escaped"),
        pytest.param("oci://h%zz", id="a broken escape"),
        pytest.param("oci://h/%zz", id="a broken escape in the path"),
        pytest.param("oci://h/%4", id="half an escape in the path"),
        pytest.param("oci://h#%zz", id="a broken escape in the fragment"),
        pytest.param("oci://ué@h", id="a user name that is no ASCII"),
        pytest.param("oci://u%zz@h", id="a broken escape in the user name"),
        pytest.param("oci://u @h", id="a blank in the user name"),
        pytest.param("oci://a[::1]", id="a letter before the bracket"),
        pytest.param("oci://[::1", id="no closing bracket"),
        pytest.param("oci://[::1]x", id="a letter behind the bracket"),
        pytest.param("oci://[1.2.3.4]", id="IPv4 in brackets"),
        pytest.param("oci://[::g]", id="no hexadecimal digit in IPv6"),
        pytest.param("oci://[]", id="empty brackets"),
        pytest.param("oci://[fe80::1%25]", id="an empty zone"),
        pytest.param("oci://[fe80::1%25a%0a]", id="a line end in the zone"),
        pytest.param("oci://[fe80::1%25%e9]", id="a zone that is no UTF-8"),
        pytest.param("oci://[::1 ]", id="a blank within the brackets"),
    ],
)
def test_not_a_url(url):
    with pytest.raises(ValueError, match=r"^not a URL$|does not appear to be an IPv4 or IPv6 address$"):
        go.url_host(url)


def test_a_request_has_a_stricter_url():
    assert go.url_host("dummy://h#x/..", request=False) == "h"
    for url in ("h.example", "dummy://h#x", ""):
        with pytest.raises(ValueError, match=r"^not a URL$"):
            go.url_host(url, request=True)
    assert go.url_host("/a://b", request=True) == ""
    assert go.url_host("//h/a", request=True) == ""


@given(st.text(alphabet="ab:/@[]%?#. 12cC\n\xe9*") | st.text())
def test_any_text_has_a_host_or_raises_value_error(url):
    for request in (True, False):
        try:
            assert isinstance(go.url_host(url, request=request), str)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - most inputs are refused, some are not


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        pytest.param("a//b/./c/", "a/b/c", id="two slashes, a dot, a slash behind"),
        pytest.param("a/../b", "b", id="two dots take a part away"),
        pytest.param("a/b/../../../c", "../c", id="more dots than parts"),
        pytest.param("../../c", "../../c", id="dots first"),
        pytest.param("/../a", "/a", id="nothing stands above the root"),
        pytest.param("//a", "/a", id="two slashes first"),
        pytest.param("", ".", id="nothing is a dot"),
        pytest.param("a/..", ".", id="nothing that is left is a dot"),
        pytest.param("/", "/", id="the root"),
        pytest.param("a/..b", "a/..b", id="dots that begin a name"),
    ],
)
def test_paths_are_cleaned(path, cleaned):
    assert go.clean_path(path) == cleaned


A, B = (b"A", False, b"\0\0\0"), (b"B", False, b"\0\0\0")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        pytest.param("-----BEGIN A-----\nAAAA\n-----END A-----", [A], id="one block"),
        pytest.param("-----BEGIN A-----\r\nAA\r\nAA\r\n-----END A-----\r\n", [A], id="line ends of Windows"),
        pytest.param("-----BEGIN A----- \t\n A A\tAA \n-----END A----- \n", [A], id="blanks and tabs"),
        pytest.param(
            "x\n-----BEGIN A-----\nAAAA\n-----END A-----\ny\n-----BEGIN B-----\nAAAA\n-----END B-----\n",
            [A, B],
            id="text around two blocks",
        ),
        pytest.param("-----BEGIN A-----\nk: v\n\nAAAA\n-----END A-----", [(b"A", True, b"\0\0\0")], id="headers"),
        pytest.param("-----BEGIN A-----\n-----END A-----\n", [(b"A", False, b"")], id="nothing within"),
        pytest.param("-----BEGIN A-----\n\n-----END A-----\n", [(b"A", False, b"")], id="an empty line within"),
        # A BEGIN without an END is skipped, whatever it begins.
        pytest.param(
            "-----BEGIN B-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----", [A], id="a BEGIN without an END"
        ),
        pytest.param("-----END B-----\n-----BEGIN A-----\nAAAA\n-----END A-----", [A], id="an END first"),
        pytest.param(
            "-----BEGIN A-----\n!\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----", [B], id="no base64"
        ),
        pytest.param(
            "-----BEGIN B-----\nAAAA\n-----END A-----\n-----BEGIN A-----\nAAAA\n-----END A-----",
            [A],
            id="an END of another kind",
        ),
        pytest.param(
            "-----BEGIN A-----x\nAAAA\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----",
            [B],
            id="a letter behind BEGIN",
        ),
        pytest.param(
            "-----BEGIN A-----\nAAAA\n-----END A-----x\n-----BEGIN B-----\nAAAA\n-----END B-----",
            [B],
            id="a letter behind END",
        ),
        pytest.param(
            "-----BEGIN A-----\nk: v\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----",
            [B],
            id="headers and no empty line",
        ),
        pytest.param(
            "\n-----END -----BEGIN A-----\nAAAA\n-----END A-----",
            [A],
            id="what stands at once behind an END begins a line",
        ),
        pytest.param(
            "-----BEGIN A:-----\nk: v\n-----END A:-----\nk: v\n-----BEGIN B-----\nAAAA\n-----END B-----",
            [],
            id="headers that run past the END stop it all",
        ),
        pytest.param("-----BEGIN A-----\nk: v", [], id="cut off within the headers"),
        pytest.param("-----BEGIN A-----AAAA-----END A-----", [], id="all in one line"),
        pytest.param("-----BEGIN A-----\\nAAAA\\n-----END A-----", [], id="line ends that were written as letters"),
        pytest.param("  -----BEGIN A-----\n  AAAA\n  -----END A-----\n", [], id="indented"),
        pytest.param("  -----BEGIN A-----\nAAAA\n-----END A-----\n", [], id="BEGIN alone indented"),
        pytest.param("-----BEGIN A-----\nAAAA\n-----END A----", [], id="a dash too few"),
        pytest.param("-----BEGIN A-----\nAAAA\n-----END A-----\r", [], id="a carriage return at the end"),
        pytest.param("-----BEGIN A-----\nAAA\n-----END A-----", [], id="a letter too few"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_pem_blocks(text, blocks):
    assert list(go.pem_blocks(text.encode())) == blocks


LINES = [
    "-----BEGIN A-----",
    "-----END A-----",
    "-----BEGIN B-----",
    "-----END B",
    "k: v",
    "AAAA",
    "",
    " ",
    "\r",
    "-----END ",
]


@given(st.lists(st.sampled_from(LINES)).map(lambda lines: "\n".join(lines).encode()) | st.binary())
def test_any_bytes_are_read_for_pem(data):
    for kind, _headers, content in go.pem_blocks(data):
        assert kind in data
        assert len(content) <= len(data)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        pytest.param(b"-----BEGIN A-----\n" * 50_000, 0, id="BEGIN without END"),
        pytest.param(b"\n-----END A-----" * 50_000, 0, id="END without BEGIN"),
        pytest.param(
            b"-----BEGIN A-----\n" + b"k:v\n" * 200_000 + b"-----END A-----\n", 0, id="headers without content"
        ),
        pytest.param(b"-----BEGIN A-----\nAAAA\n-----END A-----\n" * 20_000, 20_000, id="blocks"),
    ],
)
def test_a_megabyte_of_pem(data, count):
    assert len(list(go.pem_blocks(data))) == count

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
        (" \t\r\n null \n", None),
        ("true", True),
        ("[false, [], {}]", [False, [], []]),
        ('{"a": 1, "b": {"a": null}, "a": "x"}', [("a", 1.0), ("b", [("a", None)]), ("a", "x")]),
        ("-0", 0.0),
        ("1E5", 1e5),
        ("1e-999", 0.0),
        ("1e999", math.inf),
        ("-1e999", -math.inf),
        ("1.7976931348623158e308", 1.7976931348623157e308),
        ("1.797693134862315808e308", math.inf),
        ("9" * 5000, math.inf),
        (r'"\u0041\/\"\\\b\f\n\r\t"', 'A/"\\\b\f\n\r\t'),
        (r'"\uD83D\uDE00"', "\U0001f600"),
        (r'"\ud800"', "\ufffd"),
        (r'"\udc00\ud800"', "\ufffd\ufffd"),
        (r'"\ud800\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\ud83d\u0041"', "\ufffdA"),
        (r'"\\ud83d"', "\\ud83d"),
        ('"\x7f\u2028"', "\x7f\u2028"),
        (b'"\xff"', "\ufffd"),
        (b'"p\xe4ss"', "p\ufffdss"),
        (b'"\xe4\xbd"', "\ufffd\ufffd"),  # Python's own replacement is one character here
        (b'"\xf0\x9f\x98 "', "\ufffd\ufffd\ufffd "),
        (b'"\xed\xa0\xbd\xed\xb8\x80"', "\ufffd" * 6),
        (b'"\xc0\x80\xf4\x90\x80\x80"', "\ufffd" * 6),
        (b'{"\xff": 1}', [("\ufffd", 1.0)]),
    ],
)
def test_json_that_go_reads(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\ufeff{}",
        "nul",
        "truefalse",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "+1",
        "01",
        "1.",
        ".5",
        "1e",
        "0x1",
        "1 1",
        "'a'",
        '"a',
        '"\t"',
        '"\n"',
        '"\x00"',
        r'"\x41"',
        r'"\u00g0"',
        r'"\u 123"',
        r'"\u00"',
        '"\\',
        "a",
        "// c\n{}",
        "{}x",
        "{}\x00",
        "{",
        "}",
        "[",
        "]",
        "[}",
        "{]",
        "[,]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1:2]",
        '{"a"}',
        '{"a":}',
        '{"a" 1}',
        '{"a":1,}',
        "{,}",
        "{1:2}",
        '{"a":1 "b":2}',
        '{"a":1:2}',
        '{"a",1}',
        "{:1}",
        "[[]",
        "[]]",
        "\x0b1",
        "1\x0c",
        "\xa01",
        b"\xff",
        b"\xff{}",
    ],
)
def test_json_that_go_refuses(text):
    with pytest.raises(ValueError, match=r"^not JSON$"):
        parsed(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
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


@pytest.mark.parametrize("data", [b"[" * 1_000_000, b'{"":' * 200_000, b'"' + rb"\u0041" * 170_000, b" " * 1_000_000])
def test_a_megabyte_that_is_no_json(data):
    with pytest.raises(ValueError, match=r"^not JSON$"):
        go.parse_json(data)


@pytest.mark.parametrize(
    ("key", "folded"),
    [
        ("AUTH", "auth"),
        ("identityToKEN", "identitytoken"),
        ("pa\u017f\u017fword", "password"),
        ("identityto\u212aen", "identitytoken"),
        ("pa\xdfword", "pa\xdfword"),
        ("\uff41uth", "\uff41uth"),
        ("auth ", "auth "),
    ],
)
def test_keys_fold_as_struct_fields_do(key, folded):
    assert go.fold(key) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"", b""), (b"QUI=", b"AB"), (b"QU\nI\r=\n", b"AB"), (b"QUI=\n", b"AB"), (b"QQ=\n=", b"A"), (b"QR==", b"A")],
)
def test_base64(text, expected):
    assert go.decode_base64(text) == expected


@pytest.mark.parametrize(
    "text", [b"QUI", b"Q", b"Q===", b"====", b"QUI= ", b" QUI=", b"QUI=QUI=", b"QU_-", b"QUI==", b"***", b"\xff"]
)
def test_not_base64(text):
    with pytest.raises(ValueError, match=r"^illegal base64 data$"):
        go.decode_base64(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("oci://h.example:5000/a", "h.example:5000"),
        ("oci://h.example:/a", "h.example:"),
        ("oci://::1/a", "::1"),
        ("OCI://h.example", "h.example"),
        ("oci:///a", ""),
        ("oci://", ""),
        ("oci:a", ""),
        ("h:1/x", ""),
        ("oci:/a", ""),
        ("a/b://c", ""),
        ("//h.example/a://b", "h.example"),
        ("///h.example/a://b", ""),
        ("*", ""),
        ("oci://u:p@h.example?x", "h.example"),
        ("oci://u@v@h.example", "h.example"),
        ("oci://@h.example", "h.example"),
        ("oci://h.example#x?%zz@", None),
        ("oci://h.example#x", "h.example"),
        ("oci://h.example?%zz", "h.example"),
        ("oci://b%C3%BCcher.example", "b\xfccher.example"),
        ("oci://b\xfccher.example", "b\xfccher.example"),
        ("oci://a%25b", "a%b"),
        ("oci://[::1]:5000/a", "[::1]:5000"),
        ("oci://[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"),
        ("oci://[fe80::1%25en%20%41]", "[fe80::1%en A]"),
        ("oci://<\"!$&'()*+,;=~_-.>", "<\"!$&'()*+,;=~_-.>"),
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
        "oci://h.example\n",
        "oci://h\x7f",
        ":h.example",
        "1://h.example",
        "oci://h.example:port",
        "oci://h:1:x",
        "oci:// h",
        "oci://h|",
        "oci://h%20",
        "oci://h%41",
        "oci://h%zz",
        "oci://h/%zz",
        "oci://h/%4",
        "oci://h#%zz",
        "oci://ué@h",
        "oci://u%zz@h",
        "oci://u @h",
        "oci://a[::1]",
        "oci://[::1",
        "oci://[::1]x",
        "oci://[1.2.3.4]",
        "oci://[::g]",
        "oci://[]",
        "oci://[fe80::1%25]",
        "oci://[fe80::1%25a%0a]",
        "oci://[fe80::1%25%e9]",
        "oci://[::1 ]",
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
        ("a//b/./c/", "a/b/c"),
        ("a/../b", "b"),
        ("a/b/../../../c", "../c"),
        ("../../c", "../../c"),
        ("/../a", "/a"),
        ("//a", "/a"),
        ("", "."),
        ("a/..", "."),
        ("/", "/"),
        ("a/..b", "a/..b"),
    ],
)
def test_paths_are_cleaned(path, cleaned):
    assert go.clean_path(path) == cleaned


A, B = (b"A", False, b"\0\0\0"), (b"B", False, b"\0\0\0")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("-----BEGIN A-----\nAAAA\n-----END A-----", [A]),
        ("-----BEGIN A-----\r\nAA\r\nAA\r\n-----END A-----\r\n", [A]),
        ("-----BEGIN A----- \t\n A A\tAA \n-----END A----- \n", [A]),
        ("x\n-----BEGIN A-----\nAAAA\n-----END A-----\ny\n-----BEGIN B-----\nAAAA\n-----END B-----\n", [A, B]),
        ("-----BEGIN A-----\nk: v\n\nAAAA\n-----END A-----", [(b"A", True, b"\0\0\0")]),
        ("-----BEGIN A-----\n-----END A-----\n", [(b"A", False, b"")]),
        ("-----BEGIN A-----\n\n-----END A-----\n", [(b"A", False, b"")]),
        # A BEGIN without an END is skipped, whatever it begins.
        ("-----BEGIN B-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----", [A]),
        ("-----END B-----\n-----BEGIN A-----\nAAAA\n-----END A-----", [A]),
        ("-----BEGIN A-----\n!\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----", [B]),
        ("-----BEGIN B-----\nAAAA\n-----END A-----\n-----BEGIN A-----\nAAAA\n-----END A-----", [A]),
        ("-----BEGIN A-----x\nAAAA\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----", [B]),
        ("-----BEGIN A-----\nAAAA\n-----END A-----x\n-----BEGIN B-----\nAAAA\n-----END B-----", [B]),
        ("-----BEGIN A-----\nk: v\n-----END A-----\n-----BEGIN B-----\nAAAA\n-----END B-----", [B]),
        # What stands at once behind an END counts as the beginning of a line.
        ("\n-----END -----BEGIN A-----\nAAAA\n-----END A-----", [A]),
        # Headers that run past the END stop it all.
        ("-----BEGIN A:-----\nk: v\n-----END A:-----\nk: v\n-----BEGIN B-----\nAAAA\n-----END B-----", []),
        ("-----BEGIN A-----\nk: v", []),
        ("-----BEGIN A-----AAAA-----END A-----", []),
        ("-----BEGIN A-----\\nAAAA\\n-----END A-----", []),
        ("  -----BEGIN A-----\n  AAAA\n  -----END A-----\n", []),
        ("  -----BEGIN A-----\nAAAA\n-----END A-----\n", []),
        ("-----BEGIN A-----\nAAAA\n-----END A----", []),
        ("-----BEGIN A-----\nAAAA\n-----END A-----\r", []),
        ("-----BEGIN A-----\nAAA\n-----END A-----", []),
        ("", []),
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
        (b"-----BEGIN A-----\n" * 50_000, 0),
        (b"\n-----END A-----" * 50_000, 0),
        (b"-----BEGIN A-----\n" + b"k:v\n" * 200_000 + b"-----END A-----\n", 0),
        (b"-----BEGIN A-----\nAAAA\n-----END A-----\n" * 20_000, 20_000),
    ],
)
def test_a_megabyte_of_pem(data, count):
    assert len(list(go.pem_blocks(data))) == count

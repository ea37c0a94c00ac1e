# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.challenge import Challenge, parse
from hypothesis import example, given
from hypothesis import strategies as st

TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'


def read(*lines: str) -> list[tuple[str, dict[str, str]]]:
    return [(challenge.scheme, dict(challenge.parameters)) for challenge in parse(lines)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], [], id="no header"),
        pytest.param([""], [], id="empty header"),
        pytest.param([" , ,"], [], id="empty list elements"),
        pytest.param(["Basic"], [("basic", {})], id="scheme alone"),
        pytest.param(
            [HUB],
            [("bearer", {"realm": "https://auth.docker.io/token", "service": "registry.docker.io"})],
            id="Docker Hub",
        ),
        pytest.param(
            ["BASIC REALM=registry"], [("basic", {"realm": "registry"})], id="upper case, and a token as the value"
        ),
        pytest.param(
            ['Basic realm="say \\"hi\\" \\\\o/"'], [("basic", {"realm": 'say "hi" \\o/'})], id="escapes in a string"
        ),
        pytest.param(['Basic realm=""'], [("basic", {"realm": ""})], id="empty string"),
        pytest.param(
            ['Basic realm="a, Bearer realm=b"'], [("basic", {"realm": "a, Bearer realm=b"})], id="a comma in a string"
        ),
        pytest.param(
            ['Basic\trealm="a"', 'Basic realm \t= \t"a" ,\tcharset="UTF-8"'],
            [("basic", {"realm": "a", "charset": "UTF-8"})],
            id="white space around the equals sign (a tab does not follow a scheme)",
        ),
        pytest.param(
            ['Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"'],
            [("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}), ("basic", {"realm": "simple"})],
            id="RFC 9110, section 11.6.1",
        ),
        pytest.param(["Negotiate YWJj==, Basic realm=x"], [("negotiate", {}), ("basic", {"realm": "x"})], id="token68"),
        pytest.param(["Negotiate, NTLM, Basic"], [("negotiate", {}), ("ntlm", {}), ("basic", {})], id="schemes alone"),
        pytest.param(
            ["Basic realm=a", HUB],
            [
                ("basic", {"realm": "a"}),
                ("bearer", {"realm": "https://auth.docker.io/token", "service": "registry.docker.io"}),
            ],
            id="two headers",
        ),
        pytest.param(["Basic realm=a, realm=b"], [("basic", {"realm": "b"})], id="the last of two counts"),
        pytest.param(["Basic realm=a b, Bearer"], [("basic", {}), ("bearer", {})], id="junk after a value"),
        pytest.param(['Basic realm="open, Bearer'], [("basic", {}), ("bearer", {})], id="a string that does not end"),
        pytest.param(["realm=x, Basic"], [("basic", {})], id="a parameter of nothing"),
        pytest.param(["Negotiate a=, realm=x"], [("negotiate", {})], id="a parameter after a token68"),
        pytest.param(
            ["Basic realm=, Bearer realm=y"], [("basic", {}), ("bearer", {"realm": "y"})], id="a token68, too"
        ),
        pytest.param(["(Basic), Bearer"], [("bearer", {})], id="not a token"),
    ],
)
def test_reads(lines: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    assert read(*lines) == expected


def test_keeps_token68() -> None:
    assert parse(["Negotiate YWJj=="]) == [Challenge("negotiate", token68="YWJj==")]


def test_tells_where_a_challenge_stands() -> None:
    found = parse(["Negotiate, Basic realm=x", ", Digest a=b", "  Bearer"])
    assert [(one.scheme, one.line, one.leads) for one in found] == [
        ("negotiate", 0, True),
        ("basic", 0, False),
        ("digest", 1, False),
        ("bearer", 2, True),
    ]


tokens = st.text(TCHAR, min_size=1, max_size=8)
blanks = st.text(" \t", max_size=2)
strings = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=12)


def written(value: str, quoted: bool) -> str:
    if value and not quoted and set(value) <= set(TCHAR):
        return value
    return '"' + "".join(f"\\{character}" if character in '"\\' else character for character in value) + '"'


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """Draw a header as the grammar allows it, and what it says."""
    text, meaning = draw(blanks), []
    for _challenge in range(draw(st.integers(1, 4))):
        scheme = draw(tokens)
        parameters = draw(st.dictionaries(tokens.map(str.lower), strings, max_size=4))
        elements = [
            f"{name}{draw(blanks)}={draw(blanks)}{written(value, draw(st.booleans()))}"
            for name, value in parameters.items()
        ]
        separator = f"{draw(blanks)},{draw(blanks)}{draw(st.sampled_from(['', ', ']))}"
        text += scheme + (" " * draw(st.integers(1, 3)) if elements else "") + separator.join(elements) + separator
        meaning.append((scheme.lower(), parameters))
    return text, meaning


@given(headers())
def test_reads_all_that_the_grammar_allows(header: tuple[str, list[tuple[str, dict[str, str]]]]) -> None:
    text, meaning = header
    assert read(text) == meaning


@given(
    st.lists(st.text(st.sampled_from('Basic Bearer realm=",\\\t()x'), max_size=60) | st.text(max_size=60), max_size=3)
)
@example(['Basic realm="' + "\\" * 50_000])
@example(["Basic a=" + '"' * 50_000])
@example(["Basic " + "a=b," * 10_000])
def test_reads_anything(lines: list[str]) -> None:
    for challenge in parse(lines):
        assert challenge.scheme
        assert challenge.scheme == challenge.scheme.lower()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM as Go's encoding/pem reads it."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import go
from hypothesis import given
from hypothesis import strategies as st

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

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of sentences: it is whole, each of its rows is said somewhere, and with the fields that it has."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof import verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import (
    CASES,
    VERDICTS,
    Case,
    Finding,
    Stop,
    worst,
)

WING = Path(verdicts.__file__).parent
#: What `Conversation.odd` fills in itself.
OF_ODD = {"host", "status", "said", "remedy"}


def calls() -> Iterator[tuple[str, set[str]]]:
    """Yield each case that the wing names where it says it, with the fields that it gives."""
    for room in WING.glob("*.py"):
        for node in ast.walk(ast.parse(room.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"Stop", "of", "odd"}:
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                given |= OF_ODD if ast.unparse(node.func).endswith("odd") else set()
                for argument in node.args:
                    for constant in ast.walk(argument):
                        if isinstance(constant, ast.Constant) and constant.value in CASES.cases:
                            yield str(constant.value), given


def fields(*texts: str) -> set[str]:
    return {name for text in texts for _before, name, _format, _conversion in string.Formatter().parse(text) if name}


def test_the_table_holds_every_case_and_no_other() -> None:
    assert tuple(CASES.cases) == get_args(Case)


def test_the_worst_verdict_comes_first() -> None:
    assert VERDICTS == ("unreachable", "untrusted", "denied", "repository_must_exist", "inconclusive", "ok")
    assert worst(["ok", "denied", "inconclusive"]) == "denied"
    assert worst(["ok"]) == "ok"


@pytest.mark.parametrize("case", CASES.cases)
def test_a_sentence_is_whole(case: Case) -> None:
    said = CASES.cases[case]
    assert said.message.endswith((".", ".{said}"))
    assert said.remedy.endswith((".", "{remedy}")) != case.startswith("ok:")
    given = {name: f"a {name}" for name in fields(said.message, said.remedy)}
    found = Finding.of(case, **given)
    assert found.verdict == case.partition(":")[0]
    assert all(text in f"{found.message} {found.remedy}" for text in given.values())
    assert Stop(case, **given).finding == found


@pytest.mark.parametrize("case", CASES.cases)
def test_a_case_is_said_somewhere(case: Case) -> None:
    rooms = [room for room in WING.glob("*.py") if room.name != "verdicts.py"]
    assert any(f'"{case}"' in room.read_text(encoding="utf-8") for room in rooms)


def test_a_case_gets_the_fields_that_it_has() -> None:
    found = list(calls())
    assert len(found) > len(CASES.cases) / 2
    for case, given in found:
        said = CASES.cases[case]  # type: ignore[index]
        assert given == fields(said.message, said.remedy), case


def test_what_an_answer_holds_is_no_field() -> None:
    said = Finding.of("denied:shut_out", host="{place}", said=" It says: {host!r} {0}")
    assert said.message == "{place} refuses every request (status 403). It says: {host!r} {0}"

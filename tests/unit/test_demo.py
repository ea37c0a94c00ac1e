# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo fits on a screen, shows every file that it names, and leaves out what says nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo import screen

ROOT = Path(__file__).parents[2]
RED, OFF = "\x1b[0;31m", "\x1b[0m"
REFUSED = f"""\

PLAY [Configure Epinio's export destination registries] ************************

TASK [epinio.registries.export_registries : Validating arguments against arg spec 'main' - Make them so] ***
ok: [demo]

TASK [epinio.registries.export_registries : Find them] *************************
{RED}[ERROR]: Task failed: Action failed: Nothing was written: 1 problem.{OFF}
{RED}- destinations[0] (ghcr), registry: {"a long sentence " * 8}{OFF}
{RED}Origin: /somewhere/main.yml:17:3{OFF}

{RED}15   register: __export_registries_checked{OFF}
{RED}   ^ column 3{OFF}

{RED}fatal: [demo]: FAILED! => {OFF}
{RED}    msg: the same again{OFF}

PLAY RECAP *********************************************************************
{RED}demo{OFF}                       : {RED}ok=1 {OFF} changed=0   {RED}failed=1 {OFF} skipped=2
"""


def shown(text: str) -> list[str]:
    return list(screen.lines(text.splitlines(keepends=True)))


def test_what_says_nothing_is_left_out_and_colours_stay() -> None:
    rows = shown(REFUSED)
    assert rows[:3] == [
        "PLAY [Configure Epinio's export destination registries]",
        "TASK [Find them]",
        f"{RED}[ERROR]: Task failed: Action failed: Nothing was written: 1 problem.{OFF}",
    ]
    assert rows[-1] == f"{RED}demo: changed=0, failed=1{OFF}"
    assert " ".join(screen.CODES.sub("", row).strip() for row in rows[3:-1]).count("a long sentence") == 8


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        pytest.param("changed=0    unreachable=0    failed=0    skipped=1", [], id="nothing happened"),
        pytest.param(
            "changed=1    unreachable=0    failed=0    skipped=1", ["demo: changed=1, failed=0"], id="a change"
        ),
    ],
)
def test_a_recap_shows_what_happened(counts: str, rows: list[str]) -> None:
    assert shown(f"PLAY RECAP ***\ndemo           : ok=1    {counts}\n") == rows


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("word " * 60, id="a sentence"),
        pytest.param("x" * 300, id="a word"),
        pytest.param(f"{' ' * 30}- {'word ' * 60}", id="far to the right"),
        pytest.param(f"$ {'--option value ' * 20}", id="a command"),
        pytest.param(f"{RED}{'word ' * 60}{OFF}", id="in a colour"),
    ],
)
def test_no_row_is_wider_than_the_screen(line: str) -> None:
    rows = [screen.CODES.sub("", row) for row in shown(line)]
    assert max(map(len, rows)) <= screen.WIDTH
    words = " ".join(row.strip().removesuffix(" \\") for row in rows)
    assert words.replace(" ", "") == screen.CODES.sub("", line).replace(" ", "")


def test_a_command_can_be_typed_as_it_is_shown() -> None:
    assert shown("$ ansible-playbook " + "--extra-vars @a-long-name.yml " * 3) == [
        "$ ansible-playbook --extra-vars @a-long-name.yml --extra-vars @a-long-name.yml \\",
        "    --extra-vars @a-long-name.yml",
    ]


@pytest.mark.parametrize("file", sorted((ROOT / "demo").glob("*.yml")), ids=lambda file: file.stem)
def test_files_fit_as_they_are(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if f"cat {file.name}" in (ROOT / "demo/run").read_text(encoding="utf-8"):
        assert shown(text) == [line for line in text.splitlines() if line and not screen.LICENSE.match(line)]


def test_what_next_leads_somewhere() -> None:
    _before, _heading, following = (ROOT / "demo/run").read_text(encoding="utf-8").partition('step "What next"')
    paths = re.findall(r"^  (\S+) ", following, re.M)
    assert len(paths) == 4
    assert [path for path in paths if not (ROOT / path).exists()] == []

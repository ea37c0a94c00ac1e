# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides do what they say: their files are written, their commands typed, and their output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.control_plane import ControlPlane

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs/docsite/rst"
BLOCK = re.compile(
    r"(?P<before>[^\n]*\n\n)?(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n(?P<text>(?:\n|(?P=indent) +\S.*\n)+)"
)
#: What a reader does to the machine, not to the cluster.
INSTALLS = ("ansible-galaxy collection install", "python -m pip install")


def blocks(guide: str) -> Iterator[tuple[str, str, str]]:
    """Yield (the line before, language, text) of each example."""
    for match in BLOCK.finditer((GUIDES / f"{guide}.rst").read_text(encoding="utf-8")):
        yield match["before"] or "", match["language"], textwrap.dedent(match["text"]).strip("\n") + "\n"


class Reader:
    """Follows a guide in a folder of its own."""

    def __init__(self, folder: Path, control_plane: ControlPlane) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        programs = os.pathsep.join([str(Path(sys.executable).parent), control_plane.environment["PATH"]])
        self.environment = {**control_plane.environment, "PATH": programs, "HOME": str(home), "COLUMNS": "80"}

    def follow(self, guide: str) -> int:
        """Write every file that is shown, type every command, and return how many there were."""
        typed = 0
        for before, language, text in blocks(guide):
            named = re.search(r"``(?:[\w/]+/)?(\w[\w-]*\.yml)``", before)
            if language.startswith("yaml") and named:
                (self.folder / named[1]).write_text(text)
            elif language == "console":
                for command, shown in commands(text):
                    typed += 1
                    self.type(command, shown)
        return typed

    def type(self, command: str, shown: str) -> None:
        exported = re.fullmatch(r"export (\w+)=(\S+)", command)
        if exported:
            self.environment[exported[1]] = exported[2]
        elif not command.startswith(INSTALLS):
            ended = self.run(command)
            assert (ended.returncode != 0) == ("[ERROR]" in shown), ended.stdout
            assert_in_order(shown, ended.stdout)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of an example with the output that is shown for it."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _newline, shown = part.partition("\n")
        yield command, shown


def assert_in_order(shown: str, printed: str) -> None:
    """Assert that the lines that a guide shows are all printed, in their order; ages differ."""
    rest = iter(re.sub(r"\b\d+s\b", "1s", line).rstrip() for line in printed.splitlines())
    for line in shown.splitlines():
        wanted = re.sub(r"\b\d+s\b", "1s", line).rstrip()
        assert wanted in {"", "..."} or wanted in rest, f"{line!r} is not in:\n{printed}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Reader:
    """Somebody who reads one guide after the other, on a cluster of their own."""
    return Reader(tmp_path_factory.mktemp("guides"), control_plane)


def test_getting_started(reader: Reader) -> None:
    (reader.folder / "company-ca.pem").write_text(builders.authority("Company CA"))
    assert reader.follow("getting_started_guide") > 10


def test_the_playbook_of_the_readme(reader: Reader) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"`(\w+\.yml)`[^`\n]*:\n\n```yaml\n(.*?)```", readme, re.S))
    assert set(files) == {"site.yml", "destinations.yml"}
    for name, text in files.items():
        (reader.folder / name).write_text(text)
    ended = reader.run("ansible-playbook site.yml")
    assert ended.returncode == 0, ended.stdout


def test_the_roles_can_be_applied(reader: Reader) -> None:
    assert reader.follow("rbac_guide") == 4


@pytest.mark.parametrize("guide", ["reading_guide", "migration_guide"])
def test_plays_that_only_read(reader: Reader, guide: str) -> None:
    plays = [text for _name, language, text in blocks(guide) if "export_registry_info:" in text]
    assert plays
    for text in plays:
        (reader.folder / "play.yml").write_text(text)
        ended = reader.run("ansible-playbook play.yml")
        assert ended.returncode == 0, ended.stdout


def test_recipes(reader: Reader) -> None:
    recipes = [yaml.safe_load(text) for _name, language, text in blocks("check_mode_guide") if language == "yaml+jinja"]
    tasks = [task for recipe in recipes for task in recipe]
    destinations = {"destinations": [builders.item("ghcr", registry="ghcr.io")]}
    play = {"hosts": "localhost", "gather_facts": False, "vars": destinations, "tasks": tasks}
    (reader.folder / "recipes.yml").write_text(yaml.safe_dump([play]))
    ended = reader.run("ansible-playbook recipes.yml")
    assert ended.returncode == 0, ended.stdout
    assert "failed=0" in ended.stdout

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release refuses what is not ready, all reasons at once, and leaves tags and commits to people."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests import readme

ROOT = Path(__file__).parents[2]
FRAGMENT = "changelogs/fragments/one.yml"
CHANGELOG = "changelogs/changelog.yaml"


class Repository:
    """A copy of what a release reads and writes, in a git repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".ci/release.py", "galaxy.yml", "CHANGELOG.md", "changelogs/config.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
        self.write(FRAGMENT, "minor_changes:\n  - something new.\n")
        self.git("init", "--quiet")
        self.commit()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
        command = ["git", *who, *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=A state")

    def release(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-B", str(self.folder / ".ci/release.py"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def released(repository: Repository, version: str) -> None:
    repository.write(CHANGELOG, f"releases:\n  {version}:\n    changes: {{minor_changes: [something]}}\n")
    repository.commit()


def tagged(repository: Repository) -> None:
    repository.git("tag", "v1.2.3")


def silent(repository: Repository) -> None:
    repository.write(FRAGMENT, "trivial:\n  - a test.\nminor_changes: []\n")
    repository.commit()


def without_fragments(repository: Repository) -> None:
    shutil.rmtree(repository.folder / "changelogs/fragments")
    repository.commit()


NOT_READY = [
    pytest.param(lambda it: it.write("galaxy.yml", "{}"), "1.2.3", "not committed", id="a file is changed"),
    pytest.param(lambda it: it.write("new", ""), "1.2.3", "?? new", id="a new file"),
    pytest.param(lambda it: released(it, "1.2.3"), "1.2.3", "1.2.3 is released already", id="the changelog has it"),
    pytest.param(tagged, "1.2.3", "1.2.3 is released already", id="there is a tag"),
    pytest.param(lambda it: released(it, "1.10.0"), "1.9.0", "1.9.0 is lower than 1.10.0", id="older than the newest"),
    pytest.param(silent, "1.2.3", "nothing to release", id="a changelog that says nothing to users"),
    pytest.param(without_fragments, "1.2.3", "nothing to release", id="an empty changelog"),
    pytest.param(lambda _: None, "1.2", "'1.2' is not a version", id="half a version"),
    pytest.param(lambda _: None, "v1.2.3", "'v1.2.3' is not a version", id="the name of a tag"),
    pytest.param(
        lambda _: None,
        "",
        "'' is not a version with three numbers; say, for instance, make release VERSION=1.0.0",
        id="none",
    ),
]


@pytest.mark.parametrize(("change", "version", "reason"), NOT_READY)
def test_what_is_not_ready_is_refused(
    repository: Repository, change: Callable[[Repository], None], version: str, reason: str
) -> None:
    change(repository)
    before = repository.git("status", "--porcelain")
    ended = repository.release("check", version)
    assert ended.returncode == 1
    assert reason in ended.stderr
    assert ended.stderr.count("release: ") == 1
    assert repository.git("status", "--porcelain") == before


def test_all_reasons_come_at_once(repository: Repository) -> None:
    without_fragments(repository)
    repository.write("new", "")
    ended = repository.release("check")
    assert ended.returncode == 1
    assert ended.stderr.count("release: ") == 3


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("1.9.1", id="the next fix"),
        pytest.param("1.10.0", id="ten comes behind nine"),
        pytest.param("2.0.0", id="the next major version"),
    ],
)
def test_a_higher_version_is_ready(repository: Repository, version: str) -> None:
    released(repository, "1.9.0")
    assert repository.release("check", version).returncode == 0


def test_what_was_written_is_taken_over_and_not_committed(repository: Repository, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(repository.folder, copy)
    (copy / "galaxy.yml").write_text("version: 1.2.3\n")
    (copy / "CHANGELOG.md").write_text("# 1.2.3\n")
    (copy / CHANGELOG).write_text("releases: {1.2.3: {}}\n")
    (copy / FRAGMENT).unlink()
    head = repository.git("rev-parse", "HEAD")
    assert repository.release("take", str(copy)).returncode == 0
    changed = [" M CHANGELOG.md", f" D {FRAGMENT}", " M galaxy.yml", f"?? {CHANGELOG}"]
    assert repository.git("status", "--porcelain").splitlines() == changed
    assert (repository.git("rev-parse", "HEAD"), repository.git("tag")) == (head, "")


def test_a_version_without_changelog_is_not_built(repository: Repository, tmp_path: Path) -> None:
    repository.write("galaxy.yml", "version: 1.2.3\n")
    ended = repository.release("write", str(repository.folder), str(tmp_path / "notes"))
    assert ended.returncode == 1
    assert "galaxy.yml says 1.2.3, and the changelog has no such release" in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="no command"),
        pytest.param(["publish"], id="an unknown command"),
        pytest.param(["check", "1.0.0", "2.0.0"], id="two versions"),
        pytest.param(["take"], id="no folder to take from"),
    ],
)
def test_whoever_calls_it_wrongly_is_told_how(repository: Repository, words: list[str]) -> None:
    ended = repository.release(*words)
    assert ended.returncode == 2
    assert "release.py check VERSION" in ended.stderr


def test_the_readme_is_followed_with_the_tarball() -> None:
    steps = list(readme.follow((ROOT / "README.md").read_text(encoding="utf-8"), Path("a.tar.gz")))
    files = {name: yaml.safe_load(text) for name, text in steps if name}
    commands = [text for name, text in steps if not name]
    assert set(files["destinations.yml"]) == {"export_registries_destinations"}
    assert files["site.yml"][0]["vars_files"] == ["destinations.yml"]
    assert commands[0] == "ansible-galaxy collection install --offline a.tar.gz"
    assert commands[-1] == "ansible-playbook site.yml"
    assert "python -m pip install 'kubernetes>=24.2.0'" in commands
    assert not [text for text in commands if "git" in text]


def test_a_readme_without_a_playbook_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("```console\n$ make demo\n```\n")
    command = [sys.executable, "-m", "tests.readme", str(tmp_path / "README.md"), "a.tar.gz", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "no command that begins with ansible-galaxy collection install or ansible-playbook" in ended.stderr

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on GitHub and before a commit is what runs here: the same targets, sessions and versions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CALLED = "./.github/workflows/make.yml"


def load(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


def calls() -> list[dict[str, Any]]:
    """Return what every job gives the workflow that all others call."""
    jobs = [job for file in WORKFLOWS for job in load(file)["jobs"].values()]
    return [job for job in jobs if job.get("uses") == CALLED]


@pytest.mark.parametrize("file", WORKFLOWS, ids=[file.stem for file in WORKFLOWS])
def test_a_workflow_may_only_read_unless_a_job_says_more(file: Path) -> None:
    assert load(file)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=[file.stem for file in WORKFLOWS])
def test_what_others_wrote_is_pinned_by_hash_and_says_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    assert used
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in used if line != CALLED and not pinned.fullmatch(line)] == []


def test_workflows_make_what_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)) | {"prepare"}
    matrices = load(ROOT / ".github/workflows/long-tests.yml")["jobs"]["long"]["strategy"]["matrix"]["target"]
    made = [call["with"]["target"] for call in calls()]
    assert {"session", "docs", "package", "prepare"} <= set(made)
    assert {*made, *matrices} - {"${{ matrix.target }}"} <= targets


def test_nox_says_which_sessions_there_are() -> None:
    jobs = load(ROOT / ".github/workflows/tests.yml")["jobs"]
    assert jobs["session"]["strategy"]["matrix"] == {"session": "${{ fromJSON(needs.prepare.outputs.sessions) }}"}
    assert "nox --list --json" in (ROOT / CALLED).read_text(encoding="utf-8")
    assert jobs["all"]["needs"] == "session"


def test_a_bug_is_told_with_what_is_needed_and_without_a_password() -> None:
    form = load(ROOT / ".github/ISSUE_TEMPLATE/bug.yml")["body"]
    fields = {field["id"]: field for field in form if "id" in field}
    assert "ansible --version" in fields["version"]["attributes"]["label"]
    assert "export_registry_info" in fields["info"]["attributes"]["label"]
    assert all(fields[name]["validations"]["required"] for name in ("what", "version", "info"))
    assert "Do not paste your list of destinations" in form[0]["attributes"]["value"]
    assert not any("list of destinations" in str(field["attributes"]["label"]) for field in fields.values())


def test_before_a_commit_the_same_versions_run_as_in_the_lint_session() -> None:
    pinned = set(re.findall(r"^[\w-]+==\S+$", (ROOT / "tests/lint.txt").read_text(encoding="utf-8"), re.M))
    actionlint = re.search(r'^ACTIONLINT = "(.+)"$', (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.M)
    assert actionlint
    [local] = load(ROOT / ".pre-commit-config.yaml")["repos"]
    used = {name for hook in local["hooks"] for name in hook.get("additional_dependencies", ())}
    assert used - pinned == {actionlint[1]}
    # These need the collection where Ansible finds it, so they come with make lint.
    assert {name.partition("==")[0] for name in pinned - used} == {"ansible-lint", "antsibull-docs", "mypy"}
    assert [hook["stages"] for hook in local["hooks"] if hook["entry"] == "make lint"] == [["pre-push"]]

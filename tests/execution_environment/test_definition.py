# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of the execution environment: it asks for what is imported, and the guide shows it."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.acceptance.test_guides import blocks
from tests.execution_environment import image
from tests.execution_environment.conftest import COLLECTIONS


def test_the_definition_asks_for_what_is_imported_and_no_more(tmp_path: Path) -> None:
    exclude = yaml.safe_load(image.DEFINITION.read_text(encoding="utf-8"))["dependencies"]["exclude"]
    for kind in ("python", "system"):
        (tmp_path / kind).write_text("\n".join(exclude[kind]) + "\n")
    options = (f"--exclude-pip-reqs={tmp_path / 'python'}", f"--exclude-bindep-reqs={tmp_path / 'system'}")
    command = ["ansible-builder", "introspect", *options, str(COLLECTIONS)]
    listed = yaml.safe_load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert not listed.get("system")
    ours = (image.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = {line.split("#")[0].strip() for line in listed["python"]}
    assert lines == {line for line in ours if line and not line.startswith("#")}
    imported = imported_distributions(image.ROOT / "plugins")
    assert {Requirement(line).name for line in lines} == imported - needed("ansible-core")


def imported_distributions(folder: Path) -> set[str]:
    """Return the names of what pip has to install for all that the Python files of a folder import."""
    providers = metadata.packages_distributions()
    own = {*sys.stdlib_module_names, "ansible", "ansible_collections"}
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {canonicalize_name(providers[top][0]) for top in {name.partition(".")[0] for name in modules} - own}


def needed(distribution: str) -> set[str]:
    """Return the names of all that pip installs with a distribution."""
    direct = [Requirement(line) for line in metadata.requires(distribution) or ()]
    names = {one.name for one in direct if not one.marker or one.marker.evaluate({"extra": ""})}
    return {canonicalize_name(distribution)}.union(*map(needed, names))


def test_the_guide_shows_the_definition_and_how_to_do_without_galaxy() -> None:
    shown = [
        yaml.safe_load(text) for _before, language, text in blocks("execution_environment_guide") if language == "yaml"
    ]
    [whole] = [one for one in shown if "version" in one]
    assert whole == yaml.safe_load(image.DEFINITION.read_text(encoding="utf-8"))
    [brief] = [one for one in shown if "collections" in one]
    assert sorted(one["name"] for one in brief["collections"]) == ["epinio.registries", "kubernetes.core"]
    [offline] = [one for one in shown if "additional_build_files" in one]
    made = image.definition([Path(one["src"]) for one in offline["additional_build_files"]])
    assert made["additional_build_files"] == offline["additional_build_files"]
    assert made["dependencies"]["galaxy"] == offline["dependencies"]["galaxy"]
    assert offline["build_arg_defaults"].items() <= made["build_arg_defaults"].items()

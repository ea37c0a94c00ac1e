# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says where something is not installed: a failed task, with the command that installs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.plays import Play

ROOT = Path(__file__).parents[2]
#: The report asks no cluster.
MODULES = sorted({file.stem for file in (ROOT / "plugins/modules").glob("export_*.py")} - {"export_registries_report"})
#: What each module asks for at least; the rest has defaults.
NEEDED = {"export_registries": {"destinations": []}, "export_registry_certificate": {"name": "ca", "state": "absent"}}
WAYS = {"worker": {}, "module": {"environment": {"ANY": "thing"}}}


def tasks(keywords: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a task for each module, and one after them that shows whether the run went on."""
    asked = [
        {
            "name": module,
            f"epinio.registries.{module}": {"context": "any", **NEEDED.get(module, {})},
            "ignore_errors": True,
            **keywords,
        }
        for module in MODULES
    ]
    return [*asked, {"name": "after", "ansible.builtin.ping": {}}]


@pytest.mark.parametrize("keywords", WAYS.values(), ids=WAYS)
def test_the_collection_kubernetes_core(play: Play, tmp_path: Path, keywords: dict[str, Any]) -> None:
    folder = tmp_path / "collections/ansible_collections/epinio"
    folder.mkdir(parents=True)
    (folder / "registries").symlink_to(ROOT)
    ran = play(*tasks(keywords), environment={"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")})
    for module in MODULES:
        assert ran.result(module)["msg"] == (
            "The collection kubernetes.core is missing, which provides the options of the connection. "
            "Install it: ansible-galaxy collection install kubernetes.core"
        )
    assert ran.result("after")["ping"] == "pong"
    assert f"ignored={len(MODULES)}" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("keywords", WAYS.values(), ids=WAYS)
def test_the_library_kubernetes(play: Play, tmp_path: Path, keywords: dict[str, Any]) -> None:
    (tmp_path / "kubernetes.py").write_text("raise ImportError('as if there were none')\n")
    ran = play(*tasks(keywords), environment={"PYTHONPATH": str(tmp_path)})
    for module in MODULES:
        assert re.fullmatch(
            r"The Python library kubernetes is missing, or too old, for \S+python\S*\. "
            r"Install it there: python -m pip install 'kubernetes>=24\.2\.0'",
            ran.result(module)["msg"],
        )
    assert ran.result("after")["ping"] == "pong"
    assert f"ignored={len(MODULES)}" in ran.stdout

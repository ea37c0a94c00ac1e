# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pages repeat of other files: which versions are tested together, which guides there are, the role's defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = "https://github.com/epinio/registries/blob/main/docs/docsite/rst"
#: The sessions of noxfile.py that run with several sets of versions, by the list that names these.
SESSIONS = {"UNIT": "unit tests", "SANITY": "sanity tests"}


def tested_together() -> list[tuple[str, ...]]:
    """Return (ansible-core, Python, libraries, kubernetes.core, tests) of each set of versions in noxfile.py."""
    version = re.search(r'^VERSION = "([\d.]+)"', (ROOT / "tests/newest_python.py").read_text(encoding="utf-8"), re.M)
    names: dict[str, ast.expr] = {"VERSION": ast.Constant(version[1] if version else "")}
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    theirs = list(ast.literal_eval(names["ANSIBLE_WITH"]))  # the oldest kubernetes.core, and the newest
    runs: dict[tuple[str, str, bool], list[str]] = {}
    for name, tests in SESSIONS.items():
        for entry in getattr(names[name], "elts", []):
            runs.setdefault(_stack(entry, names), []).append(tests)
    for name in ("OLDEST", "NEWEST"):
        runs[_stack(names[name], names)].append("whole runs on an API server")
    return [
        (core, python, *(("lowest", theirs[0]) if lowest else ("newest", theirs[-1])), ", ".join(tests))
        for (core, python, lowest), tests in sorted(runs.items())
    ]


def _stack(node: ast.expr, names: Mapping[str, ast.expr]) -> tuple[str, str, bool]:
    """Return (ansible-core, Python, lowest libraries) of a call of Stack, or of the name of one."""
    if isinstance(node, ast.Name):
        return _stack(names[node.id], names)
    if not isinstance(node, ast.Call):
        raise TypeError(f"noxfile.py, line {node.lineno}: no call of Stack")
    python, core = (ast.literal_eval(names[arg.id] if isinstance(arg, ast.Name) else arg) for arg in node.args)
    return core, python, any(keyword.arg == "lowest" for keyword in node.keywords)


def versions() -> str:
    """Return the table of the versions that are tested together, in reStructuredText."""
    head = ("ansible-core", "Python", "libraries", "kubernetes.core", "tests")
    return rows([head, *tested_together()], 16, 12, 14, 18, 40)


def rows(cells: Iterable[Iterable[str]], *widths: int) -> str:
    """Return a table in reStructuredText; the first row is its head."""
    lines = ["", ".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in cells:
        first, *others = row
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "\n".join([*lines, "", ""])


def guides() -> str:
    """Return a table of all guides by section, in Markdown."""
    index = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))
    lines = ["", "| | guides |", "|---|---|"]
    for section in index["sections"]:
        links = ", ".join(f"[{_title(name)}]({PUBLISHED}/{name}.rst)" for name in section["toctree"])
        lines.append(f"| {section['title']} | {links} |")
    return "\n".join([*lines, "", ""])


def _title(guide: str) -> str:
    text = (ROOT / f"docs/docsite/rst/{guide}.rst").read_text(encoding="utf-8")
    [title] = re.findall(r"^(.+)\n=+$", text, re.M)
    return str(title)


def variables(defaults: Mapping[str, Any]) -> str:
    """Return the table of the role's variables, in reStructuredText."""
    shown = {name: yaml.safe_dump(value, default_flow_style=True).split("\n")[0] for name, value in defaults.items()}
    given = [("``export_registries_destinations``", "none: you give the list")]
    others = [(f"``{name}``", f"``{value}``") for name, value in shown.items()]
    return rows([("Variable", "Default"), *given, *others], 50, 50)

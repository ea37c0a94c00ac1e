# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README and the landing page show is what the collection does; what pages say twice is the same both times."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.docs import pages
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination, secrets

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
LANDING = ROOT / "docs/sphinx/pages/index.rst"
GUIDES = ROOT / "docs/docsite/rst"


def examples(page: Path) -> list[Any]:
    """Return the YAML that a page shows."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)]
    blocks = re.finditer(r"^(?P<indent> *)\.\. code-block:: yaml\n(?P<text>(?:\n|(?P=indent) +\S.*\n)+)", text, re.M)
    return [yaml.safe_load(textwrap.dedent(block["text"])) for block in blocks]


@pytest.mark.parametrize("page", [README, LANDING], ids=lambda page: page.name)
def test_the_list_becomes_the_secret_that_is_shown(page: Path) -> None:
    shown = examples(page)
    [items] = [
        example["export_registries_destinations"] for example in shown if "export_registries_destinations" in example
    ]
    [manifest] = [example for example in shown if isinstance(example, dict) and example.get("kind") == "Secret"]
    parsed = destination.parse_destinations(items, many=True)
    assert (parsed.problems, parsed.warnings) == ([], [])
    [item] = parsed.items
    desired = secrets.authentication(item, item.password)
    assert {key: value.encode() for key, value in manifest.pop("stringData").items()} == desired.data
    body = desired.body("epinio", None)
    del body["data"]
    assert manifest == body


def table(guide: str, title: str) -> list[list[str]]:
    """Return the rows of the first table of a guide behind some words."""
    text = (GUIDES / f"{guide}.rst").read_text(encoding="utf-8").partition(f"\n{title}\n")[2]
    [body, *_rest] = re.split(r"\n\n(?=\S)", text.partition(".. list-table::")[2])
    rows = re.findall(r"^   \* - ?(.*\n(?:     -.*\n?)+)", body, re.M)
    return [[cell.strip() for cell in re.split(r"\n     -", row.rstrip("\n"))] for row in rows]


@pytest.mark.parametrize(
    ("title", "row"),
    [
        pytest.param("Nothing to do:", "Seconds for 100 destinations, nothing to do", id="nothing to do"),
        pytest.param("First converge:", "Seconds for 100 destinations, at first", id="first"),
    ],
)
def test_the_comparison_has_the_figures_of_the_guide_to_speed(title: str, row: str) -> None:
    measured = {cells[0].strip("`"): cells[2] for cells in table("performance_guide", title)}
    ways = ("export_registries", "kubernetes.core.k8s, one task", "kubectl apply")
    [compared] = [cells[1:4] for cells in table("when_not_guide", "Side by side\n------------") if cells[0] == row]
    assert compared == [measured[way] for way in ways]


def test_the_api_server_of_the_tests_is_the_one_that_is_named() -> None:
    modules = (ROOT / "tests/control_plane/go.mod").read_text(encoding="utf-8")
    version = re.search(r"^\s*k8s\.io/kubernetes v(\d+\.\d+)\.", modules, re.M)
    assert version
    page = (GUIDES / "compatibility.rst").read_text(encoding="utf-8")
    assert f"the API server of Kubernetes {version[1]}." in page


def test_all_versions_of_the_matrix_are_named() -> None:
    rows = pages.tested_together()
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    stacks = re.findall(r'Stack\(("[\d.]+"|VERSION), "([\d.]+)"', noxfile)
    assert {row[0] for row in rows} == {core for _python, core in stacks}
    assert {row[1] for row in rows} >= {python.strip('"') for python, _core in stacks if python != "VERSION"}


def test_the_landing_page_names_guides_that_are_there_or_come() -> None:
    text = LANDING.read_text(encoding="utf-8").partition(".. tasks::")[2].partition(".. toctree")[0]
    named = re.findall(r"^   (\w+): \S", text, re.M)
    assert len([name for name in named if (GUIDES / f"{name}.rst").is_file()]) >= 5

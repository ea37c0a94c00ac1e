# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every page can be read where the source is: a source host renders it without Sphinx, and its links lead somewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs/docsite/rst").glob("*.rst"))
MARKDOWN = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*/README.md")),
    *sorted((ROOT / "roles").glob("*/README.md")),
    *sorted((ROOT / "extensions").rglob("README.md")),
]
#: As source hosts render: nothing is read from elsewhere, and the first complaint counts.
SETTINGS = {"raw_enabled": False, "file_insertion_enabled": False, "report_level": 2, "warning_stream": False}
#: Where our own files are once they are published.
PUBLISHED = re.compile(r"https://github\.com/epinio/registries/(?:blob|tree|raw)/main/")


@cache
def rendered(page: Path) -> nodes.document:
    return publish_doctree(page.read_text(encoding="utf-8"), str(page), settings_overrides=SETTINGS)


@cache
def anchors(page: Path) -> set[str]:
    """Return what a link can name after the #."""
    if page.suffix == ".rst":
        return {anchor for node in rendered(page).findall(nodes.Element) for anchor in node.get("ids", ())}
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", prose, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path, link: str) -> str | None:
    """Return what is wrong with a link of a page; those to other sites are not followed."""
    link = PUBLISHED.sub(f"{ROOT}/", link)
    if re.match(r"[a-z]+:", link):
        return None
    path, _hash, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return f"{link}: no such file"
    if anchor and anchor not in anchors(target.resolve()):
        return f"{link}: no such section"
    return None


def links(page: Path) -> list[str]:
    if page.suffix == ".md":
        return re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    document = rendered(page)
    shown = [node["refuri"] for node in document.findall(nodes.reference) if "refuri" in node]
    return [*shown, *(node["uri"] for node in document.findall(nodes.image))]


def complaints(document: nodes.document) -> list[str]:
    """Return what docutils objects to, and what it does not know for markup."""
    wrong = (node for node in document.findall() if isinstance(node, (nodes.system_message, nodes.problematic)))
    found = [node.astext() for node in wrong]
    prose = "\n".join(node.astext() for node in document.findall(nodes.Text) if not _is_code(node))
    return found + re.findall(r":[a-z:]+:`[^`]*`?", prose)


def _is_code(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None:
        if isinstance(node, (nodes.FixedTextElement, nodes.literal)):
            return True
        node = node.parent
    return False


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_is_rendered_without_a_complaint(page: Path) -> None:
    assert complaints(rendered(page)) == []


@pytest.mark.parametrize("page", [*GUIDES, *MARKDOWN], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [problem for link in links(page) if (problem := broken(page, link))] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("See :ref:`somewhere`.", id="a label of Sphinx"),
        pytest.param("See :ansopt:`a.b.c#module:d`.", id="a role of antsibull-docs"),
        pytest.param("See `somewhere`_.", id="a target that is not there"),
        pytest.param(".. toctree::\n\n   page", id="a directive of Sphinx"),
    ],
)
def test_what_only_sphinx_knows_is_a_complaint(text: str) -> None:
    assert complaints(publish_doctree(text, settings_overrides=SETTINGS))


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        pytest.param("rbac_guide.rst", None, id="a page"),
        pytest.param("rbac_guide.rst#read-only", None, id="a section"),
        pytest.param("../../../plugins/modules/export_registry.py", None, id="a module"),
        pytest.param("https://example.com/x", None, id="another site"),
        pytest.param("https://github.com/epinio/registries/blob/main/README.md", None, id="ours, as published"),
        pytest.param("rback_guide.rst", "rback_guide.rst: no such file", id="no page"),
        pytest.param("rbac_guide.rst#to-weed", "rbac_guide.rst#to-weed: no such section", id="no section"),
        pytest.param("#to-weed", "#to-weed: no such section", id="no section of the same page"),
    ],
)
def test_a_broken_link_is_found(link: str, problem: str | None) -> None:
    assert broken(ROOT / "docs/docsite/rst/rbac_guide.rst", link) == problem

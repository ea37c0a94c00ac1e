# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives for the pages around the guides: what the parts of the site hold is read from where it is declared.

``guides`` lists a section of extra-docs.yml, ``tasks`` leads from what somebody wants to a guide, ``plugins`` lists the
pages of modules and plugins. A page that is not there is not shown.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

INDEX = Path(__file__).resolve().parents[1] / "docsite/extra-docs.yml"
#: What antsibull-docs writes above the page of a plugin.
TITLE = re.compile(r"^epinio\.registries\.(?P<name>\S+) (?P<kind>[\w ]+?) -- (?P<sentence>.+)$", re.M)
#: The order of plugins in the reference; those of other kinds follow.
KINDS = ("module", "role")


def toctree(caption: str, pages: list[str]) -> str:
    """Return a hidden toctree, which the navigation shows."""
    return "\n".join([".. toctree::", "   :hidden:", f"   :caption: {caption}", "", *(f"   {p}" for p in pages), ""])


class Guides(SphinxDirective):
    """The guides of one section, for the navigation and in the page."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return what replaces the directive."""
        caption = self.arguments[0]
        sections = yaml.safe_load(INDEX.read_text(encoding="utf-8"))["sections"]
        [names] = [section["toctree"] for section in sections if section["title"] == caption]
        pages = [f"docsite/{name}" for name in names]
        shown = "".join(f"* :doc:`/{page}`\n" for page in pages)
        return self.parse_text_to_nodes(f"{toctree(caption, pages)}\n{shown}")


class Tasks(SphinxDirective):
    """Lines of the form ``page: what somebody wants``; each becomes a link where there is such a page."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return what replaces the directive."""
        wishes = [line.split(": ", 1) for line in self.content if line.strip()]
        there = [(page, wish) for page, wish in wishes if f"docsite/{page}" in self.env.found_docs]
        return self.parse_text_to_nodes(
            ".. rst-class:: tasks\n\n" + "".join(f"* :doc:`{wish} </docsite/{page}>`\n" for page, wish in there)
        )


class Plugins(SphinxDirective):
    """Modules, the role and plugins: short names in the navigation, and each with its sentence in the page."""

    def run(self) -> list[nodes.Node]:
        """Return what replaces the directive."""
        found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for page in sorted(self.env.found_docs):
            title = TITLE.search(Path(self.env.doc2path(page)).read_text(encoding="utf-8")) if "/" not in page else None
            if title:
                found[title["kind"]].append((title["name"], page, title["sentence"]))
        kinds = sorted(found, key=lambda kind: (KINDS.index(kind) if kind in KINDS else len(KINDS), kind))
        return self.parse_text_to_nodes("\n".join(self._kind(kind, found[kind]) for kind in kinds))

    def _kind(self, kind: str, plugins: list[tuple[str, str, str]]) -> str:
        caption = f"{kind.capitalize()}{'s' * (len(plugins) > 1)}"
        shown = "".join(f"* :doc:`{name} </{page}>`: {sentence}\n" for name, page, sentence in plugins)
        pages = [f"{name} <{page}>" for name, page, _sentence in plugins]
        return f"{toctree(caption, pages)}\n.. rubric:: {caption}\n\n{shown}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    for name, directive in {"guides": Guides, "tasks": Tasks, "plugins": Plugins}.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docutils and antsibull-docs write, made fit for the theme and for those who listen to a page."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def without_contents(_app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Take out tables of contents: a source host needs them, and the theme has its own."""
    for topic in list(tree.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)


def valid_roles(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Name the attribute as HTML does: antsibull-docs writes C(aria-role), which does not exist."""
    context["body"] = context.get("body", "").replace(' aria-role="', ' role="')


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("doctree-resolved", without_contents)
    app.connect("html-page-context", valid_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

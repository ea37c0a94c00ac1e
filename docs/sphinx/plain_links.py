# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guides link as a source host follows links, from file to file; in the site these become references to its pages.

A link that leads to no file, page or section is a warning, and so an error with ``sphinx-build -W``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[2]
GUIDES = "docs/docsite/rst"
#: Where a file of the repository is that has no page in the site.
SOURCE = "https://github.com/epinio/registries/blob/main"
#: Files of the repository that have a page, and its name.
PAGES = (
    (re.compile(rf"{GUIDES}/(\w+)\.rst"), r"docsite/\1"),
    (re.compile(r"plugins/modules/(\w+)\.py"), r"\1_module"),
    (re.compile(r"plugins/(\w+)/(\w+)\.(?:py|yml)"), r"\2_\1"),
    (re.compile(r"roles/(\w+)/README\.md"), r"\1_role"),
)
logger = logging.getLogger(__name__)


def page_of(file: str) -> str | None:
    """Return the page of the site that shows a file of the repository."""
    return next((match.expand(page) for pattern, page in PAGES if (match := pattern.fullmatch(file))), None)


def lead(app: Sphinx, tree: nodes.document, here: str) -> None:
    """Turn the links of a guide into references, once all pages are known."""
    if not here.startswith("docsite/"):
        return
    for node in tree.findall(nodes.reference):
        link = node.get("refuri", "")
        if not link or node.get("internal") or re.match(r"[a-z]+:", link):
            continue
        path, _hash, anchor = link.partition("#")
        file = os.path.normpath(f"{GUIDES}/{path}")
        page = page_of(file) if path else here
        if page in app.env.found_docs:
            shown = tree if page == here else app.env.get_doctree(page)
            if anchor and not any(anchor in node["ids"] for node in shown.findall(nodes.Element)):
                logger.warning("no section %r in the page %s", anchor, page, location=node)
            to = app.builder.get_relative_uri(here, page) if path else ""
            node["refuri"], node["internal"] = f"{to}#{anchor}" if anchor else to, True
        elif (ROOT / file).exists():
            node["refuri"] = f"{SOURCE}/{file}"
        else:
            logger.warning("no file %r, to which a link leads", path, location=node)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("doctree-resolved", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

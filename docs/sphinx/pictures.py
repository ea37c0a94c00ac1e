# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our pictures become part of the page, so that they follow its colors, light or dark, and its alternative text."""

from __future__ import annotations

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

PICTURES = Path(__file__).resolve().parents[1] / "pictures"


def inline(_app: Sphinx, tree: nodes.document, _page: str) -> None:
    """Replace each image that is one of ours by what its file holds."""
    for node in list(tree.findall(nodes.image)):
        file = PICTURES / Path(node["uri"]).name
        if file.is_file():
            label = html.escape(node["alt"])
            svg = re.sub(r"<title>.*?</title>", f"<title>{label}</title>", file.read_text(encoding="utf-8"))
            node.replace_self(nodes.raw("", f'<div class="picture-frame">{svg}</div>', format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("doctree-resolved", inline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

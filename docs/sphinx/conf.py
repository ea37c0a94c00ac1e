# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx shows the documentation that antsibull-docs generates; nothing is fetched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils import nodes

sys.path.insert(0, str(Path(__file__).parent))  # our own extensions

project = "epinio.registries"
copyright = "The epinio.registries contributors"  # noqa: A001 - Sphinx calls it that
html_title = project
html_theme = "pydata_sphinx_theme"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/logo.svg"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"index": [], "search": []}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"image_light": "_static/logo.svg", "image_dark": "_static/logo.svg", "text": project, "alt_text": ""},
    "icon_links": [{"name": "Source", "url": "https://github.com/epinio/registries", "icon": "fa-brands fa-github"}],
    "navbar_align": "left",
    "navigation_depth": 2,
    "show_nav_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "primary_sidebar_end": [],
    "footer_start": ["copyright"],
    "footer_end": [],
}
extensions = ["sphinx_antsibull_ext", "plain_links", "pictures", "parts", "fit"]
antsibull_ext_color_scheme = "none"  # site.css has ours, for light and dark
highlight_language = "YAML+Jinja"
default_role = "any"

ANSIBLE = "https://docs.ansible.com/ansible/latest"
#: Labels and variables in the documentation of Ansible itself that generated pages refer to.
LABELS = {
    "ANSIBLE_CALLBACKS_ENABLED": "reference_appendices/config.html#envvar-ANSIBLE_CALLBACKS_ENABLED",
    "action_plugins": "plugins/action.html",
    "callback_plugins": "plugins/callback.html",
    "inventory_plugins": "plugins/inventory.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def elsewhere(_app: Any, _environment: Any, node: Any, content: nodes.TextElement) -> nodes.reference | None:
    """Return a link to Ansible's own pages for their labels, and for plugins of other collections."""
    label = node["reftarget"]
    if label.startswith("ansible_collections.") and label.count(".") == 3:
        page = f"collections/{label.split('.', 1)[1].replace('.', '/')}.html"
    else:
        page = LABELS.get(label, "")
    return nodes.reference("", "", content, refuri=f"{ANSIBLE}/{page}", internal=False) if page else None


def setup(app: Any) -> None:
    """Tell Sphinx."""
    app.connect("missing-reference", elsewhere)

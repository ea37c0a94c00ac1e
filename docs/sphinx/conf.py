# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx shows the documentation that antsibull-docs generates; nothing is fetched."""

project = "epinio.registries"
copyright = "The epinio.registries contributors"
html_short_title = project
html_title = "Ansible collection epinio.registries"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_copy_source = False
extensions = ["sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
default_role = "any"

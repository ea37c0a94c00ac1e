# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain links of guides become references of the site, and a broken one is found."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = "https://github.com/epinio/registries/blob/main"
#: What a link of a guide becomes.
LEADS = {
    "rbac_guide.rst": "rbac_guide.html",
    "rbac_guide.rst#to-read": "rbac_guide.html#to-read",
    "#to-read": "#to-read",
    "../../../plugins/modules/export_registry.py": "../export_registry_module.html",
    "../../../roles/export_registries/README.md": "../export_registries_role.html",
    "../../rbac/writer.yml": f"{SOURCE}/docs/rbac/writer.yml",
    "https://example.com/a.rst": "https://example.com/a.rst",
}
#: What is said of a link that leads nowhere.
COMPLAINTS = {
    "no_guide.rst": "no file 'no_guide.rst', to which a link leads",
    "rbac_guide.rst#x": "no section 'x' in the page docsite/rbac_guide",
    "#x": "no section 'x' in the page docsite/first_guide",
}
PAGES = (
    *("index", "docsite/first_guide", "docsite/rbac_guide"),
    *("export_registry_module", "export_registries_role"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """A small site, with every link in one guide: where they lead, and what Sphinx says."""
    folder = tmp_path_factory.mktemp("site")
    for name in PAGES:
        page = folder / f"source/{name}.rst"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(":orphan:\n\nTitle\n=====\n\nTo read\n-------\n\nText.\n")
    with (folder / "source/docsite/first_guide.rst").open("a") as guide:
        guide.writelines(f"\n`link {number} <{link}>`__\n" for number, link in enumerate([*LEADS, *COMPLAINTS]))
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'docs/sphinx')!r})\nextensions = ['plain_links']\n"
    )
    command = [*(sys.executable, "-m", "sphinx", "--no-color", "-q"), "-c", folder, folder / "source", folder / "html"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    page = (folder / "html/docsite/first_guide.html").read_text(encoding="utf-8")
    found = re.findall(r'href="([^"]*)">link (\d+)<', page)
    return {[*LEADS, *COMPLAINTS][int(number)]: html.unescape(href) for href, number in found}, said


@pytest.mark.parametrize("link", LEADS)
def test_a_link_leads_to_a_page(site: tuple[dict[str, str], str], link: str) -> None:
    assert site[0][link] == LEADS[link]


@pytest.mark.parametrize("link", COMPLAINTS)
def test_a_broken_link_is_a_warning(site: tuple[dict[str, str], str], link: str) -> None:
    assert f"WARNING: {COMPLAINTS[link]}\n" in site[1]


def test_nothing_else_is_one(site: tuple[dict[str, str], str]) -> None:
    assert site[1].count("WARNING") == len(COMPLAINTS)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site in Chromium: no broken link, no error in the console, accessible, and readable on a phone.

Screenshots go to build/screenshots. The session `docs` builds the site before.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.chromium import chromium

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build/docs/html"
SCREENSHOTS = ROOT / "build/screenshots"
#: The pages of which screenshots are taken: one of each kind.
SHOWN = (
    *("index", "explanation", "docsite/getting_started_guide"),
    *("export_registries_module", "docsite/problem_codes"),
)
SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
#: What a page may ask for: nothing of another site.
OURS = ("http://127.0.0.1:", "data:")
#: What a page links to, and what can be linked to in it.
LINKS = "[...document.querySelectorAll('a[href]')].map(a => a.href)"
IDS = "[...document.querySelectorAll('[id]')].map(e => e.id)"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # a browser opens many connections at once


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site on a server of its own."""
    assert (HTML / "index.html").is_file(), "there is no site: `make docs` builds it"
    server = _Server(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def pages() -> list[str]:
    names = (str(file.relative_to(HTML).with_suffix("")) for file in HTML.rglob("*.html"))
    return sorted(name for name in names if not name.startswith("_static/"))


def opened(browser: Browser, *, screen: str = "desktop", theme: str = "light") -> tuple[Page, list[str]]:
    """Return a tab, and what the console and the network have against what is shown in it, which grows."""
    page = browser.new_page(viewport=SCREENS[screen], color_scheme=theme)
    page.set_default_timeout(120_000)  # a machine may be busy
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.on("request", lambda asked: None if asked.url.startswith(OURS) else wrong.append(f"asks {asked.url}"))
    return page, wrong


def violations(page: Page) -> list[str]:
    """Return what axe finds, each with the first element that it concerns."""
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['help']}: {item['nodes'][0]['html'][:200]}" for item in found]


def test_every_link_leads_somewhere_and_no_page_complains(browser: Browser, address: str) -> None:
    links: dict[str, set[str]] = {}
    ids: dict[str, set[str]] = {}
    page, wrong = opened(browser)
    for name in pages():
        url = f"{address}/{name}.html"
        page.goto(url)
        links[url], ids[url] = set(page.evaluate(LINKS)), set(page.evaluate(IDS))
        assert (name, wrong) == (name, [])
    page.close()
    broken = []
    for url, targets in links.items():
        for target in targets:
            place, anchor = urldefrag(target)
            picture = place.endswith((".png", ".svg")) and (HTML / place.removeprefix(f"{address}/")).is_file()
            page_there = place.rstrip("/") in {*ids, address} and (not anchor or unquote(anchor) in ids.get(place, ()))
            known = picture or page_there
            if place.startswith(address) and not known:
                broken.append(f"{url} -> {target}")
    assert broken == []
    assert sum(map(len, links.values())) > 500


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible_and_fit(browser: Browser, address: str, screen: str, theme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page, wrong = opened(browser, screen=screen, theme=theme)
    found: dict[str, list[str]] = {}
    for name in SHOWN:
        page.goto(f"{address}/{name}.html")
        page.screenshot(path=SCREENSHOTS / f"{Path(name).name}-{screen}-{theme}.png")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found[name] = [*wrong, *(["wider than the screen"] if wide > 0 else []), *violations(page)]
        wrong.clear()  # axe asks for style sheets by itself
    page.close()
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


def test_the_search_finds_a_problem_code(browser: Browser, address: str) -> None:
    page, wrong = opened(browser)
    page.goto(f"{address}/search.html?q=registry_not_canonical")
    page.wait_for_selector("#search-results li a")
    assert "Problem codes" in page.inner_text("#search-results")
    assert wrong == []
    page.close()

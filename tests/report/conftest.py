# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A browser, the pages of made-up fleets, and what a page does while it is looked at."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.go_builds import Unavailable
from tests.promtool import promtool
from tests.support.chromium import chromium

SECONDS = 240  # a page that takes longer hangs; a busy machine may be slow
#: What a screen shows: colours, width and height.
LOOKS = {"light": ("light", 1280, 900), "dark": ("dark", 1280, 900), "phone": ("light", 390, 844)}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-pictures", action="store_true", help="make the pictures of the guides anew")


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """The program promtool."""
    try:
        return promtool()
    except Unavailable as error:
        return (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@dataclasses.dataclass
class Seen:
    """A page that is open, and all that it did."""

    page: Page
    file: Path
    console: list[str] = dataclasses.field(default_factory=list)
    requests: list[str] = dataclasses.field(default_factory=list)
    dialogs: list[str] = dataclasses.field(default_factory=list)

    def assert_quiet(self) -> None:
        assert (self.console, self.dialogs) == ([], [])
        assert self.requests == [self.file.as_uri()]


Show = Callable[..., Seen]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Return a function that opens a page, given as HTML, in one of the looks."""
    contexts = []

    def opened(html: str, look: str = "light", *, script: bool = True) -> Seen:
        colours, width, height = LOOKS[look]
        viewport = {"width": width, "height": height}
        context = browser.new_context(color_scheme=colours, viewport=viewport, java_script_enabled=script)
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(html)
        seen = Seen(context.new_page(), file)
        seen.page.on("console", lambda message: seen.console.append(message.text))
        seen.page.on("pageerror", lambda error: seen.console.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        seen.page.goto(file.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def render() -> Callable[..., str]:
    """Return a function that makes the page of the results of a fleet, and of those of the day before."""
    from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs, since
    from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
    from ansible_collections.epinio.registries.plugins.plugin_utils._page import page
    from ansible_collections.epinio.registries.tests.support.fleets import NOW

    def audit(results: Any, now: datetime.datetime) -> Audit:
        clusters = inputs.clusters_of_run(results, now=now, place="audit.acme.example")
        return Audit(now, inputs.merged([clusters]))

    def rendered(results: Any, before: Any = None) -> str:
        now, then = audit(results, NOW), NOW - datetime.timedelta(days=1)
        if before is None:
            return page(now, None, None)
        return page(now, since.changes(audit(before, then), now), then)

    return rendered

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a browser: accessible, quiet, usable by hand and keys, printable, small, fast, deaf to scripts."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.epinio.registries.tests.support import fleets
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.report.conftest import LOOKS, Show

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ONE = {"a": fleets.cluster(fleets.destination("ghcr"))}
LARGEST = 3 * 1024 * 1024
#: Seconds until a page can be used, and until it has done what one asks of it.
READY, DONE = 1.0, 0.5

Render = Callable[..., str]


@pytest.fixture(scope="session")
def shown(render: Render) -> str:
    """The page with everything that can happen."""
    return render(fleets.showcase(), fleets.earlier())


@pytest.fixture(scope="session")
def large(render: Render) -> str:
    """The page of 200 clusters with 10 destinations each."""
    return render(fleets.large())


def rows(page: Page) -> list[str]:
    """Return cluster and destination of the rows that show, in their order."""
    script = """bodies => bodies.filter(one => !one.hidden).map(one => {
        const cells = one.rows[0].cells;
        return `${cells[2].firstChild.textContent}/${cells[1].textContent}`;
    })"""
    found: list[str] = page.locator("#destinations tbody").evaluate_all(script)
    return found


def problems(page: Page) -> list[str]:
    """Return what axe has against a page, everything unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "fleet",
    [
        pytest.param((fleets.showcase(), fleets.earlier()), id="everything"),
        pytest.param((ONE,), id="one destination"),
        pytest.param(({"a": fleets.cluster()},), id="no destination"),
        pytest.param(({},), id="nothing"),
    ],
)
def test_axe_has_nothing_against_it(show: Show, render: Render, look: str, fleet: Any) -> None:
    seen = show(render(*fleet), look)
    seen.assert_quiet()
    assert problems(seen.page) == []


def test_axe_would_have_something_against_a_worse_page(show: Show, shown: str) -> None:
    seen = show(shown.replace("Filter by any word", "").replace('lang="en"', ""))
    assert {one.partition(":")[0] for one in problems(seen.page)} >= {"label", "html-has-lang"}


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_wider_than_the_screen(show: Show, shown: str, look: str) -> None:
    page = show(shown, look).page
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look][1]


@pytest.mark.parametrize("width", [390, 761, 1024, 1200, 1201, 1600])
def test_no_cell_runs_into_the_next(show: Show, shown: str, width: int) -> None:
    page = show(shown).page
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate(TOO_WIDE) == []


#: The cells that hold more than fits, but for headings that only screen readers see.
TOO_WIDE = """() => [...document.querySelectorAll("td, th")]
    .filter(one => getComputedStyle(one.closest("thead") ?? one).position !== "absolute")
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.textContent)"""


def test_the_filter(show: Show, shown: str) -> None:
    seen = show(shown)
    page = seen.page
    everything = rows(page)
    assert len(everything) == 18
    assert everything[0] == "edge-lisbon/the whole cluster"
    page.get_by_label("Filter by any word").fill("PRODUCTION harbor")
    assert rows(page) == ["production-us/harbor", "production-eu/harbor", "production-asia/harbor"]
    expect(page.locator("#shown")).to_have_text("3 of 18 rows")
    page.get_by_label("Show").select_option("attention")
    assert rows(page) == ["production-us/harbor", "production-eu/harbor"]
    page.get_by_label("Filter by any word").fill("no such thing")
    assert rows(page) == []
    page.get_by_label("Show").select_option("all")
    page.get_by_label("Filter by any word").fill("")
    assert rows(page) == everything
    seen.assert_quiet()


def test_sorting_by_hand(show: Show, shown: str) -> None:
    page = show(shown).page
    worst_first = rows(page)
    page.get_by_role("button", name="Cluster").click()
    heading = page.get_by_role("columnheader", name="Cluster").first
    expect(heading).to_have_attribute("aria-sort", "ascending")
    clusters = [row.partition("/")[0] for row in rows(page)]
    assert clusters == sorted(clusters)
    page.get_by_role("button", name="Cluster").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert [row.partition("/")[0] for row in rows(page)] == clusters[::-1]
    page.get_by_role("button", name="State").click()
    assert sorted(rows(page)[:4]) == sorted(worst_first[:4])
    assert page.locator("[aria-sort]").count() == 1


def test_certificates_are_sorted_by_date(show: Show, shown: str) -> None:
    page = show(shown).page
    page.get_by_role("button", name="Certificate").click()
    dates = page.locator("#destinations td[data-l=Certificate][data-s]").evaluate_all(
        "all => all.map(e => e.dataset.s)"
    )
    assert dates == sorted(dates)
    assert len(dates) == 7


def test_everything_by_keyboard(show: Show, shown: str) -> None:
    page = show(shown).page
    page.keyboard.press("Tab")
    page.keyboard.type("team-payments")
    assert rows(page) == ["team-payments/ecr", "team-payments/ghcr"]
    page.keyboard.press("Tab")  # what to show
    for _heading in range(2):
        page.keyboard.press("Tab")
    focused = "document.activeElement.textContent"
    assert page.evaluate(focused) == "Destination"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _turn in range(2):
        page.keyboard.press("Enter")
    assert rows(page) == ["team-payments/ghcr", "team-payments/ecr"]
    while page.evaluate("document.activeElement.tagName") != "SUMMARY":
        page.keyboard.press("Tab")
    remedy = page.get_by_text("Set it to the organization.")
    expect(remedy).not_to_be_visible()
    page.keyboard.press("Enter")
    expect(remedy).to_be_visible()


def test_it_reads_without_script(show: Show, shown: str) -> None:
    page = show(shown, script=False).page
    expect(page.get_by_text("edge-lisbon").first).to_be_visible()
    expect(page.locator("#controls")).not_to_be_visible()
    assert page.locator("#destinations tbody").count() == 18
    assert page.locator("#destinations button").count() == 0


def printed(page: Page) -> str:
    """Return the text of the page as it is printed, in one line."""
    return " ".join("".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf())).pages).split())


def test_the_print_holds_every_destination_and_every_remedy(show: Show, shown: str) -> None:
    seen = show(shown)
    wanted = [name for row in rows(seen.page) for name in row.split("/")]
    text = printed(seen.page).replace(" ", "")
    assert [name for name in wanted if name.replace(" ", "") not in text] == []
    assert "Setittotheorganization." in text
    assert "Filterbyanyword" not in text


def test_two_thousand_are_printed(show: Show, large: str) -> None:
    """Where each pushes to stands in its row, and nowhere else."""
    text = re.sub(r"\s+", "", printed(show(large).page))
    assert len(re.findall(r"registry-\d\.acme\.example/(?:team-\d{3}|acme)", text)) == 2000
    assert all(f"cluster-{number:03}" in text for number in range(200))


def test_two_thousand_are_small_and_fast(show: Show, large: str) -> None:
    """By the seconds that the page's thread works: how long others keep it waiting says nothing of the page."""
    assert len(large.encode()) <= LARGEST
    seen = show(large)
    page = seen.page
    assert page.locator("#destinations tbody").count() == 2000
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    start = worked()
    page.reload()
    ready = worked()
    page.evaluate(FILTER)
    done = worked()
    assert len(rows(page)) == 10
    assert seen.console == []
    measured = f"{len(large.encode())} bytes, ready after {ready - start:.2f} s, filtered after {done - ready:.2f} s"
    sys.stdout.write(f"{measured}\n")  # pytest -s shows it
    assert ready - start < READY, measured
    assert done - ready < DONE, measured


#: Filter, and lay out what is left.
FILTER = """() => {
    const filter = document.getElementById("filter");
    filter.value = "cluster-117";
    filter.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
}"""

PAYLOADS = (
    pytest.param("<script>document.title='owned';alert(1)</script>", id="a script"),
    pytest.param('"><img src=x onerror="document.title=\'owned\';alert(2)">', id="an image behind a quote"),
    pytest.param(
        "</style></script></title></textarea><svg onload=alert(3)>", id="a picture behind the end of a script"
    ),
    pytest.param("{{ 7*7 }}{% print(1) %}", id="a template"),
    pytest.param("' onmouseover='alert(4)' autofocus onfocus='alert(5)", id="a handler behind a quote"),
    pytest.param("javascript:alert(6)//<a href=javascript:alert(7)>x</a>", id="an address that is a script"),
)
#: Fields whose values decide, or that only this collection writes.
KEPT = {"at", "expires", "not_before", "not_after", "verdict", "leg", "credential"}


def poisoned(value: Any, payload: str, key: str = "") -> Any:
    """Return results with a payload behind each text of a cluster."""
    if isinstance(value, dict):
        return {name: poisoned(inner, payload, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, payload, key) for inner in value]
    return f"{value}{payload}" if isinstance(value, str) and key not in KEPT else value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_script_in_every_field_stays_text(show: Show, render: Render, payload: str) -> None:
    hostile = {f"{name}{payload}": poisoned(one, payload) for name, one in fleets.showcase().items()}
    seen = show(render(hostile, fleets.earlier()))
    page = seen.page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.get_by_label("Filter by any word").fill(payload)
    for name in ("Cluster", "State"):
        page.get_by_role("button", name=name).click()
    assert page.title() == "Epinio export registries: audit of 2026-11-27"
    assert page.locator("#destinations img, #destinations a, #destinations script").count() == 0
    assert payload in (page.locator("#destinations").text_content() or "")
    seen.assert_quiet()


@pytest.mark.parametrize(
    "slipped",
    [
        pytest.param("<script>document.title = 'owned'</script>", id="a script"),
        pytest.param("<img src=x onerror=\"document.title = 'owned'\">", id="a handler"),
        pytest.param("<style>h1 { display: none }</style>", id="a style"),
        pytest.param('<iframe srcdoc="<script>top.document.title = 1</script>"></iframe>', id="a frame"),
        pytest.param('<base href="https://example.com/">', id="a base"),
    ],
)
def test_what_slipped_in_is_stopped_by_the_policy(show: Show, shown: str, slipped: str) -> None:
    seen = show(shown.replace("<main>", f"<main>{slipped}", 1))
    assert seen.page.title() == "Epinio export registries: audit of 2026-11-27"
    expect(seen.page.locator("h1")).to_be_visible()
    assert any("Content Security Policy" in message for message in seen.console)
    assert [one for one in seen.requests if not one.startswith(("file:", "about:"))] == []

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of the report in the guides: made here, from made-up names, and of the page as it is now."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.tests.support import fleets

from tests.report.conftest import LOOKS, Show

PICTURES = Path(__file__).parents[2] / "docs/docsite/rst/images"
#: Bytes; pictures come with every clone.
LARGEST = 300_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MARK = b"tEXtpage\0"


@pytest.mark.parametrize("look", LOOKS)
def test_a_picture_is_of_this_page(
    show: Show, render: Callable[..., str], look: str, request: pytest.FixtureRequest
) -> None:
    html = render(fleets.showcase(), fleets.earlier())
    page = show(html, look).page
    if look == "dark":  # another part of it
        page.locator("#h-destinations").evaluate("one => scrollTo(0, one.getBoundingClientRect().top - 34)")
        page.locator("summary").filter(has_text="may not push").click()
    taken = marked(page.screenshot(), hashlib.sha256(html.encode()).hexdigest())
    kept = PICTURES / f"audit-{look}.png"
    if request.config.getoption("--write-pictures"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(taken)
    # Fonts differ between machines, so the pictures are not compared, but the page that they show is.
    assert facts(kept.read_bytes()) == facts(taken), "run `make report ARGS=--write-pictures`, and look at them"
    assert kept.stat().st_size < LARGEST


def marked(picture: bytes, page: str) -> bytes:
    """Return a PNG that says which page it is of (PNG, section 11.3.3.3, tEXt)."""
    chunk = _MARK + page.encode()
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    header = len(_SIGNATURE) + 25
    return picture[:header] + whole + picture[header:]


def facts(picture: bytes) -> tuple[int, int, str]:
    """Return width, height and page of a picture."""
    assert picture.startswith(_SIGNATURE)
    width, height = struct.unpack(">II", picture[16:24])
    at = picture.index(_MARK) + len(_MARK)
    return width, height, picture[at : at + 64].decode()

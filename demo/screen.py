# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fit what commands print on a screen of 80 columns, and leave out what says nothing here.

Lines come from stdin, as a command prints them, and keep their colour. Left out are license headers, blank lines, the
task that validates arguments, where in which file an error is, the same error in another form, and of the recap
everything but what changed and failed, if anything did.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator

WIDTH = 80
COLOURED = re.compile(r"^(?P<on>(?:\x1b\[[\d;]*m)*)(?P<text>.*?)(?P<off>(?:\x1b\[0m)*)$", re.S)
CODES = re.compile(r"\x1b\[[\d;]*m")
#: What begins a part of Ansible's output that is left out, and where the next part begins.
HIDDEN = re.compile(r"TASK \[.*Validating arguments|Origin: |fatal: ")
NEXT = re.compile(r"(?!TASK \[.*Validating arguments)(TASK|PLAY|PLAY RECAP) ?[\[*]|\[ERROR\]")
LICENSE = re.compile(r"# (Copyright|SPDX-)|---$")
BANNER = re.compile(r"^((?:PLAY|TASK|PLAY RECAP).*?) \*+$")
ROLE = "epinio.registries.export_registries : "
COUNTS = re.compile(r"^(\S+) +: ok=\d+ +(changed=\d+) .*(failed=\d+) .*")


def lines(printed: Iterable[str]) -> Iterator[str]:
    """Yield what is shown of these lines, without line ends."""
    hidden = recap = False
    for line in printed:
        parts = COLOURED.match(line.rstrip("\r\n"))
        assert parts  # whatever a line is, it fits
        text = CODES.sub("", parts["text"]).rstrip()
        hidden = bool(HIDDEN.match(text)) or (hidden and not NEXT.match(text))
        recap = recap or text.startswith("PLAY RECAP")
        if hidden or not text or text.startswith("PLAY RECAP") or LICENSE.match(text):
            continue
        if recap:
            text = COUNTS.sub(r"\1: \2, \3", text)
            if text.endswith(": changed=0, failed=0"):
                continue
        for row in wrapped(BANNER.sub(r"\1", text).replace(ROLE, "")):
            yield f"{parts['on']}{row}\x1b[0m" if parts["on"] else row


def wrapped(text: str) -> list[str]:
    """Return a line as rows; a command goes on behind a backslash."""
    command = text.startswith("$ ")
    indent = re.match(r"[+-]? *(- )?", text)  # of a diff, too
    margin = "    " if command else " " * len(indent[0] if indent else "")
    width = WIDTH - 2 if command and len(text) > WIDTH else WIDTH
    rows = textwrap.wrap(
        text, width, subsequent_indent=margin, break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False
    )
    return [f"{row} \\" for row in rows[:-1]] + rows[-1:] if command else rows


def main() -> None:
    """Read stdin to its end."""
    for row in lines(sys.stdin):
        print(row, flush=True)


if __name__ == "__main__":
    main()

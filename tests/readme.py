# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the README as somebody who has ansible-core, a cluster and the tarball of a release.

python -m tests.readme README TARBALL FOLDER    write its files in FOLDER, and type its commands there

What installs the collection from elsewhere installs the tarball; what needs a clone or Epinio's own client is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
INSTALL = "ansible-galaxy collection install"
TYPED = ("ansible-doc ", "ansible-playbook ", "kubectl ", "python -m pip install ")


def follow(readme: str, tarball: Path) -> Iterator[tuple[str, str]]:
    """Yield each (file, text) and each ("", command), in the README's order."""
    installed = False
    for block in FENCE.finditer(readme):
        named = re.search(r"`([\w-]+\.ya?ml)`", block["before"])
        if block["language"] == "yaml" and named:
            yield named[1], block["text"]
        for command in re.findall(r"^\$ (.*)", block["text"], re.M) if block["language"] == "console" else ():
            if command.startswith(INSTALL) and not installed:
                installed = True
                yield "", f"{INSTALL} --offline {tarball}"
            elif command.startswith(TYPED):
                yield "", command


def main(readme: str, tarball: str, folder: str) -> int:
    """Return 0, or say which command failed."""
    typed = []
    for name, text in follow(Path(readme).read_text(encoding="utf-8"), Path(tarball).resolve()):
        if name:
            (Path(folder) / name).write_text(text)
            continue
        typed.append(text)
        print(f"$ {text}", flush=True)
        code = subprocess.run(["bash", "-c", text], cwd=folder, check=False).returncode
        if code:
            print(f"the README's command ended with {code}: {text}", file=sys.stderr)
            return 1
    missing = [start for start in (INSTALL, "ansible-playbook") if not any(text.startswith(start) for text in typed)]
    if missing:
        print(f"the README has no command that begins with {' or '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

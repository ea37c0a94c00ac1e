# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where this machine has Debian's packages from: what is fetched by tests comes from there, too."""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.go_builds import Unavailable

__all__ = ["mirror"]


def mirror() -> str:
    """Return the URL of Debian's archive, as apt-get has it on this machine. Raises Unavailable."""
    if not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt-get")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian", "Created-By: Packages"]
    places = _lines(*command)
    if not places and os.geteuid() == 0:  # a new machine has no lists yet
        _lines("apt-get", "-qq", "update")
        places = _lines(*command)
    if not places:
        raise Unavailable("apt-get knows no packages of Debian (apt-get update?)")
    return places[0]


def _lines(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command[:2])} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout.splitlines()

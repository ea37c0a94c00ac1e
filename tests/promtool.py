# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus' promtool, out of Debian's package: fetched and unpacked into the cache, never installed or started."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.go_builds import Unavailable, build_once, cache_directory, say

__all__ = ["promtool"]


def promtool() -> Path:
    """Return the program: the machine's own, or Debian's. Unavailable where there is neither."""
    found = shutil.which("promtool")
    return Path(found) if found else build_once(cache_directory() / "promtool", _unpack) / "promtool"


def _unpack(out: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Unavailable("promtool is not on PATH, and this is no Debian to take it from (package prometheus)")
    say("fetching Debian's package of Prometheus, for its promtool")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o777)  # apt-get fetches as a user of its own
        if not _fetched(folder):
            subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)  # needs root
            if not _fetched(folder):
                raise Unavailable("apt-get download prometheus failed")
        [package] = folder.glob("prometheus_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder / "unpacked"], check=True)
        shutil.copy2(folder / "unpacked/usr/bin/promtool", out)


def _fetched(folder: Path) -> bool:
    command = ["apt-get", "download", "-qq", "prometheus"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0

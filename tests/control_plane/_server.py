# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of one API server process and of the folder that holds its state."""

from __future__ import annotations

import fcntl
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..go_builds import Unavailable, cache_directory

__all__ = ["Server", "state_directory"]

LOG_LINES = 25
FREE_PORT_ATTEMPTS = 3


@contextmanager
def state_directory() -> Iterator[Path]:
    """Give a private folder for a server's state, and take away those that a killed run left behind."""
    base = cache_directory() / "state"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (base / "lock").open("w") as all_states:
        fcntl.flock(all_states, fcntl.LOCK_EX)
        for abandoned in base.glob("state-*"):
            _remove_if_unused(abandoned)
        state = Path(tempfile.mkdtemp(dir=base, prefix="state-"))
        in_use = (state / "in-use").open("w")
        fcntl.flock(in_use, fcntl.LOCK_EX)
    try:
        with in_use:
            yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _remove_if_unused(state: Path) -> None:
    try:
        with (state / "in-use").open("a") as in_use:
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(state, ignore_errors=True)
    except OSError:
        pass  # its run holds the lock, or took the folder away meanwhile


class Server:
    """An API server with its etcd; it ends when this process does, however that ends.

    The process reads a pipe whose only other end is held here, and stops when that closes: on `stop()`, and when this
    process is killed, because no child inherits it.
    """

    def __init__(self, command: Sequence[str], state: Path, *, timeout: float = 90) -> None:
        """`command` takes `-dir`, `-port` and `-watch-stdin` as `control-plane` does; `timeout` is in seconds."""
        self.state = state
        self.kubeconfig = state / "kubeconfig"
        self.log = state / "server.log"
        self._command = list(command)
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address, the same for its whole life."""
        return self._setting("server")

    @property
    def token(self) -> str:
        """The cluster administrator's bearer token."""
        return self._setting("token")

    def start(self) -> None:
        """Start on the state as it is, on the port of the last start, and wait until it serves."""
        if self.kubeconfig.exists():
            return self._start("-port", self.url.rpartition(":")[2])
        for _attempt in range(FREE_PORT_ATTEMPTS - 1):
            try:
                return self._start()
            except Unavailable as error:  # another process may have taken the free port that was found a moment before
                if "address already in use" not in str(error):
                    raise
        return self._start()

    def _start(self, *arguments: str) -> None:
        command = [*self._command, "-dir", str(self.state), "-watch-stdin", *arguments]
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C is for the tests, which then close the pipe.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it; the state stays. Does nothing where it has stopped already."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._timeout
        answer = "nothing yet"
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Unavailable(
                    f"the control plane ended with {process.returncode} before it was ready:\n{self._end_of_log()}"
                )
            try:
                answer = self._readyz()
            except (OSError, Unavailable) as error:
                answer = str(error)
            if answer == "ok":
                return
            time.sleep(0.05)
        raise Unavailable(
            f"the control plane was not ready within {self._timeout:.0f} s; /readyz: {answer}\n{self._end_of_log()}"
        )

    def _readyz(self) -> str:
        context = ssl.create_default_context(cafile=self._setting("certificate-authority"))
        request = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.token}"})
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(request, timeout=5) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")

    def _setting(self, key: str) -> str:
        found = re.search(rf'\b{key}: "([^"]+)"', self.kubeconfig.read_text())
        if not found:
            raise Unavailable(f"{self.kubeconfig} has no {key} yet")
        return found[1]

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])

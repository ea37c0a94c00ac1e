# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command that has a /dev/log of its own, and keep what arrives there.

`command()` leads into a mount namespace, where no process but the command and its children sees that /dev.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

__all__ = ["command"]


def command(file: Path, wrapped: Sequence[str]) -> list[str]:
    """Return the command that runs ``wrapped`` and writes into ``file`` what it sends to syslog."""
    ours = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    return ["unshare", *ours, sys.executable, __file__, _namespace(), str(file), *wrapped]


def _namespace() -> str:
    return os.readlink("/proc/self/ns/mnt")  # noqa: PTH115 - it is no path


def main() -> int:
    outside, file, wrapped = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    assert outside != _namespace(), "this would take away the machine's own /dev"
    devices = file.with_suffix(".devices")  # stays, and is empty outside of this namespace
    devices.mkdir()
    subprocess.run(["mount", "--rbind", "/dev", str(devices)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev"], check=True)
    for device in devices.iterdir():
        if device.name != "log":
            Path("/dev", device.name).symlink_to(device)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("/dev/log")
        thread = threading.Thread(target=_keep, args=(listener, file))
        thread.start()
        code = subprocess.run(wrapped, check=False).returncode
        _send(b"")  # an empty datagram is the end
        thread.join()
    return code


def _send(message: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(message, "/dev/log")


def _keep(listener: socket.socket, file: Path) -> None:
    with file.open("wb") as kept:
        while message := listener.recv(1 << 20):
            kept.write(message + b"\n")


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one command, and know what it took."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..control_plane import Cluster

_SAMPLE = 0.02  # seconds
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_REQUESTS = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Run:
    """Wall clock and processor seconds, peak memory (MiB), and API requests by verb.

    ``memory``: of the largest process. ``main``: of the one that was started, which holds the whole inventory.
    """

    seconds: float
    cpu: float
    memory: float
    main: float
    requests: Mapping[str, int]


class Failed(Exception):
    """The command failed: what it printed is the message."""


def run(command: Sequence[str], environment: Mapping[str, str], cluster: Cluster, log: Path) -> Run:
    """Run a command to its end, output into ``log``. Raises Failed."""
    before = requests(cluster)
    with log.open("w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        with _peak(process.pid) as main:
            # The usage of a process includes the largest of the children that it has waited for.
            _pid, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{log.read_text()[-3000:]}")
    after = requests(cluster)
    made = Counter(after)
    made.subtract(before)
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Run(seconds, cpu, memory, main[-1], {k: v for k, v in made.items() if v})


@contextlib.contextmanager
def _peak(process: int) -> Iterator[Sequence[float]]:
    """Give a list whose last number is the most memory (MiB) that one process had so far, without its children.

    Linux forgets it when the process ends, so it is read again and again.
    """
    status, seen, ended = Path(f"/proc/{process}/status"), [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(_SAMPLE):
            with contextlib.suppress(OSError):
                found = _PEAK.search(status.read_text())
                seen.extend([int(found[1]) / 1024] if found else [])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def requests(cluster: Cluster) -> Mapping[str, int]:
    """Return how many requests for secrets the API server has answered, by verb, from its own metrics."""
    counts: Counter[str] = Counter()
    for match in _REQUESTS.finditer(cluster.run("get", "--raw", "/metrics")):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match["labels"]))
        if labels.get("resource") == "secrets":
            counts[labels["verb"]] += int(float(match["count"]))
    return counts

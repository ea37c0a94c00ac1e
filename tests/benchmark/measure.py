# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one command, and know what it took."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..control_plane import Cluster

_REQUESTS = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Run:
    """Wall clock and processor seconds, the peak memory of the largest process (MiB), and API requests by verb."""

    seconds: float
    cpu: float
    memory: float
    requests: Mapping[str, int]


class Failed(Exception):
    """The command failed: what it printed is the message."""


def run(command: Sequence[str], environment: Mapping[str, str], cluster: Cluster, log: Path) -> Run:
    """Run a command to its end, output into ``log``. Raises Failed."""
    before = requests(cluster)
    with log.open("w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        # The usage of a process includes the largest of the children that it has waited for.
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{log.read_text()[-3000:]}")
    after = requests(cluster)
    made = Counter(after)
    made.subtract(before)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, {k: v for k, v in made.items() if v})


def requests(cluster: Cluster) -> Mapping[str, int]:
    """Return how many requests for secrets the API server has answered, by verb, from its own metrics."""
    counts: Counter[str] = Counter()
    for match in _REQUESTS.finditer(cluster.run("get", "--raw", "/metrics")):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', match["labels"]))
        if labels.get("resource") == "secrets":
            counts[labels["verb"]] += int(float(match["count"]))
    return counts

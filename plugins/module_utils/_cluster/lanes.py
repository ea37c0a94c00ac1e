# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests are on their way at once: as many as the API server welcomes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said

#: Requests that run side by side at most, each on a connection of its own.
LANES = 32

Job = TypeVar("Job")
Result = TypeVar("Result")


class Lanes:
    """Runs jobs side by side; the fewer, the more often the API server said 429."""

    def __init__(self) -> None:
        self.width = LANES
        self._narrowed = 0.0

    def narrow(self, began: float) -> None:
        """Halve the lanes, because a request was refused as one too many that ``began`` then (of the monotonic clock).

        Requests that were on their way together narrow them once.
        """
        if began >= self._narrowed:
            self._narrowed = time.monotonic()
            self.width = max(self.width // 2, 1)

    def run(
        self, jobs: Iterable[Job], work: Callable[[Job], Result], ended: Callable[[Job, Future[Result]], None]
    ) -> None:
        """Work on the jobs side by side.

        ``jobs`` are taken, one whenever a lane is free, and each is told as ``ended``, in this thread only.
        """
        left = iter(jobs)
        waiting: dict[Future[Result], Job] = {}
        with ThreadPoolExecutor(LANES) as pool:
            while True:
                for job in itertools.islice(left, max(self.width - len(waiting), 0)):
                    try:
                        waiting[pool.submit(work, job)] = job
                    except RuntimeError:  # what is on its way ends; this job may have been left in the queue
                        raise ClusterError(said("no_threads")) from None
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    ended(waiting.pop(future), future)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether destinations can be pushed to: both legs of each, many side by side, each within its own time.

It speaks from where it runs, with the network, the proxies and the system's roots of that machine.
"""

from __future__ import annotations

import dataclasses
import functools
import queue
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._proof import verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM, SKOPEO, Client
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Session
from ansible_collections.epinio.registries.plugins.module_utils._proof.push import Push
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import Finding
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import Reading

TIMEOUT = 15.0
WORKERS = 16
#: What a destination may take beyond its time before it is given up: what it says itself is more to the point.
_GRACE = 0.5


@dataclasses.dataclass(frozen=True)
class Blocked:
    """A leg that does not get as far as the registry, in words for people."""

    message: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class Attempt:
    """What to check: a destination by its name, and each leg as it would go."""

    name: str
    chart: Upload | Blocked
    image: Upload | Blocked


def attempt_of(reading: Reading, keys: Mapping[str, bytes] | None = None) -> Attempt:
    """Return what to check of a secret that Epinio reads so; ``keys`` is the decoded data of its certificate secret.

    The chart leg trusts `tls.crt`, the image leg all keys: Epinio mounts the whole secret (export.go, createCopyJob).
    """
    legs: dict[str, Upload | Blocked] = {}
    for name, seen in (("chart", reading.chart), ("image", reading.image)):
        problem = next((one for one in reading.problems if one.leg == name), None)
        if problem and (not seen.ok or problem.code == "registry_not_qualified"):
            legs[name] = Blocked(problem.message, problem.remedy)
            continue
        complete = (seen.username and seen.password) or seen.identity_token
        credentials = Credentials(seen.username, seen.password, seen.identity_token) if complete else None
        bundle = None if keys is None else keys.get("tls.crt", b"") if name == "chart" else b"\n".join(keys.values())
        legs[name] = Upload((seen.target or "").rpartition("/")[0], credentials, bundle)
    return Attempt(reading.name, legs["chart"], legs["image"])


def check(
    attempts: Sequence[Attempt],
    *,
    timeout: float = TIMEOUT,
    total_timeout: float | None = None,
    workers: int = WORKERS,
    allow_http: bool = False,
    session: Session | None = None,
) -> list[dict[str, Any]]:
    """Return what is known of each destination, in their order.

    Each entry: `name`, `verdict` (the worst of both legs), `legs` (`chart` and `image`, each with `verdict`,
    `message`, `remedy`) and `duration` in seconds. ``timeout`` is for one destination with all its requests,
    ``total_timeout`` for the call, both in seconds. ``workers`` destinations are checked at a time. ``allow_http``
    goes on over plain HTTP where the Helm of Epinio before 1.14.1 would. ``session`` is that of an earlier call whose
    logins hold for this one too.
    """
    session = session or Session(allow_http=allow_http)
    trusts = functools.lru_cache(maxsize=None)(trust)
    end = float("inf") if total_timeout is None else time.monotonic() + total_timeout
    checks = [_Check(attempt, session, trusts, timeout) for attempt in attempts]
    waiting = deque(checks)
    running: set[_Check] = set()
    finished: queue.SimpleQueue[_Check] = queue.SimpleQueue()
    while running or (waiting and time.monotonic() < end):
        while waiting and len(running) < workers and time.monotonic() < end:
            running.add(waiting.popleft().start(end, finished))
        patience = min((one.until for one in running), default=0.0) - time.monotonic()
        try:
            running.discard(finished.get(timeout=max(patience, 0)))
        except queue.Empty:
            running = {one for one in running if one.until > time.monotonic()}
    return [one.report() for one in checks]


class _Check:
    """One destination, checked in a thread that can be given up: resolving a name, for one, knows no time limit."""

    def __init__(
        self, attempt: Attempt, session: Session, trusts: Callable[..., ssl.SSLContext], timeout: float
    ) -> None:
        self._attempt = attempt
        self._session = session
        self._trusts = trusts
        self._timeout = timeout
        self._found: dict[str, Finding] = {}
        self._error: BaseException | None = None
        self._started = 0.0
        self._ended: float | None = None
        self.until = 0.0

    def start(self, end: float, finished: queue.SimpleQueue[_Check]) -> _Check:
        """Begin, with the time that is left until ``end`` at most; the check puts itself into ``finished``."""
        self._started = time.monotonic()
        deadline = Deadline(min(self._timeout, end - self._started))
        self.until = deadline.at + _GRACE
        threading.Thread(target=self._run, args=(deadline, finished), daemon=True).start()
        return self

    def report(self) -> dict[str, Any]:
        """Return what is known by now."""
        if self._error:
            raise self._error
        legs = dict(self._found)
        late = Finding.of("unreachable:given_up" if self._started else "inconclusive:not_checked")
        found = {leg: legs.get(leg, late) for leg in (HELM.leg, SKOPEO.leg)}
        return {
            "name": self._attempt.name,
            "verdict": verdicts.worst(finding.verdict for finding in found.values()),
            "legs": {leg: dataclasses.asdict(finding) for leg, finding in found.items()},
            "duration": round(self._duration(), 3),
        }

    def _duration(self) -> float:
        return (self._ended or time.monotonic()) - self._started if self._started else 0.0

    def _run(self, deadline: Deadline, finished: queue.SimpleQueue[_Check]) -> None:
        try:
            self._check(deadline)
        except BaseException as error:  # noqa: BLE001 - raised where the caller sees it
            self._error = error
        self._ended = time.monotonic()
        finished.put(self)

    def _check(self, deadline: Deadline) -> None:
        chart, image = self._attempt.chart, self._attempt.image
        peculiar = self._leg(HELM, chart, deadline)
        found = self._found[HELM.leg]
        if not peculiar and _is_same(chart, image, found):
            self._found[SKOPEO.leg] = found
        else:
            self._leg(SKOPEO, image, deadline)

    def _leg(self, client: Client, upload: Upload | Blocked, deadline: Deadline) -> bool:
        """Find out about one leg; return whether the other client may find something else on the same way."""
        if isinstance(upload, Blocked):
            self._found[client.leg] = Finding(verdicts.UNREACHABLE, upload.message, upload.remedy)
            return True
        try:
            tls = self._trusts(upload.bundle, system=client.keeps_roots or upload.bundle is None)
        except ValueError:
            self._found[client.leg] = Finding.of("untrusted:no_certificate")
            return True
        push = Push(client, upload, self._session, tls, deadline)
        self._found[client.leg] = push.run()
        return push.peculiar


def _is_same(chart: Upload | Blocked, image: Upload | Blocked, found: Finding) -> bool:
    """Tell whether what was found for the chart holds for the image too.

    The image leg trusts more (its bundle holds the chart's), so what was trusted once is trusted again.
    """
    if isinstance(chart, Blocked) or isinstance(image, Blocked):
        return False
    trusted = found.verdict not in {verdicts.UNREACHABLE, verdicts.UNTRUSTED} or chart.bundle is image.bundle is None
    return trusted and (chart.place, chart.credentials) == (image.place, image.credentials)

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
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils import _verdicts
from ansible_collections.epinio.registries.plugins.module_utils._http import Deadline, trust
from ansible_collections.epinio.registries.plugins.module_utils._push import (
    HELM,
    PROBE,
    SKOPEO,
    Client,
    Credentials,
    Push,
    Session,
)
from ansible_collections.epinio.registries.plugins.module_utils._verdicts import VERDICTS, Finding

__all__ = ["PROBE", "VERDICTS", "Credentials", "Target", "check"]

TIMEOUT = 15.0
WORKERS = 16
#: What a destination may take beyond its time before it is given up: its own word on what it waits for is the better
#: one.
_GRACE = 0.5


@dataclasses.dataclass(frozen=True)
class Target:
    """A destination as its two legs read it.

    ``registry`` is the key of the docker config (`host[:port][/path]`). ``chart`` and ``image`` are the credentials
    that the leg takes, None where it goes anonymous. ``bundle`` is `tls.crt` of the certificate secret, which Helm
    trusts *instead of* the system's roots. ``mounted`` is the PEM of all keys of that secret, which skopeo finds
    under /etc/ssl/certs: it trusts them *beside* the roots of its image, which lie elsewhere there too
    (quay.io/skopeo/stable, Epinio's default); left out, it is the bundle. ``blocked`` holds, by leg, a message and a
    remedy for a leg that Epinio itself does not let get to the registry.
    """

    name: str
    registry: str
    organization: str
    chart: Credentials | None
    image: Credentials | None
    bundle: bytes | None = None
    mounted: bytes | None = None
    blocked: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)


def check(
    targets: Sequence[Target],
    *,
    timeout: float = TIMEOUT,
    total_timeout: float | None = None,
    workers: int = WORKERS,
    allow_http: bool = False,
) -> list[dict[str, Any]]:
    """Return what is known of each destination, in their order.

    Each entry: `name`, `verdict` (the worst of both legs), `legs` (`chart` and `image`, each with `verdict`,
    `message`, `remedy`) and `duration` in seconds. ``timeout`` is for one destination with all its requests,
    ``total_timeout`` for the call, both in seconds. ``workers`` destinations are checked at a time. ``allow_http``
    sends a password in clear where Helm would.
    """
    session = Session(allow_http=allow_http)
    trusts = functools.lru_cache(maxsize=None)(trust)
    end = float("inf") if total_timeout is None else time.monotonic() + total_timeout
    checks = [_Check(target, session, trusts, timeout) for target in targets]
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

    def __init__(self, target: Target, session: Session, trusts: Callable[..., ssl.SSLContext], timeout: float) -> None:
        self._target = target
        self._session = session
        self._trusts = trusts
        self._timeout = timeout
        self._found: dict[str, Finding] = {}
        self._error: BaseException | None = None
        self._started = 0.0
        self._duration: float | None = None
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
        if not self._started:
            late, duration = _verdicts.not_checked(), 0.0
        else:
            late = _verdicts.given_up(self._target.registry)
            duration = time.monotonic() - self._started if self._duration is None else self._duration
        found = {leg: legs.get(leg, late.finding) for leg in (HELM.leg, SKOPEO.leg)}
        return {
            "name": self._target.name,
            "verdict": _verdicts.worst([finding.verdict for finding in found.values()]),
            "legs": {leg: dataclasses.asdict(finding) for leg, finding in found.items()},
            "duration": round(duration, 3),
        }

    def _run(self, deadline: Deadline, finished: queue.SimpleQueue[_Check]) -> None:
        try:
            self._check(deadline)
        except BaseException as error:  # noqa: BLE001 - raised where the caller sees it
            self._error = error
        self._duration = time.monotonic() - self._started
        finished.put(self)

    def _check(self, deadline: Deadline) -> None:
        target = self._target
        mounted = target.bundle if target.mounted is None else target.mounted
        peculiar = self._leg(HELM, target.chart, deadline, target.bundle, system=target.bundle is None)
        chart = self._found[HELM.leg]
        settled = mounted is None or chart.verdict not in {_verdicts.UNREACHABLE, _verdicts.UNTRUSTED}
        if settled and not peculiar and target.chart == target.image and SKOPEO.leg not in target.blocked:
            self._found[SKOPEO.leg] = chart
        else:
            self._leg(SKOPEO, target.image, deadline, mounted, system=True)

    def _leg(
        self, client: Client, credentials: Credentials | None, deadline: Deadline, bundle: bytes | None, *, system: bool
    ) -> bool:
        """Find out about one leg; return whether the other client may find something else on the same way."""
        target = self._target
        if client.leg in target.blocked:
            self._found[client.leg] = Finding(_verdicts.UNREACHABLE, *target.blocked[client.leg])
            return True
        try:
            tls = self._trusts(bundle, system=system)
        except ValueError:
            self._found[client.leg] = _verdicts.no_certificate().finding
            return True
        push = Push(
            client,
            self._session,
            registry=target.registry,
            organization=target.organization,
            credentials=credentials,
            tls=tls,
            bundle=bundle is not None,
            deadline=deadline,
        )
        self._found[client.leg] = push.run()
        return push.peculiar

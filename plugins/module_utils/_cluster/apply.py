# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the changes: phase after phase, those of one phase side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol
from urllib.parse import quote

from ansible_collections.epinio.registries.plugins.module_utils._cluster import answers
from ansible_collections.epinio.registries.plugins.module_utils._cluster.api import Api
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError, Conflict
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import PHASES, Change
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret


class Notes(Protocol):
    """Who is told how the writes go."""

    def begun(self, change: Change) -> None:
        """Take note that a change is about to be written."""

    def done(self, change: Change, stored: Secret | None) -> None:
        """Take note that it was, and how the API server stored it; nothing is stored of what was deleted."""

    def failed(self, change: Change, error: ClusterError | Conflict) -> None:
        """Take note that it was not, or that nobody knows."""


def apply(api: Api, path: str, changes: Sequence[Change], notes: Notes) -> None:
    """Make the changes to the secrets at this ``path``.

    ``notes`` are taken from this thread only. The first failure stops what was not begun, waits for what was, and is
    raised.
    """
    for phase in PHASES:
        todo = [change for change in changes if change.phase == phase]
        if todo:
            _side_by_side(api, path, todo, notes)


def _side_by_side(api: Api, path: str, todo: Sequence[Change], notes: Notes) -> None:
    failures: list[BaseException] = []

    def begun() -> Iterator[Change]:
        for change in todo:
            if failures:
                return
            notes.begun(change)
            yield change

    def ended(change: Change, future: Future[Secret | None]) -> None:
        error = future.exception()
        if error is None:
            notes.done(change, future.result())
            return
        failures.append(error)
        if isinstance(error, (ClusterError, Conflict)):
            notes.failed(change, error)

    api.lanes.run(begun(), lambda change: _write(api, path, change), ended)
    if failures:
        raise _together(failures)


def _write(api: Api, path: str, change: Change) -> Secret | None:
    """Make one change, and return the secret as it is stored then."""

    def stands(answer: Mapping[str, Any]) -> bool:
        return answers.is_secret(answer, change.name)

    def gone(answer: Mapping[str, Any]) -> bool:
        return answers.is_status(answer, success=True) or stands(answer)

    one = f"{path}/{quote(change.name, safe='')}"
    if change.verb in ("delete", "recreate") and change.current is not None:
        metadata = change.current.metadata
        preconditions = {"uid": metadata.get("uid"), "resourceVersion": metadata.get("resourceVersion")}
        api.request("DELETE", one, gone, body={"preconditions": preconditions}, change=change)
    if change.desired is None:
        return None
    if change.verb == "replace":
        body = change.desired.body(api.namespace, change.current)
        return Secret.from_api(api.request("PUT", one, stands, body=body, change=change))
    body = change.desired.body(api.namespace, change.current, fresh=True)
    return Secret.from_api(api.request("POST", path, stands, body=body, change=change))


def _together(failures: Sequence[BaseException]) -> BaseException:
    """Return what several failures come to: conflicts are mended by another round, anything else ends the run."""
    conflicts = [failure for failure in failures if isinstance(failure, Conflict)]
    ends = [failure for failure in failures if not isinstance(failure, Conflict)]
    return ends[0] if ends else Conflict([change for conflict in conflicts for change in conflict.ours])

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did, over all its rounds, in the shape that a module returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import Cluster, ClusterError, Conflict
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import Change, Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._masking import masking
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

__all__ = ["Failure", "Outcome", "Report", "connection_warnings", "refused"]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run returns: the result of the module, and warnings for people."""

    result: Mapping[str, Any]
    warnings: Sequence[str]


#: Problems that the message spells out; the result has them all.
_SHOWN = 100


class Failure(Exception):
    """A run that failed: the text for ``msg``, and what else the result holds."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None, warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.result = result or {}
        self.warnings = warnings

    def without(self, secrets: Collection[str]) -> Failure:
        """Return the same failure with these secrets masked, wherever a foreign error or an option quotes one."""
        mask = masking(secrets)
        problems = [
            {**problem, **{key: mask(problem[key]) for key in ("name", "message", "remedy") if problem.get(key)}}
            for problem in self.result.get("problems", ())
        ]
        result = {**self.result, "problems": problems} if problems else self.result
        return Failure(mask(str(self)), result, [mask(warning) for warning in self.warnings])


class Report:
    """What was done, over all rounds of a run."""

    def __init__(self) -> None:
        self._done: dict[tuple[bool, str], Change] = {}
        self._begun: dict[tuple[bool, str], Change] = {}
        self._deleted: dict[tuple[bool, str], Change] = {}
        self._in_doubt: dict[tuple[bool, str], Change] = {}
        #: Certificate secrets that were removed, as they were then; and those of them that a destination names now.
        self._removed: dict[tuple[bool, str], Change] = {}
        self._lost: dict[tuple[bool, str], Change] = {}
        #: Whether a change was begun that one of another run may cross, and nobody has looked since.
        self.crossed = False

    def begun(self, change: Change) -> None:
        """Note that a change is about to be written."""
        self._begun[change.key] = change
        self.crossed |= change.crosses

    def done(self, change: Change) -> None:
        """Note that a change was written (or, in check mode, would be)."""
        key = change.key
        self._begun.pop(key, None)
        if change.action is None:
            self._deleted[key] = change
            return
        if change.action == "created" and key in self._removed:  # it is back as it was
            for noted in (self._removed, self._lost, self._done):
                noted.pop(key, None)
            return
        if change.action == "removed":
            self._deleted.pop(key, None)
            if not change.is_destination:
                self._removed[key] = change
        earlier = self._done.get(key)
        if earlier is not None:
            change = dataclasses.replace(
                change,
                action="created" if earlier.action == "created" and change.action == "changed" else change.action,
                fields=tuple(dict.fromkeys((*earlier.fields, *change.fields))),
                current=earlier.current,
            )
        elif change.action == "created" and key in self._deleted:
            deleted = self._deleted[key]
            fields = deleted.fields or ("recreated",)
            change = dataclasses.replace(change, action="changed", fields=fields, current=deleted.current)
        self._done[key] = change

    def removed_certificates(self) -> list[Change]:
        """Return the changes that removed certificate secrets, or may have, and that nothing has undone."""
        doubtful = {**self._begun, **self._in_doubt}
        removals = {key: one for key, one in doubtful.items() if one.verb == "delete" and not one.is_destination}
        return list({**removals, **self._removed}.values())

    def lost(self, changes: Iterable[Change]) -> None:
        """Note the certificate secrets that have to come back, because a destination names them now."""
        self._lost = {change.key: change for change in changes}
        self._removed = {**self._lost, **self._removed}

    def failed(self, change: Change, error: ClusterError | Conflict) -> None:
        """Note that a change was not written, or that nobody knows."""
        if error.deleted or change.key in self._deleted:
            self._deleted[change.key] = change
        if error.refused:
            self._begun.pop(change.key)

    def conflict(self, conflict: Conflict) -> None:
        """Note that something else was faster; what was begun is planned anew."""
        self._begun.clear()
        self._in_doubt = {change.key: change for change in conflict.ours}

    def settle(self, plan: Plan, observed: Observed) -> None:
        """Count what was begun as done where the next plan finds nothing left to do.

        That is a write whose answer was lost; and what was deleted here and created again by somebody else.
        """
        pending = {change.key: change for change in plan.changes}
        for key, change in self._in_doubt.items():
            if key not in pending and not (change.verb == "delete" and observed.holds(change.name)):
                self.done(change)
        self._in_doubt.clear()
        for key, change in pending.items():
            if change.current is not None:  # it stands there: it was not deleted, or somebody else made it
                self._deleted.pop(key, None)
        for key, change in self._deleted.items():
            if key not in pending and key not in self._done:
                self._done[key] = dataclasses.replace(change, action="changed", fields=change.fields or ("recreated",))

    def result(self, plan: Plan, diff: bool) -> dict[str, Any]:
        """Return the whole result of a run that ended well."""
        entries = {
            "destinations": [self._entry(True, name) for name in plan.destinations],
            "certificates": [self._entry(False, name) for name in plan.certificates],
        }
        known = {(kind == "destinations", entry["name"]) for kind, listed in entries.items() for entry in listed}
        for destination, name in self._done:
            if (destination, name) not in known:
                entries["destinations" if destination else "certificates"].append(self._entry(destination, name))
        counts = dict.fromkeys(("created", "changed", "removed", "kept"), 0)
        for entry in (*entries["destinations"], *entries["certificates"]):
            counts[entry["action"]] += 1
        for entry in entries["destinations"]:
            entry["certificate_secret"] = plan.certificate_secrets.get(entry["name"])
        result: dict[str, Any] = {"changed": bool(self._done), **entries, "counts": counts}
        if diff:
            result["diff"] = self._diff()
        return result

    def partial(self) -> dict[str, Any]:
        """Return what was done before a failure."""
        missing = self._missing()
        if not self._done and not missing:
            return {"changed": False}
        entries: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for destination, name in self._done:
            entries[destination].append(self._entry(destination, name))
        for destination, name in missing:
            entries[destination].append({"name": name, "action": "removed", "fields": []})
        return {"changed": True, "destinations": entries[True], "certificates": entries[False]}

    def so_far(self) -> str:
        """Return a sentence on what was done and what may have been."""
        doubt = sorted({name for _kind, name in (*self._begun, *self._in_doubt)})
        missing = [name for _kind, name in self._missing()]
        sentences = []
        if self._done:
            sentences.append(f" {len(self._done)} of the changes were made before; a second run makes the rest.")
        if missing:
            more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
            names = f"{', '.join(missing[:10])}{more}"
            sentences.append(f" These secrets were deleted, and are missing until a second run creates them: {names}.")
        if self._lost:
            names = ", ".join(change.name for change in self._lost.values())
            sentences.append(
                f" These certificate secrets were removed while destinations began to name them, and could not be "
                f"brought back: {names}. Create them again."
            )
        if doubt:  # no more than are written side by side
            sentences.append(f" It is not known whether these were written: {', '.join(doubt)}.")
        return "".join(sentences)

    def _missing(self) -> list[tuple[bool, str]]:
        """Return what was deleted to be created again, and has not come back."""
        return sorted(self._deleted.keys() - self._done.keys() - self._begun.keys() - self._in_doubt.keys())

    def _entry(self, destination: bool, name: str) -> dict[str, Any]:
        change = self._done.get((destination, name))
        if change is None:
            return {"name": name, "action": "kept", "fields": []}
        return {"name": name, "action": change.action, "fields": list(change.fields)}

    def _diff(self) -> dict[str, Any]:
        before: dict[str, Any] = {"destinations": {}, "certificates": {}}
        after: dict[str, Any] = {"destinations": {}, "certificates": {}}
        for (destination, name), change in sorted(self._done.items()):
            kind = "destinations" if destination else "certificates"
            old, new = change.diff()
            if old:
                before[kind][name] = old
            if new:
                after[kind][name] = new
        return {"before": before, "after": after}


def refused(
    problems: Sequence[Problem], warnings: Sequence[Problem], report: Report | None = None, *, done: str = "written"
) -> Failure:
    """Return the failure of a run that was not allowed to go on, with every problem."""
    lines = "\n".join(f"- {problem}" for problem in problems[:_SHOWN])
    if len(problems) > _SHOWN:
        lines += f"\n- and {len(problems) - _SHOWN} more, in problems"
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    more = "" if report is None or not report.partial()["changed"] else "more "
    return Failure(
        f"Nothing {more}was {done}: {count}.\n{lines}{report.so_far() if report else ''}",
        {
            **(report.partial() if report else {"changed": False}),
            "problems": [problem.as_option_problem() for problem in problems],
        },
        [str(warning) for warning in warnings],
    )


def connection_warnings(cluster: Cluster) -> list[str]:
    """Return what is to be said of the connection itself."""
    if cluster.verified:
        return []
    return [
        "The certificate of the API server is not verified (validate_certs): passwords may go to anyone on the way."
    ]

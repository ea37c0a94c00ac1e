# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape that comes back: the result of a run that ended well, and the failure of one that did not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import Cluster, ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Plan
from ansible_collections.epinio.registries.plugins.module_utils._problems import Masked, Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.plugins.module_utils._runs.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._runs.ledger import Ledger

#: Problems that the message spells out; the result has them all.
_SHOWN = 100
#: Names that a sentence spells out.
_NAMED = 10


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run returns: the result of the module, and warnings for people."""

    result: Mapping[str, Any]
    warnings: Sequence[str]


class Failure(Exception):
    """A run that failed: the text for ``msg``, and what else the result holds."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None, warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.result = result or {}
        self.warnings = warnings


def refused(
    problems: Sequence[Problem],
    warnings: Sequence[Problem],
    ledger: Ledger | None = None,
    *,
    mask: Masked = str,
    done: str = "written",
) -> Failure:
    """Return the failure of a run that was not allowed to go on, with every problem.

    ``mask``: takes the secrets of the run out of what the problems quote.
    """
    problems, warnings = ([one.masked(mask) for one in said] for said in (problems, warnings))
    lines = "\n".join(f"- {problem}" for problem in problems[:_SHOWN])
    if len(problems) > _SHOWN:
        lines += f"\n- and {len(problems) - _SHOWN} more, in problems"
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    result = {"changed": False} if ledger is None else partial(ledger)
    more = "more " if result["changed"] else ""
    return Failure(
        f"Nothing {more}was {done}: {count}.\n{lines}{so_far(ledger, lasting=True) if ledger else ''}",
        {**result, "problems": [problem.as_option_problem() for problem in problems]},
        [*map(str, warnings), *(ledger.warnings if ledger else ())],
    )


def require(names: Sequence[str], there: Sequence[Secret], namespace: str, *, mask: Masked, done: str) -> None:
    """Raise Failure where a destination that is named is not there."""
    problems = missing(names, there, namespace)
    if problems:
        raise refused(problems, (), mask=mask, done=done)


def missing(names: Sequence[str], there: Sequence[Secret], namespace: str) -> list[Problem]:
    """Return a problem for each of the names that no destination has."""
    return [
        CATALOGUE.problem("destination_missing", option="names", name=name, wanted=name, namespace=namespace)
        for name in sorted({*names} - {secret.name for secret in there})
    ]


def broken(error: Exception, ledger: Ledger, warnings: Sequence[str]) -> Failure:
    """Return the failure of a run that something broke, with what it had done by then."""
    lasting = isinstance(error, ClusterError) and error.lasting
    return Failure(f"{error}{so_far(ledger, lasting=lasting)}", partial(ledger), [*warnings, *ledger.warnings])


def complete(ledger: Ledger, plan: Plan, *, diff: bool) -> dict[str, Any]:
    """Return the whole result of a run that ended well."""
    entries = {
        "destinations": [_entry(ledger, True, name) for name in plan.destinations],
        "certificates": [_entry(ledger, False, name) for name in plan.certificates],
    }
    known = {(kind == "destinations", entry["name"]) for kind, listed in entries.items() for entry in listed}
    for destination, name in ledger.changes:
        if (destination, name) not in known:
            entries["destinations" if destination else "certificates"].append(_entry(ledger, destination, name))
    counts = dict.fromkeys(("created", "changed", "removed", "kept"), 0)
    for entry in (*entries["destinations"], *entries["certificates"]):
        counts[entry["action"]] += 1
    for entry in entries["destinations"]:
        entry["certificate_secret"] = plan.certificate_secrets.get(entry["name"])
    result: dict[str, Any] = {"changed": bool(ledger.changes), **entries, "counts": counts}
    if diff:
        result["diff"] = _diff(ledger)
    return result


def partial(ledger: Ledger) -> dict[str, Any]:
    """Return what was done before a failure."""
    if not ledger.changes and not ledger.missing:
        return {"changed": False}
    entries: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for destination, name in ledger.changes:
        entries[destination].append(_entry(ledger, destination, name))
    for destination, name in ledger.missing:
        entries[destination].append({"name": name, "action": "removed", "fields": []})
    return {"changed": True, "destinations": entries[True], "certificates": entries[False]}


def so_far(ledger: Ledger, *, lasting: bool = False) -> str:
    """Return sentences on what was done, what may have been, and what is missing now.

    ``lasting``: whether a second run is refused the rest as well, unless something is mended first.
    """
    sentences = []
    if ledger.changes:
        rest = "once this is mended, a second run makes the rest" if lasting else "a second run makes the rest"
        sentences.append(f" {len(ledger.changes)} of the changes were made before; {rest}.")
    missing = [name for _kind, name in ledger.missing]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        names = f"{', '.join(missing[:_NAMED])}{more}"
        sentences.append(f" These secrets were deleted, and are missing until a second run creates them: {names}.")
    if ledger.names_lost:
        sentences.append(
            " These certificate secrets were removed while destinations began to name them, and could not be brought "
            f"back: {', '.join(ledger.names_lost)}. Create them again."
        )
    if ledger.names_in_doubt:
        sentences.append(f" It is not known whether these were written: {', '.join(ledger.names_in_doubt)}.")
    return "".join(sentences)


def connection_warnings(cluster: Cluster) -> list[str]:
    """Return what is to be said of the connection itself."""
    if cluster.verified:
        return []
    return [
        "The certificate of the API server is not verified (validate_certs): passwords may go to anyone on the way."
    ]


def _entry(ledger: Ledger, destination: bool, name: str) -> dict[str, Any]:
    change = ledger.changes.get((destination, name))
    if change is None:
        return {"name": name, "action": "kept", "fields": []}
    return {"name": name, "action": change.action, "fields": list(change.fields)}


def _diff(ledger: Ledger) -> dict[str, Any]:
    before: dict[str, Any] = {"destinations": {}, "certificates": {}}
    after: dict[str, Any] = {"destinations": {}, "certificates": {}}
    for (destination, name), change in sorted(ledger.changes.items()):
        kind = "destinations" if destination else "certificates"
        old, new = change.diff()
        if old:
            before[kind][name] = old
        if new:
            after[kind][name] = new
    return {"before": before, "after": after}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one flow of a run that writes: observe, plan, apply, and begin again where others write too."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import (
    Cluster,
    ClusterError,
    Conflict,
    connect,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import Parsed
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import lost_certificates
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._runs.ledger import Ledger
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import (
    Outcome,
    broken,
    complete,
    connection_warnings,
    refused,
)

#: How often a run plans again because something else changed a secret meanwhile.
_ROUNDS = 5


@dataclasses.dataclass(frozen=True)
class Run:
    """One run: what its options said, what it has to read, and what it makes of that."""

    parsed: Parsed[Any]
    observe: Callable[[Cluster], Observed]
    plan: Callable[[Observed], Plan]
    #: What is said in the end beside what was written. Raises Failure where that is none of a success.
    finish: Callable[[Outcome], Outcome] = lambda outcome: outcome


def write(run: Run, params: Mapping[str, Any], mask: Mask, *, check_mode: bool, diff: bool) -> Outcome:
    """Walk the whole flow, and say what was done, or what the problems are. Raises Failure."""
    if run.parsed.problems:
        raise refused(run.parsed.problems, run.parsed.warnings, mask=mask)
    ledger = Ledger()
    warnings = [str(warning) for warning in run.parsed.warnings]
    with connect(params, mask) as cluster:
        try:
            planned = _converge(run, cluster, ledger, check_mode=check_mode)
        except ClusterError as error:
            raise broken(error, ledger, warnings) from None
        if planned.problems:
            raise refused(planned.problems, planned.warnings, ledger, mask=mask)
        warnings += [*map(str, planned.warnings), *ledger.warnings]
        return run.finish(Outcome(complete(ledger, planned, diff=diff), warnings + connection_warnings(cluster)))


def _converge(run: Run, cluster: Cluster, ledger: Ledger, *, check_mode: bool) -> Plan:
    """Return the plan that was carried out at last, or what it has against it."""
    planned = Plan()
    try:
        for _round in range(_ROUNDS):
            try:
                observed = run.observe(cluster)
                planned = run.plan(observed)
                if planned.problems:
                    return planned
                ledger.settle(planned, observed)
                if check_mode:
                    for change in planned.changes:
                        ledger.done(change)
                    return planned
                cluster.apply(planned.changes, ledger)
                if ledger.must_look_again:
                    _look_again(cluster, planned, ledger)
                return planned
            except Conflict as conflict:
                ledger.conflict(conflict)
    finally:
        if ledger.must_look_again and ledger.removed_certificates():
            with contextlib.suppress(ClusterError, Conflict):  # the run has failed; no later one can bring them back
                _look_again(cluster, planned, ledger)
    raise ClusterError(
        f"Something else kept changing secrets while they were written ({_ROUNDS} attempts). Run again when it is done."
    )


def _look_again(cluster: Cluster, planned: Plan, ledger: Ledger) -> None:
    """Raise Conflict where a run beside this one removed a certificate named here, or names one removed here.

    The latter is brought back. Both runs look after they have written, so that at least the later one finds out.
    """
    removed = ledger.removed_certificates()
    named = {name: secret for name, secret in planned.certificate_secrets.items() if secret is not None}
    observed = cluster.observe(wanted={*named, *named.values(), *(change.name for change in removed)})
    lost = lost_certificates(removed, observed)
    ledger.lost(lost)
    cluster.apply(lost, ledger)
    if lost or observed.dangling(named):
        raise Conflict([])
    ledger.looked()

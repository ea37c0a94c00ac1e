# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of C(export_registry_password): test the new password at each destination, and write it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.epinio.registries.plugins.module_utils._desired import rotation
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.rotation import Candidate
from ansible_collections.epinio.registries.plugins.module_utils._proof import proof, verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Session
from ansible_collections.epinio.registries.plugins.module_utils._runs import check
from ansible_collections.epinio.registries.plugins.module_utils._runs.converge import Run
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure, Outcome, missing

UNUSABLE = "unusable"


def run(params: Mapping[str, Any]) -> Run:
    """Return the run: a destination that refuses the password keeps the old one, and fails the run at its end."""
    parsed = rotation.parse_rotation(params)
    [asked] = parsed.items
    trial = _Trial(params)

    def observe(cluster: Cluster) -> Observed:
        return cluster.observe_destinations(asked.names)

    def plan(observed: Observed) -> Plan:
        absent = missing(asked.names or (), observed.destinations(asked.names), params["namespace"])
        if absent:
            return Plan(absent)
        found = rotation.candidates(asked, observed)
        trial.hold(found, observed)
        return rotation.plan_rotation(asked, found, trial.refused)

    return Run(parsed, observe, plan, trial.finish)


class _Trial:
    """Which destinations refuse the password, over all rounds of a run: what was tried once is not tried again."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.refused: dict[str, dict[str, Any]] = {}
        self._found = 0
        self._proves = params["verify"] == "before"
        self._timeout = params["timeout"]
        self._session = Session(allow_http=False)
        self._known: dict[proof.Attempt, dict[str, Any]] = {}

    def hold(self, found: Sequence[Candidate], observed: Observed) -> None:
        """Find out which of the destinations found refuse it."""
        self._found = len(found)
        self.refused = {one.secret.name: _unusable(one) for one in found if one.desired is None}
        if not self._proves:
            return
        attempts = [
            check.attempt_on(one.desired.written(one.secret), observed.secrets.get)
            for one in found
            if one.desired is not None and not one.stands
        ]
        fresh = [one for one in attempts if one not in self._known]
        self._known.update(zip(fresh, proof.check(fresh, timeout=self._timeout, session=self._session)))
        for attempt in attempts:
            checked = self._known[attempt]
            if checked["verdict"] != verdicts.OK:
                self.refused[attempt.name] = _denied(checked)

    def finish(self, outcome: Outcome) -> Outcome:
        """Add what was refused to the result. Raises Failure where something was."""
        refused = [entry for _name, entry in sorted(self.refused.items())]
        result = {**outcome.result, "refused": refused}
        if refused:
            first = f"{len(refused)} of {self._found} destinations keep their old password."
            lines = [f"- {one['name']}: {one['message']} {one['remedy']}".rstrip() for one in refused]
            raise Failure("\n".join([first, *lines]), result, outcome.warnings)
        return Outcome(result, outcome.warnings)


def _unusable(one: Candidate) -> dict[str, Any]:
    """Return the entry of a destination that has to be repaired first."""
    problems = [problem.as_leg_problem() for problem in one.before.problems]
    first = problems[0]
    said = {"message": first["message"], "remedy": first["remedy"]}
    return {"name": one.secret.name, "verdict": UNUSABLE, **said, "legs": {}, "problems": problems}


def _denied(checked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a destination that the registry does not let push; what stopped its worst leg goes first."""
    worst = next(leg for leg in checked["legs"].values() if leg["verdict"] == checked["verdict"])
    return {
        "name": checked["name"],
        "verdict": checked["verdict"],
        "message": worst["message"],
        "remedy": worst["remedy"],
        "legs": checked["legs"],
        "problems": [],
    }

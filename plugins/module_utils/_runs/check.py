# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(export_registry_check) returns: whether each destination can be pushed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import connect
from ansible_collections.epinio.registries.plugins.module_utils._desired import secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._proof import proof, verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Upload
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import SHARED_CERTIFICATE, Secret
from ansible_collections.epinio.registries.plugins.module_utils._runs.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import (
    Failure,
    Outcome,
    connection_warnings,
    refused,
    require,
)


def run(params: Mapping[str, Any], mask: Mask) -> Outcome:
    """Log in to each destination and ask for an upload; nothing is left behind, in check mode as otherwise."""
    attempts, warnings = _of_list(params, mask) if params.get("destinations") is not None else _of_cluster(params, mask)
    checked = proof.check(
        attempts,
        timeout=params["timeout"],
        total_timeout=params.get("total_timeout"),
        allow_http=params["allow_http"],
    )
    warnings += _mixture(attempts)
    result = {"changed": False, "destinations": checked}
    failed = [one for one in checked if one["verdict"] in params["fail_on"]]
    if failed:
        raise Failure(_sentences(failed, len(checked)), result, warnings)
    return Outcome(result, warnings)


def _of_list(params: Mapping[str, Any], mask: Mask) -> tuple[list[proof.Attempt], list[str]]:
    """Return the destinations of the list, as they are after it is written. The cluster is asked only if needed."""
    parsed = parse_destinations(params["destinations"], many=True)
    if parsed.problems:
        raise refused(parsed.problems, parsed.warnings, mask=mask, done="checked")
    warnings = [str(warning) for warning in parsed.warnings]
    items = [item for item in parsed.items if item.present]
    inline = {
        item.certificate_secret: secrets.certificate(item, SHARED_CERTIFICATE).written()
        for item in items
        if item.certificate is not None
    }
    named = {item.certificate_secret for item in items if item.certificate_secret} - inline.keys()
    keeping = [item.name for item in items if item.keep_password]
    observed = Observed({})
    if named or keeping:
        with connect(params, mask) as cluster:
            observed = cluster.observe(wanted=keeping, content=[name for name in named if name])
            warnings += connection_warnings(cluster)

    def certificate(name: str) -> Secret | None:
        return inline.get(name) or observed.secrets.get(name)

    attempts: list[proof.Attempt] = []
    problems: list[Problem] = []
    for item in items:
        password, problem = secrets.standing_password(item, observed.secrets.get(item.name))
        if problem is not None:
            problems.append(problem)
        else:
            attempts.append(attempt_on(secrets.authentication(item, password).written(), certificate))
    if problems:
        raise refused(problems, parsed.warnings, mask=mask, done="checked")
    return attempts, warnings


def _of_cluster(params: Mapping[str, Any], mask: Mask) -> tuple[list[proof.Attempt], list[str]]:
    """Return the destinations of the cluster, all or those named."""
    names = params.get("names")
    with connect(params, mask) as cluster:
        observed = cluster.observe_destinations(names)
        warnings = connection_warnings(cluster)
    shown = observed.destinations(names)
    require(names or (), shown, params["namespace"], mask=mask, done="checked")
    return [attempt_on(secret, observed.secrets.get) for secret in shown], warnings


def attempt_on(secret: Secret, certificate: Callable[[str], Secret | None]) -> proof.Attempt:
    """Return what to check of a secret, by what Epinio makes of it."""
    reading = epinio.read(secret, certificate)
    beside = certificate(reading.certificate_secret) if reading.certificate_secret else None
    return proof.attempt_of(reading, None if beside is None else beside.data)


def _mixture(attempts: Sequence[proof.Attempt]) -> list[str]:
    """Warn of destinations with a certificate beside others without (Epinio's internal/helm/helm.go keeps a client)."""
    charts = {attempt.name: attempt.chart for attempt in attempts if isinstance(attempt.chart, Upload)}
    certified = next((name for name, chart in charts.items() if chart.bundle is not None), None)
    plain = next((name for name, chart in charts.items() if chart.bundle is None), None)
    if certified is None or plain is None:
        return []
    problem = CATALOGUE.problem("certificates_mixed", certified=certified, plain=plain)
    return [str(problem)]


def _sentences(failed: Sequence[Mapping[str, Any]], total: int) -> str:
    """Return the text of a failure: each destination, and what stopped each of its pushes."""
    lines = [f"{len(failed)} of {total} destinations cannot be pushed to."]
    for one in failed:
        legs = {
            leg: f"{found['message']} {found['remedy']}".strip()
            for leg, found in one["legs"].items()
            if found["verdict"] != verdicts.OK
        }
        if len(legs) == 2 and len(set(legs.values())) == 1:
            legs = {"chart and image": next(iter(legs.values()))}
        lines += [f"- {one['name']}, {leg} push: {said}" for leg, said in legs.items()]
    return "\n".join(lines)

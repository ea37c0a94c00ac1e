# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(export_registry_check) returns: whether each destination can be pushed to."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination as _destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired import secrets as _secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import Destination
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import Observed
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._proof import proof, verdicts
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._runs.report import (
    Failure,
    Outcome,
    connection_warnings,
    refused,
)

__all__ = ["run"]

_Data = Mapping[str, str]


def run(params: Mapping[str, Any], _check_mode: bool, _diff: bool) -> Outcome:
    """Log in to each destination and ask for an upload; nothing is left behind, in check mode as otherwise."""
    attempts, warnings = _of_list(params) if params.get("destinations") is not None else _of_cluster(params)
    checked = proof.check(
        attempts,
        timeout=params["timeout"],
        total_timeout=params.get("total_timeout"),
        allow_http=params["allow_http"],
    )
    result = {"changed": False, "destinations": checked}
    failed = [one for one in checked if one["verdict"] in params["fail_on"]]
    if failed:
        raise Failure(_sentences(failed, len(checked)), result, warnings)
    return Outcome(result, warnings)


def _of_list(params: Mapping[str, Any]) -> tuple[list[proof.Attempt], list[str]]:
    """Return the destinations of the list, as they stand after it is written. The cluster is asked only if needed."""
    parsed = _destination.parse_destinations(params["destinations"], many=True)
    if parsed.problems:
        raise refused(parsed.problems, parsed.warnings, done="checked")
    warnings = [str(warning) for warning in parsed.warnings]
    items: list[Destination] = [item for item in parsed.items if item.present]
    inline = {item.certificate_secret: _data(item.certificate) for item in items if item.certificate is not None}
    named = {item.certificate_secret for item in items if item.certificate_secret} - inline.keys()
    keeping = [item.name for item in items if item.keep_password]
    observed = Observed({})
    if named or keeping:
        with _cluster.connect(params) as cluster:
            observed = cluster.observe(wanted=keeping, content=[name for name in named if name])
            warnings += connection_warnings(cluster)

    def certificate_data(name: str) -> _Data | None:
        return inline.get(name) or _data_of(observed, name)

    attempts: list[proof.Attempt] = []
    problems: list[Problem] = []
    for item in items:
        password, problem = _plan.standing_password(item, observed.secrets.get(item.name))
        if problem is not None:
            problems.append(problem)
        else:
            body = _secrets.authentication(item, password).body(params["namespace"], None)
            attempts.append(_attempt(body, certificate_data))
    if problems:
        raise refused(problems, parsed.warnings, done="checked")
    return attempts, warnings


def _of_cluster(params: Mapping[str, Any]) -> tuple[list[proof.Attempt], list[str]]:
    """Return the destinations of the cluster, all or those named, as they stand there."""
    names = params.get("names")
    with _cluster.connect(params) as cluster:
        observed = cluster.observe_destinations(names)
        warnings = connection_warnings(cluster)
    shown = observed.destinations(names)
    missing = sorted(set(names or ()) - {secret.name for secret in shown})
    if missing:
        raise refused(
            [
                Problem(
                    "destination_missing",
                    f"There is no destination {name!r} in the namespace {params['namespace']!r}.",
                    "Check the name, or create it first.",
                    name=name,
                    option="names",
                )
                for name in missing
            ],
            (),
            done="checked",
        )
    return [_attempt(secret.raw, lambda name: _data_of(observed, name)) for secret in shown], warnings


def _attempt(secret: Mapping[str, Any], certificate_data: Callable[[str], _Data | None]) -> proof.Attempt:
    """Return what to check of a secret, by what Epinio makes of it."""
    reading = _epinio.read(secret, certificate_data)
    data = certificate_data(reading.certificate_secret) if reading.certificate_secret else None
    beside = None if data is None else _secrets.Secret({"metadata": {"name": reading.certificate_secret}, "data": data})
    keys = None if beside is None else {key: beside.bytes(key) or b"" for key in beside.data}
    return proof.attempt_of(reading, keys)


def _data(pem: str) -> _Data:
    return {_epinio.TLS_CRT: base64.b64encode(pem.encode()).decode()}


def _data_of(observed: Observed, name: str) -> _Data | None:
    secret = observed.secrets.get(name)
    return None if secret is None else secret.data


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

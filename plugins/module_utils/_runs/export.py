# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(export_registries_file) writes: the list that makes what is there, and what cannot be in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._desired.inverse import Inverse, invert
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import confidential
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import connection_warnings, require


@dataclasses.dataclass(frozen=True)
class Exported:
    """The items with their passwords, for the file alone; ``facts`` and ``warnings`` are for the result."""

    items: Sequence[Mapping[str, Any]] = dataclasses.field(repr=False)
    facts: Mapping[str, Any]
    warnings: Sequence[str]


def read(params: Mapping[str, Any], mask: Mask) -> Exported:
    """Read the namespace, and return the list. Raises Failure and ClusterError; ``mask`` learns what is secret."""
    names = params.get("names")
    with connect(params, mask) as cluster:
        observed = cluster.observe_destinations(names)
        mask.learn(text for secret in observed.secrets.values() for text in confidential(secret))
        if params["include_unusable"]:
            observed = _with_misspelled(observed, cluster)
        warnings = connection_warnings(cluster)
    shown = observed.destinations(names)
    require(names or (), shown, params["namespace"], mask=mask, done="written")
    found = invert(shown, observed, include_unusable=params["include_unusable"])
    return Exported([one.item for one in found.written], _facts(found), warnings)


def _with_misspelled(observed: Observed, cluster: Cluster) -> Observed:
    """Read the certificate secrets, too, whose names have blanks or line ends around them where they are named."""
    named = {(secret.certificate_secret or "").strip() for secret in observed.destinations()}
    found = {name: cluster.read(name) for name in named - observed.secrets.keys() if name}
    there = {name: secret for name, secret in found.items() if secret is not None}
    return dataclasses.replace(observed, secrets={**observed.secrets, **there})


def _facts(found: Inverse) -> dict[str, Any]:
    return {
        "destinations": [one.name for one in found.written],
        "normalized": [
            {
                "name": one.name,
                "fields": [*one.fields],
                "options": [*one.options],
                "problems": [_problem(problem) for problem in one.problems],
            }
            for one in found.written
            if one.fields or one.options or one.problems
        ],
        "left_out": [
            {"name": name, "problems": [_problem(problem) for problem in problems]}
            for name, problems in found.left_out.items()
        ],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {key: getattr(problem, key) for key in ("code", "leg", "option", "message", "remedy")}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests of a list: what a plan for an empty namespace creates."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from ansible_collections.epinio.registries.plugins.module_utils._desired import plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change, Observed
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import Destination, Parsed
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import is_namespace_name

_EMPTY = Observed({})


@dataclasses.dataclass(frozen=True)
class Rendering:
    """Either ``problems``, or the secrets to write: certificates first, then destinations, each by name."""

    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    secrets: Sequence[Desired] = ()


def render(parsed: Parsed[Destination], *, namespace: str, allow_external: Collection[str] = ()) -> Rendering:
    """Return what the modules would write into an empty namespace; ``allow_external``: certificate secrets of others.

    What only a cluster knows is refused: a stored password, and a certificate secret that the list does not bring.
    """
    findings = Findings([*parsed.problems], [*parsed.warnings])
    if not is_namespace_name(namespace):
        findings.refuse(Place(), "name_invalid:namespace", value=namespace)
    present = [item for item in parsed.items if item.present]
    _refuse_what_is_elsewhere(present, allow_external, findings)
    if findings.problems:
        return Rendering(findings.problems, findings.warnings)
    planned = plan.plan_destinations(present, _EMPTY, check_mode=True)  # a name that is allowed is only warned of
    return Rendering(planned.problems, findings.warnings, [*map(_written, sorted(planned.changes, key=_order))])


def _refuse_what_is_elsewhere(
    present: Sequence[Destination], allow_external: Collection[str], findings: Findings
) -> None:
    brought = {item.certificate_secret for item in present if item.certificate is not None}
    for item in present:
        if item.keep_password:
            findings.refuse(item.place, "password_only_there")
        named = item.certificate_secret
        if named is not None and named not in brought and named not in allow_external:
            findings.refuse(item.place, "certificate_missing:rendered", secret=named)


def _order(change: Change) -> tuple[int, str]:
    return change.phase, change.name


def _written(change: Change) -> Desired:
    if change.desired is None:  # an empty namespace has nothing to remove
        raise AssertionError(change)
    return change.desired

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new password for a user at a registry: which destinations use it, and what each takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import (
    DESTINATIONS,
    Change,
    Observed,
    Plan,
    Verb,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.checks import Checks
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import Destination, Parsed
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.planner import object_to, refuse_deleted
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio, rewriting, spelling
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import Reading
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    DESTINATION,
    DOCKERCONFIG,
    MANAGED_LABEL,
    NAMESPACE_ANNOTATION,
    Secret,
)


@dataclasses.dataclass(frozen=True)
class Rotation:
    """Valid options of C(export_registry_password)."""

    registry: str
    username: str
    password: str = dataclasses.field(repr=False)
    names: Sequence[str] | None = None
    managed_only: bool = False
    recreate: bool = False


def parse_rotation(given: Mapping[str, Any]) -> Parsed[Rotation]:
    """Turn the options of C(export_registry_password) into one Rotation."""
    findings = Findings()
    checks = Checks(findings, Place())
    registry = checks.text(given, "registry", required=True)
    checks.target(registry, "")
    username, password = (checks.credential(given, option) for option in ("registry_username", "registry_password"))
    names, managed_only, recreate = (given.get(option) for option in ("names", "managed_only", "recreate"))
    rotation = Rotation(registry, username, password, names, bool(managed_only), bool(recreate))
    return Parsed([rotation], findings.problems, findings.warnings)


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A destination that uses the registry and the user: as stored, and with the new password where it may get one.

    ``before`` and ``after``: what Epinio makes of it; without ``desired``, it has to be repaired first.
    """

    secret: Secret
    before: Reading
    after: Reading | None = None
    desired: Desired | None = None

    @property
    def stands(self) -> bool:
        """Return whether the new password is there already."""
        return self.after is not None and _passwords(self.before) == _passwords(self.after)


def candidates(rotation: Rotation, observed: Observed) -> list[Candidate]:
    """Return the destinations that use the registry and the user, however these are spelled, in the order of names."""
    return [
        _candidate(rotation, secret, observed)
        for secret in observed.destinations(rotation.names)
        if _uses(rotation, secret) and (secret.managed == DESTINATION or not rotation.managed_only)
    ]


def _uses(rotation: Rotation, secret: Secret) -> bool:
    wanted = rotation.registry, rotation.username
    return any(
        (spelling.meant(key), username) == wanted
        for key, username in rewriting.holders(secret.data.get(DOCKERCONFIG, b""))
    )


def _candidate(rotation: Rotation, secret: Secret, observed: Observed) -> Candidate:
    before = epinio.read(secret, observed.secrets.get)
    if not before.usable:
        return Candidate(secret, before)
    config = rewriting.with_password(secret.data[DOCKERCONFIG], rotation.username, rotation.password)
    labels, annotations = ((API_EXPORT_LABEL, MANAGED_LABEL), (NAMESPACE_ANNOTATION,))
    desired = Desired(
        name=secret.name,
        kind=DESTINATION,
        data={**secret.data, DOCKERCONFIG: config},
        labels={key: secret.labels[key] for key in labels if key in secret.labels},
        annotations={key: secret.annotations[key] for key in annotations},
        registry=before.registry,
        organization=before.organization,
        username=rotation.username,
        password=rotation.password,
    )
    after = epinio.read(desired.written(secret), observed.secrets.get)
    if not after.usable or _passwords(after) != {rotation.password}:
        return Candidate(secret, after)
    return Candidate(secret, before, after, desired)


def _passwords(reading: Reading) -> set[str]:
    return {reading.chart.password, reading.image.password}


def plan_rotation(rotation: Rotation, found: Sequence[Candidate], spared: Collection[str]) -> Plan:
    """Return what writes the password to those found; ``spared`` are the names of those that keep the old one."""
    findings = Findings()
    if not found:
        findings.warn(Place(), "password_unused", registry=rotation.registry)
    changes: list[Change] = []
    for one in found:
        place = Place(None, one.secret.name)
        if (
            one.stands
            or one.desired is None
            or one.secret.name in spared
            or refuse_deleted(place, one.secret, findings)
        ):
            continue
        verb: Verb = "recreate" if one.secret.frozen else "replace"
        fields = ("registry_password",)
        change = Change(
            DESTINATIONS, verb, DESTINATION, one.secret.name, "changed", fields, None, one.secret, one.desired
        )
        object_to(change, Destination(None, one.secret.name), findings, recreate=rotation.recreate, in_use=())
        changes.append(change)
    named = {one.secret.name: one.secret.certificate_secret for one in found if one.secret.name not in spared}
    return Plan(findings.problems, findings.warnings, changes, named)

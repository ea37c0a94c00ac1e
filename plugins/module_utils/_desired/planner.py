# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One secret: the change that it needs, or why that is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import (
    CERTIFICATES,
    DESTINATIONS,
    Action,
    Change,
    Verb,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    Destination,
    SharedCertificate,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import (
    METADATA_FIELDS,
    Desired,
    differences,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.owners import owners
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import DESTINATION, Kind, Secret


def must_recreate(desired: Desired, current: Secret | None) -> bool:
    """Say whether Kubernetes refuses the update that makes the secret as desired."""
    return current is not None and current.frozen and not METADATA_FIELDS.issuperset(differences(desired, current))


def writing(desired: Desired, current: Secret | None, *, index: int | None, aside: bool = False) -> Change | None:
    """Return what makes one secret as desired, or None where it is; ``aside`` when an earlier phase deletes it."""
    fields = differences(desired, current) if current is not None else ()
    if current is not None and not fields and not aside:
        return None
    verb: Verb
    action: Action = "changed"
    if current is None:
        verb, action = "create", "created"
    elif aside:
        verb, fields = "create", fields or ("recreated",)
    else:
        verb = "recreate" if must_recreate(desired, current) else "replace"
    phase = DESTINATIONS if desired.kind == DESTINATION else CERTIFICATES
    return Change(phase, verb, desired.kind, desired.name, action, fields, index, current, desired)


def removal(secret: Secret, kind: Kind, *, phase: int, index: int | None = None, for_good: bool = True) -> Change:
    """Return what deletes a secret; not ``for_good`` where a later phase creates it again."""
    return Change(phase, "delete", kind, secret.name, "removed" if for_good else None, index=index, current=secret)


def refuse_deleted(place: Place, current: Secret, findings: Findings, *, option: str = "name") -> bool:
    """Refuse to count on a secret that somebody has deleted and that finalizers keep; return whether it is one."""
    since = current.deleted_since
    if since is not None:
        findings.refuse(
            place, "being_deleted", option=option, secret=current.name, since=since, finalizers=current.finalizers
        )
    return since is not None


def left_to_remove(removals: Iterable[Change], findings: Findings) -> Iterator[Change]:
    """Yield the removals that have not happened yet; say what finalizers keep there, and what others may bring back."""
    for change in removals:
        secret, place = change.current, Place(change.index, change.name)
        if secret is not None and secret.deleted_since is not None:
            warn_deleted(place, secret, findings)
            continue
        if secret is not None and change.action is not None:
            _warn_owned(place, secret, findings, "owned:removal")
            if secret.finalizers:
                findings.warn(place, "deletion_waits", secret=change.name, finalizers=secret.finalizers)
        yield change


def warn_deleted(place: Place, secret: Secret, findings: Findings) -> None:
    """Say of a secret that it is there although somebody has deleted it."""
    if secret.deleted_since is not None:
        since, finalizers = secret.deleted_since, secret.finalizers
        findings.warn(place, "deletion_waits:still", secret=secret.name, finalizers=finalizers, since=since)


def _warn_owned(
    place: Place, current: Secret, findings: Findings, case: Case = "owned", ours: Mapping[str, str] | None = None
) -> None:
    """Say who else writes a secret that is about to be changed or removed."""
    owner = owners(current, ours)
    if owner:
        findings.warn(place, case, secret=current.name, owner=owner)


def object_to(
    change: Change,
    item: Destination | SharedCertificate,
    findings: Findings,
    *,
    recreate: bool,
    in_use: Collection[str],
) -> None:
    """Note why a secret cannot be written.

    ``recreate``: the user allows to delete it for that. ``in_use``: certificate secrets that cannot go, which is said
    elsewhere.
    """
    desired, current = change.desired, change.current
    is_destination = change.is_destination
    case: Case
    if desired is not None and desired.too_large:
        case = "secret_too_large:destination" if is_destination else "secret_too_large:certificate"
        findings.refuse(item.place, case, secret=change.name)
    if current is not None:
        _warn_owned(item.place, current, findings, ours=desired.labels if desired is not None else None)
    if current is None or change.verb not in ("recreate", "create"):
        return
    if isinstance(item, Destination) and is_destination and item.keep_password:
        findings.refuse(item.place, "recreate_keeps_password", secret=change.name)
    elif change.verb == "recreate" and current.finalizers:
        findings.refuse(item.place, "finalizers", secret=change.name)
    elif change.verb == "recreate" and not recreate and change.name not in in_use:
        case = "immutable" if current.immutable else "immutable:type"
        findings.refuse(item.place, case, secret=change.name, fields=", ".join(change.fields))

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole list beside what is there: problems, or ordered changes. No I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from ansible_collections.epinio.registries.plugins.module_utils._desired import certificate_rules, secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.certificate_rules import Wanted
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import (
    ASIDE,
    CERTIFICATES,
    DESTINATIONS,
    LEFTOVERS,
    Change,
    Observed,
    Plan,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    Destination,
    SharedCertificate,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.planner import (
    left_to_remove,
    must_recreate,
    object_to,
    refuse_deleted,
    removal,
    writing,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    CERTS,
    DESTINATION,
    DESTINATION_CERTIFICATE,
    SHARED_CERTIFICATE,
    Secret,
)


def plan_destinations(
    items: Sequence[Destination],
    observed: Observed,
    *,
    prune: bool = False,
    prune_all: bool = False,
    prune_except: Collection[str] = (),
    check_mode: bool = False,
) -> Plan:
    """Compare a whole list of destinations with what is there."""
    findings = Findings()
    present = [item for item in items if item.present]
    if prune:
        _check_prune(observed, findings, something=bool(present or prune_all or prune_except))
    wanted = certificate_rules.wanted_certificates(present, observed, findings, check_mode=check_mode)
    desired = {item.name: one for item in present if (one := _desired(item, observed, findings)) is not None}
    gone = _removed(items, observed, prune_except if prune else None)
    recreate = {item.certificate_secret for item in present if item.recreate}
    aside, in_use = certificate_rules.stepping_aside(
        wanted, observed, findings, recreate=recreate, inside={*desired, *gone}
    )
    changes = [*left_to_remove(_removals(gone, aside, observed), findings)]
    for item, certificate in wanted.values():
        change = writing(certificate, observed.secrets.get(certificate.name), index=item.index)
        if change is not None:
            object_to(change, item, findings, recreate=certificate.name in recreate, in_use=in_use)
            changes.append(change)
    for item in present:
        if item.name in desired:
            changes += _destination(item, desired[item.name], observed, findings, wanted, aside=item.name in aside)
    leftovers = certificate_rules.leftovers(items, gone, wanted, observed, prune=prune)
    certificate_rules.warn_dropped(present, leftovers, observed, findings)
    if not observed.listed:
        certificate_rules.refuse_leftovers(leftovers, findings)
    unnamed = [removal(observed.secrets[name], DESTINATION_CERTIFICATE, phase=LEFTOVERS) for name in leftovers]
    changes += left_to_remove(unnamed, findings)
    named = {item.name: item.certificate_secret for item in items}
    return _plan(findings, changes, {**named, **dict.fromkeys(gone)}, [*wanted, *leftovers])


def plan_certificate(item: SharedCertificate, observed: Observed) -> Plan:
    """Compare one shared certificate secret with what is there."""
    findings = Findings()
    change = (_share if item.present else _unshare)(item, observed, findings)
    changes = [] if change is None else [change]
    return _plan(findings, changes if item.present else [*left_to_remove(changes, findings)], {}, [item.name])


def lost_certificates(removed: Collection[Change], observed: Observed) -> list[Change]:
    """Return what brings back those removed certificate secrets that a destination has begun to name meanwhile."""
    return [
        dataclasses.replace(
            change, phase=CERTIFICATES, verb="create", action="created", desired=secrets.as_it_was(change.current)
        )
        for change in removed
        if change.current is not None and change.name in observed.users and not observed.holds(change.name)
    ]


def _plan(
    findings: Findings, changes: Sequence[Change], named: Mapping[str, str | None], certificates: Sequence[str]
) -> Plan:
    ordered = sorted(changes, key=lambda change: change.phase)
    return Plan(findings.problems, findings.warnings, ordered, named, certificates)


def _check_prune(observed: Observed, findings: Findings, *, something: bool) -> None:
    """Refuse to prune without knowing everything, or everything without being told ``something``."""
    if not observed.listed:
        findings.refuse(Place(), "list_forbidden:prune")
    if not something:
        findings.refuse(Place(), "prune_everything")


def _desired(item: Destination, observed: Observed, findings: Findings) -> Desired | None:
    """Return the authentication secret that an item asks for, or refuse it, with the reason."""
    current = observed.secrets.get(item.name)
    if item.name in observed.unread or (current is not None and not current.is_destination):
        kind = current.managed if current is not None else None
        findings.refuse(item.place, "secret_taken:name" if kind else "secret_foreign:name", secret=item.name, kind=kind)
        return None
    if current is not None and refuse_deleted(item.place, current, findings):
        return None
    password, problem = secrets.standing_password(item, current)
    if problem is not None:
        findings.problems.append(problem)
        return None
    return secrets.authentication(item, password)


def _removed(
    items: Sequence[Destination], observed: Observed, prune_except: Collection[str] | None
) -> dict[str, int | None]:
    """Return the authentication secrets that go: those listed as absent, then those that prune, if any, finds."""
    stored = observed.secrets
    gone: dict[str, int | None] = {
        item.name: item.index
        for item in items
        if not item.present and item.name in stored and stored[item.name].is_destination
    }
    if prune_except is not None:
        listed = {*(item.name for item in items), *prune_except}
        pruned = sorted(name for name, one in stored.items() if one.managed == DESTINATION and name not in listed)
        gone.update(dict.fromkeys(pruned))
    return gone


def _removals(gone: Mapping[str, int | None], aside: Collection[str], observed: Observed) -> list[Change]:
    """Return what removes destinations: for a while, or for good."""
    for_a_while = [
        removal(observed.secrets[name], DESTINATION, phase=ASIDE, for_good=False) for name in sorted({*aside} - {*gone})
    ]
    return for_a_while + [
        removal(observed.secrets[name], DESTINATION, phase=ASIDE if name in aside else DESTINATIONS, index=index)
        for name, index in gone.items()
    ]


def _destination(
    item: Destination,
    desired: Desired,
    observed: Observed,
    findings: Findings,
    wanted: Mapping[str, Wanted],
    *,
    aside: bool,
) -> list[Change]:
    """Return the change that one destination takes, if any; refuse what it would come to."""
    current = observed.secrets.get(item.name)
    change = writing(desired, current, index=item.index, aside=aside)
    if change is None:
        return []
    object_to(change, item, findings, recreate=item.recreate, in_use=())
    if not findings.problems:
        _check_result(item, desired, observed, findings, wanted)
    return [change]


def _check_result(
    item: Destination, desired: Desired, observed: Observed, findings: Findings, wanted: Mapping[str, Wanted]
) -> None:
    """Refuse to write what Epinio would skip or fail on; the checks of options have nearly always said so before."""

    def certificate(name: str) -> Secret | None:
        return wanted[name].desired.written() if name in wanted else observed.secrets.get(name)

    written = desired.written(observed.secrets.get(desired.name))
    if written.certificate_secret and certificate(written.certificate_secret) is None:
        # It was reported before; in check mode an earlier task may still make it.
        written = dataclasses.replace(written, data={key: one for key, one in written.data.items() if key != CERTS})
    for problem in epinio.read(written, certificate).problems:
        findings.problems.append(problem.at(option="registry", leg=None, **vars(item.place)))


def _share(item: SharedCertificate, observed: Observed, findings: Findings) -> Change | None:
    """Return the change that a shared certificate secret needs."""
    desired = secrets.certificate(item, SHARED_CERTIFICATE)
    current = observed.secrets.get(item.name)
    if not certificate_rules.is_ours(item, desired, observed, findings, option="name"):
        return None
    in_use = must_recreate(desired, current) and certificate_rules.refuse_recreate(
        item, item.name, observed.users.get(item.name, ()), observed, findings
    )
    change = writing(desired, current, index=None)
    if change is not None:
        object_to(change, item, findings, recreate=item.recreate, in_use=[item.name] if in_use else ())
    return change


def _unshare(item: SharedCertificate, observed: Observed, findings: Findings) -> Change | None:
    """Return what removes a certificate secret of ours that no destination names."""
    current = observed.secrets.get(item.name)
    unlabelled = item.name in observed.unread
    if unlabelled or (current is not None and current.managed not in (SHARED_CERTIFICATE, DESTINATION_CERTIFICATE)):
        findings.refuse(item.place, "secret_foreign:absent", secret=item.name)
        return None
    if current is None:
        return None
    users = observed.users.get(item.name, ())
    if not observed.listed:
        findings.refuse(item.place, "list_forbidden:absent")
    elif users:
        findings.refuse(item.place, "certificate_in_use:absent", users=certificate_rules.enumerated(users))
    return removal(current, SHARED_CERTIFICATE, phase=LEFTOVERS)

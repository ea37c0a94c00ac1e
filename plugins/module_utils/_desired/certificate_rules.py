# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for certificate secrets: whose they are, who names them, which may go (rules 4, 5 and 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.epinio.registries.plugins.module_utils._desired import secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    Destination,
    SharedCertificate,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.planner import (
    must_recreate,
    refuse_deleted,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    DESTINATION_CERTIFICATE,
    SHARED_CERTIFICATE,
    TLS_CRT,
)


class Wanted(NamedTuple):
    """A certificate secret that the list brings along, and the first item that does."""

    item: Destination
    desired: Desired


def wanted_certificates(
    present: Sequence[Destination], observed: Observed, findings: Findings, *, check_mode: bool
) -> dict[str, Wanted]:
    """Return the certificate secrets that the list brings, and check those that it only names."""
    wanted: dict[str, Wanted] = {}
    brought = Counter(item.certificate_secret for item in present if item.certificate is not None)
    for item in present:
        name = item.certificate_secret
        if item.certificate is not None and name is not None and name not in wanted:
            desired = _certificate_of(item, name, observed, alone=brought[name] == 1)
            if is_ours(item, desired, observed, findings, option="certificate_secret"):
                wanted[name] = Wanted(item, desired)
    for item in present:
        name = item.certificate_secret
        if name is not None and item.certificate is None and name not in wanted:
            _check_named(item, name, observed, findings, check_mode=check_mode)
    return wanted


def _certificate_of(item: Destination, name: str, observed: Observed, *, alone: bool) -> Desired:
    """Return the certificate secret of an inline certificate; a shared one stays a shared one.

    Where the item brings it ``alone`` and no other destination names it, its labels and annotations are the item's.
    """
    current = observed.secrets.get(name)
    shared = current is not None and current.managed == SHARED_CERTIFICATE
    only = observed.listed and not shared and {*observed.users.get(name, ())} <= {item.name}
    own = name == item.own_certificate_secret or (alone and only)
    kind = SHARED_CERTIFICATE if shared else DESTINATION_CERTIFICATE
    return secrets.certificate(item, kind, beside=None if own else current)


def is_ours(
    item: Destination | SharedCertificate, desired: Desired, observed: Observed, findings: Findings, *, option: str
) -> bool:
    """Refuse to write over a certificate secret that is not ours (rule 5)."""
    current = observed.secrets.get(desired.name)
    if current is None:
        return True
    if current.is_destination:
        findings.refuse(item.place, "secret_taken:certificate", option=option, secret=desired.name)
        return False
    if refuse_deleted(item.place, current, findings, option=option):
        return False
    if current.managed is None and set(current.data) - {TLS_CRT}:
        findings.refuse(item.place, "secret_foreign:certificate", option=option, secret=desired.name)
        return False
    return True


def _check_named(item: Destination, name: str, observed: Observed, findings: Findings, *, check_mode: bool) -> None:
    """Check a certificate secret that the item names and someone else manages."""
    secret = observed.secrets.get(name)
    if secret is None:
        say = findings.warn if check_mode else findings.refuse
        say(item.place, "certificate_missing", secret=name)
        return
    if refuse_deleted(item.place, secret, findings, option="certificate_secret"):
        return
    pem = secret.data.get(TLS_CRT)
    bundle = certificates.parse_bundle(pem or b"")
    if not bundle.certificates:
        case: Case = "certificate_unusable:no_key" if pem is None else "certificate_unusable:no_certificate"
        findings.refuse(item.place, case, secret=name)
        return
    findings.warnings += [
        problem.at(option="certificate_secret", **vars(item.place))
        for problem in certificates.cautions(bundle, host=item.registry)
    ]
    if any(map(certificates.contains_private_key, secret.data.values())):
        findings.warn(item.place, "private_key_exposed", secret=name)


def refuse_recreate(
    item: Destination | SharedCertificate, name: str, outside: Sequence[str], observed: Observed, findings: Findings
) -> bool:
    """Refuse to recreate a certificate secret that destinations ``outside`` the call name; return whether they do."""
    if not observed.listed:
        findings.refuse(item.place, "list_forbidden:recreate", secret=name)
    elif outside:
        findings.refuse(item.place, "certificate_in_use:recreate", secret=name, users=enumerated(outside))
        return True
    return False


def stepping_aside(
    wanted: Mapping[str, Wanted],
    observed: Observed,
    findings: Findings,
    *,
    recreate: Collection[str | None],
    inside: Collection[str],
) -> tuple[set[str], set[str]]:
    """Return the destinations that step aside while a certificate is deleted and created again (rule 7).

    ``recreate``: certificate secrets that may be; ``inside``: destinations that this call writes or removes anyway.
    Also returned: the certificate secrets that cannot be recreated, because others name them.
    """
    aside: set[str] = set()
    in_use: set[str] = set()
    for name, (item, desired) in wanted.items():
        if not must_recreate(desired, observed.secrets.get(name)):
            continue
        users = observed.users.get(name, ())
        if refuse_recreate(item, name, [user for user in users if user not in inside], observed, findings):
            in_use.add(name)
        for user in users if name in recreate else ():
            aside.add(user)
            if observed.secrets[user].outlasts_deletion:
                findings.refuse(item.place, "finalizers", secret=user)
    return aside, in_use


def leftovers(
    items: Sequence[Destination], gone: Collection[str], wanted: Collection[str], observed: Observed, *, prune: bool
) -> list[str]:
    """Return the certificate secrets of ours that no destination names any more (rules 4 and 6)."""
    stored = observed.secrets
    touched = [*(item.name for item in items), *gone]
    candidates = [item.own_certificate_secret for item in items]
    candidates += [Destination(None, name).own_certificate_secret for name in gone]
    candidates += [stored[name].certificate_secret or "" for name in touched if name in stored]
    if prune:
        candidates += sorted(stored)
    named = _named_afterwards(items, gone, observed)
    return [
        name
        for name in dict.fromkeys(candidates)
        if name in stored
        and stored[name].managed == DESTINATION_CERTIFICATE
        and name not in named
        and name not in wanted
    ]


def _named_afterwards(items: Sequence[Destination], gone: Collection[str], observed: Observed) -> set[str | None]:
    """Return the certificate secrets that destinations name when the run is over; what finalizers keep is there."""
    present = {item.name: item.certificate_secret for item in items if item.present}
    standing = (secret for secret in observed.destinations() if secret.name not in gone or secret.outlasts_deletion)
    return {*present.values(), *(present.get(secret.name, secret.certificate_secret) for secret in standing)}


def warn_dropped(
    present: Sequence[Destination], leftovers: Collection[str], observed: Observed, findings: Findings
) -> None:
    """Say which destinations lose their certificate because their item has none: a variable may just be empty."""
    for item in present:
        current = observed.secrets.get(item.name)
        if item.certificate_secret is None and current is not None:
            own = item.own_certificate_secret
            for name in dict.fromkeys([current.certificate_secret, own if own in leftovers else None]):
                if name is not None:
                    case: Case = "certificate_dropped:removed" if name in leftovers else "certificate_dropped"
                    findings.warn(item.place, case, secret=name)


def refuse_leftovers(names: Iterable[str], findings: Findings) -> None:
    """Refuse to remove certificate secrets where nobody may list who names them (rule 13)."""
    for name in names:
        findings.refuse(Place(None, name), "list_forbidden:certificate", secret=name)


def enumerated(names: Sequence[str]) -> str:
    """Return the first ten names and how many more there are."""
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")

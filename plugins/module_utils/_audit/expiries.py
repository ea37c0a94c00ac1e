# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When certificates expire, each once for the whole fleet, and where that is on an axis."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from ansible_collections.epinio.registries.plugins.module_utils._audit.model import SOON, Audit

#: Percent of the axis: what has expired is left of today.
_EXPIRED, TODAY, _END = 3.0, 9.0, 97.0
#: Marks closer to each other than this are stacked; labels closer than this are left out. Percent of the axis.
_MARK, _LABEL = 1.5, 7.0
#: A stack is not higher than this; its top mark stands for the rest.
HIGHEST = 6
_TICKS = {7: "1 week", 30: "30 days", 91: "3 months", 182: "6 months", 365: "1 year", 1095: "3 years", 3652: "10 years"}


@dataclasses.dataclass(frozen=True)
class Expiry:
    """A certificate, wherever it is: ``places`` are (cluster, secret), ``destinations`` how many name one of these.

    ``days`` are whole days from the audit, negative once it has expired.
    """

    subject: str
    not_after: datetime.datetime
    days: int
    places: tuple[tuple[str, str], ...]
    destinations: int

    @property
    def soon(self) -> bool:
        """Whether it expires within 30 days, or has."""
        return self.days < SOON.days

    @property
    def expired(self) -> bool:
        """Whether it has expired."""
        return self.days < 0


@dataclasses.dataclass(frozen=True)
class Mark:
    """A certificate on the axis: percent from the left, place in its stack from 0, and how many it stands for."""

    at: float
    level: int
    count: int
    expiry: Expiry


def expiries(audit: Audit) -> list[Expiry]:
    """Return every certificate of the fleet that is read, the first to expire first."""
    places: dict[tuple[datetime.datetime, str, str], list[tuple[str, str, int]]] = {}
    for cluster in audit.clusters:
        for secret in cluster.certificates:
            for one in secret.certificates:
                if one.not_after is not None:
                    key = (one.not_after, one.subject, one.fingerprint_sha256)
                    places.setdefault(key, []).append((cluster.name, secret.secret, len(secret.destinations)))
    return [
        Expiry(
            subject=subject or "(no subject)",
            not_after=not_after,
            days=(not_after - audit.generated).days,
            places=tuple(dict.fromkeys((cluster, secret) for cluster, secret, _count in found)),
            destinations=sum({(cluster, secret): count for cluster, secret, count in found}.values()),
        )
        for (not_after, subject, _fingerprint), found in sorted(places.items())
    ]


def marks(found: Sequence[Expiry]) -> list[Mark]:
    """Return the certificates on the axis, those that would cover each other stacked."""
    stacks: dict[int, list[Expiry]] = {}
    for one in found:
        stacks.setdefault(round(_position(one.days, found) / _MARK), []).append(one)
    return [
        Mark(slot * _MARK, level, len(stack) - level if level == HIGHEST - 1 else 1, one)
        for slot, stack in sorted(stacks.items())
        for level, one in enumerate(stack[:HIGHEST])
    ]


def ticks(found: Sequence[Expiry]) -> list[tuple[float, str]]:
    """Return where the axis has a label, and which."""
    labels = [(TODAY, "today")]
    for days, text in _TICKS.items():
        at = _position(days, found)
        if days <= _reach(found) and at - labels[-1][0] >= _LABEL:
            labels.append((round(at, 1), text))
    return labels


def _reach(found: Sequence[Expiry]) -> int:
    return max(90, *(one.days for one in found)) if found else 90


def _position(days: int, found: Sequence[Expiry]) -> float:
    """Return where so many days from today are: the near has more room than the far, by the square root."""
    if days < 0:
        return _EXPIRED
    return float(TODAY + (_END - TODAY) * (days / _reach(found)) ** 0.5)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit knows: clusters, their destinations, the certificates that these name. No field is for a password.

All moments are in UTC. Texts come from clusters and registries: anything may stand in them but a control character.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

#: What expires within this time is worth a number of its own.
SOON = datetime.timedelta(days=30)
#: Verdicts of a check that mean that nobody can export there.
REFUSED = frozenset({"unreachable", "untrusted", "denied", "repository_must_exist"})
LEGS = ("list", "chart", "image")
PUSHES = ("chart", "image")


@dataclasses.dataclass(frozen=True)
class Certificate:
    """One certificate of a bundle."""

    subject: str
    issuer: str
    fingerprint_sha256: str
    not_before: datetime.datetime | None
    not_after: datetime.datetime | None


@dataclasses.dataclass(frozen=True)
class CertificateSecret:
    """A certificate secret: its bundle, and the names of the destinations of its cluster that name it."""

    secret: str
    expires: datetime.datetime | None
    certificates: tuple[Certificate, ...]
    managed: bool
    destinations: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a registry said of one leg."""

    verdict: str
    message: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class Check:
    """What a registry said of a destination: the worst verdict, and that of each push."""

    verdict: str
    legs: Mapping[str, Verdict]


@dataclasses.dataclass(frozen=True)
class Destination:
    """One destination, as Epinio reads it. Others with the same ``credential`` have the same user name and password."""

    name: str
    namespace: str
    registry: str | None
    organization: str | None
    username: str | None
    url: str | None
    listed: bool
    usable: bool
    legs: Mapping[str, bool]
    problems: tuple[Problem, ...]
    certificate_secret: str | None
    expires: datetime.datetime | None
    managed: bool
    written_by: str | None
    check: Check | None
    credential: str | None

    @property
    def fit(self) -> bool:
        """Whether Epinio can use it, as far as anybody has looked."""
        return self.usable and (self.check is None or self.check.verdict not in REFUSED)

    def expires_by(self, moment: datetime.datetime) -> bool:
        """Return whether its certificate has expired at that moment."""
        return self.expires is not None and self.expires < moment


@dataclasses.dataclass(frozen=True)
class Cluster:
    """One host of the inventory. ``error`` says why it was not read, ``check_error`` why nothing was checked.

    ``place`` is the machine that asked. ``compared``: whether credentials were compared, with those of the same run.
    """

    name: str
    error: str | None
    check_error: str | None
    read: datetime.datetime
    checked: datetime.datetime | None
    place: str
    compared: bool
    destinations: tuple[Destination, ...]
    certificates: tuple[CertificateSecret, ...]

    @property
    def up(self) -> bool:
        """Whether it was read."""
        return self.error is None


@dataclasses.dataclass(frozen=True)
class Audit:
    """The whole fleet, in the order of the clusters' names. ``runs``: how many compared credentials, each its own."""

    generated: datetime.datetime
    clusters: tuple[Cluster, ...]
    runs: int = 1

    @property
    def destinations(self) -> Iterator[tuple[Cluster, Destination]]:
        """Every destination, with its cluster."""
        return ((cluster, one) for cluster in self.clusters for one in cluster.destinations)

    @property
    def oldest(self) -> datetime.datetime:
        """When the cluster was read that was read first."""
        return min((cluster.read for cluster in self.clusters), default=self.generated)


#: What happened to a destination, or a whole cluster, since an earlier audit.
Event = Literal["new", "gone", "repaired", "broken"]
EVENTS: tuple[Event, ...] = ("broken", "repaired", "new", "gone")


@dataclasses.dataclass(frozen=True)
class Change:
    """One difference to an earlier audit; ``name`` is None where it is about the whole cluster."""

    event: Event
    cluster: str
    name: str | None
    detail: str

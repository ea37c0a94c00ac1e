# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a plan: what was observed, one change, the phases, the plan itself."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._desired import secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    CERTS,
    DESTINATION,
    Kind,
    Secret,
)

#: Changes of one phase do not depend on each other; every phase waits for the one before. This order is what keeps a
#: destination from naming a certificate that is not there, at any instant.
ASIDE, CERTIFICATES, DESTINATIONS, LEFTOVERS = PHASES = range(4)

Verb = Literal["create", "replace", "recreate", "delete"]
Action = Literal["created", "changed", "removed"]


@dataclasses.dataclass(frozen=True)
class Observed:
    """What is in the namespace, as far as it was read.

    ``secrets`` by name: all that carry Epinio's label or ours (where ``listed``), and those read one by one.
    ``unread``: names that exist too, whose content does not matter.
    """

    secrets: Mapping[str, Secret]
    unread: frozenset[str] = frozenset()
    listed: bool = True

    @functools.cached_property
    def users(self) -> Mapping[str, Sequence[str]]:
        """The names of the destinations that name a certificate secret, in order, by its name."""
        users: dict[str, list[str]] = {}
        for secret in self.destinations():
            if secret.certificate_secret is not None:
                users.setdefault(secret.certificate_secret, []).append(secret.name)
        return users

    def holds(self, name: str) -> bool:
        """Return whether there is a secret of this name, among those that were asked for."""
        return name in self.secrets or name in self.unread

    def keeps(self, name: str) -> bool:
        """Return whether it is there and nobody has deleted it."""
        return self.holds(name) and not (name in self.secrets and self.secrets[name].deleted_since)

    def dangling(self, named: Mapping[str, str]) -> bool:
        """Return whether one of these destinations names the certificate given for it, which is gone or going."""
        return any(
            name in self.users.get(certificate, ()) and not self.keeps(certificate)
            for name, certificate in named.items()
        )

    def destinations(self, names: Collection[str] | None = None) -> list[Secret]:
        """Return the authentication secrets, or those of these names whatever they are, in the order of their names."""
        return [
            secret
            for name, secret in sorted(self.secrets.items())
            if (secret.is_destination if names is None else name in names)
        ]


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing to write. ``action`` is what the report says of it; none for a helper that the report leaves out."""

    phase: int
    verb: Verb
    kind: Kind
    name: str
    action: Action | None
    fields: tuple[str, ...] = ()
    index: int | None = None
    current: Secret | None = dataclasses.field(default=None, repr=False)
    desired: Desired | None = dataclasses.field(default=None, repr=False)

    @property
    def is_destination(self) -> bool:
        """Return whether the report lists it among the destinations."""
        return self.kind == DESTINATION

    @property
    def key(self) -> tuple[bool, str]:
        """What it is about: whether a destination, and its name."""
        return self.is_destination, self.name

    @property
    def crosses(self) -> bool:
        """Return whether it removes a certificate that another run may begin to name meanwhile, or the reverse.

        Neither write touches a secret that the other one writes, so that no version tells.
        """
        if not self.is_destination:
            return self.verb == "delete"
        names_one = self.desired is not None and CERTS in self.desired.data
        return names_one and (self.verb != "replace" or "certificate_secret" in self.fields)

    def altered(self, stored: Secret) -> Sequence[str]:
        """Return the fields that the API server stored otherwise than they were sent, by meaning."""
        return (
            () if self.desired is None else secrets.differences(dataclasses.replace(self.desired, adopt=True), stored)
        )

    def left_alone(self, stored: Secret) -> bool:
        """Return whether the write came to nothing: an admission policy turned it back into what was there before."""
        if self.verb != "replace" or self.current is None:
            return False
        return self.current.metadata.get("resourceVersion") == stored.metadata.get("resourceVersion")

    def confidential(self) -> Iterator[str]:
        """Yield what no text may hold of the stored secret, and of the wanted one."""
        for secret in (self.current, self.desired):
            if secret is not None:
                yield from secrets.confidential(secret)

    def diff(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what it looked like and what it will look like, without secrets."""
        fresh = "(set)" if self.current is None else "(changed)"
        changed = "registry_password" in self.fields or "docker_config" in self.fields
        before = secrets.summary(self.current, of=self.desired, password="(set)")
        after = secrets.summary(
            self.desired,
            of=self.desired,
            beside=self.current,
            password=fresh if changed or not self.current else "(set)",
        )
        return before, after


@dataclasses.dataclass(frozen=True)
class Plan:
    """Either ``problems`` (then nothing may be written), or the changes in the order of their phases."""

    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    changes: Sequence[Change] = ()
    #: The certificate secret that each destination of the call names after the run, in the order of the list.
    certificate_secrets: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    #: Certificate secrets that the call speaks of.
    certificates: Sequence[str] = ()

    @property
    def destinations(self) -> Sequence[str]:
        """The destinations that the call speaks of, in the order of the list."""
        return [*self.certificate_secrets]

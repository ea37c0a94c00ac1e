# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted beside what is there: problems, or ordered changes. No I/O."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import secrets as _secrets
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    CERTIFICATE_SUFFIX,
    Destination,
    SharedCertificate,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import (
    DESTINATION,
    DESTINATION_CERTIFICATE,
    METADATA_FIELDS,
    SHARED_CERTIFICATE,
    Desired,
    Secret,
)
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio

__all__ = [
    "PHASES",
    "Change",
    "Observed",
    "Plan",
    "lost_certificates",
    "plan_certificate",
    "plan_destinations",
    "standing_password",
]

#: Changes of one phase do not depend on each other; every phase waits for the one before. This order is what keeps a
#: destination from naming a certificate that is not there, at any instant.
ASIDE, CERTIFICATES, DESTINATIONS, LEFTOVERS = PHASES = range(4)


@dataclasses.dataclass(frozen=True)
class Observed:
    """What stands in the namespace, as far as it was read.

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

    def dangling(self, named: Mapping[str, str]) -> bool:
        """Return whether one of these destinations names the certificate secret given for it, which is not there."""
        return any(
            name in self.users.get(certificate, ()) and not self.holds(certificate)
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
    verb: str  # create | replace | recreate | delete
    kind: str
    name: str
    action: str | None
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
        names_one = self.desired is not None and _epinio.CERTS in self.desired.data
        return names_one and (self.verb != "replace" or "certificate_secret" in self.fields)

    def confidential(self) -> Iterator[str]:
        """Yield what no text may hold of what stands there, and of what is to stand there."""
        for secret in (self.current, self.desired):
            if secret is not None:
                yield from _secrets.confidential(secret)

    def diff(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what it looked like and what it will look like, without secrets."""
        fresh = "(set)" if self.current is None else "(changed)"
        changed = "registry_password" in self.fields or "docker_config" in self.fields
        before = _secrets.summary(self.current, of=self.desired, password="(set)")
        after = _secrets.summary(
            self.desired, of=self.desired, password=fresh if changed or not self.current else "(set)"
        )
        return before, after


@dataclasses.dataclass(frozen=True)
class Plan:
    """Either ``problems`` (then nothing may be written), or the changes in the order of their phases."""

    problems: Sequence[Problem]
    warnings: Sequence[Problem]
    changes: Sequence[Change]
    #: Names that the call speaks of, in the order of the list: destinations and certificate secrets.
    destinations: Sequence[str] = ()
    certificates: Sequence[str] = ()
    #: The certificate secret that each destination names after the run.
    certificate_secrets: Mapping[str, str | None] = dataclasses.field(default_factory=dict)


class _Planner:
    """Collects problems and changes while the rules are applied one after the other."""

    def __init__(self, observed: Observed, check_mode: bool) -> None:
        self.observed = observed
        self.check_mode = check_mode
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.changes: list[Change] = []
        self.in_use: set[str] = set()  # certificate secrets that others name, so that they cannot be recreated

    def refuse(self, item: Any, code: str, option: str, message: str, remedy: str) -> None:
        self.problems.append(
            Problem(code, message, remedy, index=getattr(item, "index", None), name=item.name, option=option)
        )

    def warn(self, item: Any, code: str, option: str, message: str, remedy: str) -> None:
        self.warnings.append(
            Problem(code, message, remedy, index=getattr(item, "index", None), name=item.name, option=option)
        )

    def must_recreate(self, desired: Desired) -> bool:
        """Say whether Kubernetes refuses the update that makes the secret as desired."""
        current = self.observed.secrets.get(desired.name)
        if current is None or not current.frozen:
            return False
        return not METADATA_FIELDS.issuperset(_secrets.differences(desired, current))

    def write(self, item: Any, desired: Desired, *, recreate: bool, aside: bool = False) -> None:
        """Plan what it takes to make one secret as desired; ``aside`` when it was deleted in an earlier phase."""
        current = self.observed.secrets.get(desired.name)
        phase = DESTINATIONS if desired.kind == DESTINATION else CERTIFICATES
        fields = _secrets.differences(desired, current) if current is not None else ()
        if current is not None and not fields and not aside:
            return
        if desired.too_large:
            self.refuse(
                item,
                "secret_too_large",
                "certificate" if phase == CERTIFICATES else "registry_password",
                f"The secret {desired.name!r} would hold more than 1 MiB, which Kubernetes refuses.",
                "Shorten it.",
            )
        if current is None:
            verb, action = "create", "created"
        elif aside:
            verb, action, fields = "create", "changed", fields or ("recreated",)
        elif self.must_recreate(desired):
            verb, action = "recreate", "changed"
        else:
            verb, action = "replace", "changed"
            self._warn_of_owner(item, current)
        if (verb == "recreate" or aside) and desired.kind == DESTINATION and item.keep_password:
            self.refuse(
                item,
                "recreate_keeps_password",
                "update_password",
                f"The secret {desired.name!r} must be deleted and created again; if that is interrupted, a password "
                "that only the cluster knows is lost.",
                "Use update_password: always for this run.",
            )
        elif verb == "recreate" and current is not None and current.metadata.get("finalizers"):
            self.refuse_finalizers(item, current)
        elif verb == "recreate" and not recreate and desired.name not in self.in_use:
            why = "is immutable" if current and current.raw.get("immutable") else "has a type that wants other keys"
            self.refuse(
                item,
                "immutable",
                "recreate",
                f"The secret {desired.name!r} {why} and must change ({', '.join(fields)}).",
                "Set recreate: true to delete it and create it again.",
            )
        self.changes.append(
            Change(
                phase,
                verb,
                desired.kind,
                desired.name,
                action,
                tuple(fields),
                getattr(item, "index", None),
                current,
                desired,
            )
        )

    def remove(
        self, secret: Secret, kind: str, *, phase: int, action: str | None = "removed", index: int | None = None
    ) -> None:
        self.changes.append(Change(phase, "delete", kind, secret.name, action, (), index, secret))

    def refuse_finalizers(self, item: Any, secret: Secret) -> None:
        self.refuse(
            item,
            "finalizers",
            "recreate",
            f"The secret {secret.name!r} must be deleted before it, or its certificate, is created again, and has "
            "finalizers: something else decides when it is gone.",
            "Delete it by hand, and run again when it is gone.",
        )

    def finish(self, destinations: Mapping[str, str | None], certificates: Sequence[str]) -> Plan:
        self.changes.sort(key=lambda change: change.phase)
        return Plan(self.problems, self.warnings, self.changes, [*destinations], certificates, destinations)

    def certificate_is_ours(self, item: Any, desired: Desired, option: str) -> bool:
        """Refuse to write over a certificate secret that is not ours (rule 5)."""
        name = desired.name
        current = self.observed.secrets.get(name)
        if current is None:
            return True
        if current.is_destination:
            self.refuse(
                item,
                "secret_taken",
                option,
                f"The secret {name!r} is the authentication secret of a destination.",
                "Use another name for the certificate secret.",
            )
            return False
        if current.managed is None and set(current.data) - {_epinio.TLS_CRT}:
            self.refuse(
                item,
                "secret_foreign",
                option,
                f"The secret {name!r} was not made here and holds more than tls.crt.",
                "Use another name, or name that secret with certificate_secret alone and leave certificate out.",
            )
            return False
        return True

    def _warn_of_owner(self, item: Any, current: Secret) -> None:
        if current.managed and current.metadata.get("ownerReferences"):
            self.warn(
                item,
                "owned",
                "name",
                f"The secret {current.name!r} has ownerReferences: something else may change or delete it.",
                "Remove the destination there, or here.",
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
    planner = _Planner(observed, check_mode)
    secrets = observed.secrets
    present = [item for item in items if item.present]
    if prune:
        _check_prune(planner, something=bool(present or prune_all or prune_except))

    wanted = _wanted_certificates(planner, present)
    desired_by_name = {item.name: one for item in present if (one := _desired(planner, item)) is not None}

    gone = _removed(planner, items, prune_except if prune else None)
    recreate = {item.certificate_secret for item in present if item.recreate}
    aside = _step_aside(planner, wanted, recreate, {*desired_by_name, *gone})
    for name in sorted(aside - set(gone)):
        planner.remove(secrets[name], DESTINATION, phase=ASIDE, action=None)
    for name, index in gone.items():
        planner.remove(secrets[name], DESTINATION, phase=ASIDE if name in aside else DESTINATIONS, index=index)
    for item, desired in wanted.values():
        planner.write(item, desired, recreate=desired.name in recreate)
    for item in present:
        if item.name in desired_by_name:
            desired = desired_by_name[item.name]
            planner.write(item, desired, recreate=item.recreate, aside=item.name in aside)
            _check_result(planner, item, desired, wanted)
    leftovers = _leftover_certificates(planner, items, gone, wanted, prune)
    for name in leftovers:
        planner.remove(secrets[name], DESTINATION_CERTIFICATE, phase=LEFTOVERS)

    listed = {item.name: item.certificate_secret for item in items}
    return planner.finish({**listed, **dict.fromkeys(gone)}, [*wanted, *leftovers])


def plan_certificate(item: SharedCertificate, observed: Observed, *, check_mode: bool = False) -> Plan:
    """Compare one shared certificate secret with what is there."""
    planner = _Planner(observed, check_mode)
    current = observed.secrets.get(item.name)
    if item.present:
        desired = _secrets.certificate(item, SHARED_CERTIFICATE)
        if planner.certificate_is_ours(item, desired, "name"):
            if planner.must_recreate(desired):
                _refuse_recreate(planner, item, item.name, observed.users.get(item.name, ()))
            planner.write(item, desired, recreate=item.recreate)
    elif current is not None and current.managed in (SHARED_CERTIFICATE, DESTINATION_CERTIFICATE):
        users = observed.users.get(item.name, ())
        if not observed.listed:
            _refuse_unlisted(planner, item, "state", "whether a destination names the certificate secret")
        elif users:
            planner.refuse(
                item,
                "certificate_in_use",
                "state",
                f"These destinations name it: {_enumerate(users)}.",
                "Remove them first, or give them another certificate.",
            )
        planner.remove(current, SHARED_CERTIFICATE, phase=LEFTOVERS)
    elif current is not None:
        planner.refuse(
            item,
            "secret_foreign",
            "name",
            f"The secret {item.name!r} was not made here.",
            "Check the name; delete it by hand if it has to go.",
        )
    return planner.finish({}, [item.name])


def lost_certificates(removed: Collection[Change], observed: Observed) -> list[Change]:
    """Return what brings back those removed certificate secrets that a destination has begun to name meanwhile."""
    return [
        dataclasses.replace(
            change, phase=CERTIFICATES, verb="create", action="created", desired=_secrets.as_it_was(change.current)
        )
        for change in removed
        if change.current is not None and change.name in observed.users and not observed.holds(change.name)
    ]


def _check_prune(planner: _Planner, *, something: bool) -> None:
    """Refuse to prune without knowing everything, or everything without being told ``something``."""
    if not planner.observed.listed:
        planner.problems.append(
            Problem(
                "list_forbidden",
                "Pruning needs to know every destination of the namespace.",
                "Grant the verb list on secrets, or leave prune out.",
                option="prune",
            )
        )
    if not something:
        planner.problems.append(
            Problem(
                "prune_everything",
                "The list has no destination that is to be present, so prune would remove every managed one.",
                "Set prune_all: true if that is what you want.",
                option="prune",
            )
        )


def _wanted_certificates(planner: _Planner, present: Sequence[Destination]) -> dict[str, tuple[Destination, Desired]]:
    """Return the certificate secrets that the list brings, and check those that it only names."""
    wanted: dict[str, tuple[Destination, Desired]] = {}
    for item in present:
        if item.certificate is not None and item.certificate_secret not in wanted:
            desired = _certificate_of(item, planner.observed.secrets)
            if planner.certificate_is_ours(item, desired, "certificate_secret"):
                wanted[desired.name] = (item, desired)
    for item in present:
        if item.certificate_secret and item.certificate is None and item.certificate_secret not in wanted:
            _check_named_certificate(planner, item)
    return wanted


def _certificate_of(item: Destination, secrets: Mapping[str, Secret]) -> Desired:
    """Return the certificate secret of an inline certificate; a shared one stays a shared one."""
    current = secrets.get(item.certificate_secret or "")
    shared = current is not None and current.managed == SHARED_CERTIFICATE
    return _secrets.certificate(item, SHARED_CERTIFICATE if shared else DESTINATION_CERTIFICATE)


def _desired(planner: _Planner, item: Destination) -> Desired | None:
    """Return the authentication secret that an item asks for, or refuse what stands in its way."""
    current = planner.observed.secrets.get(item.name)
    if item.name in planner.observed.unread or (current is not None and not current.is_destination):
        kind = current.managed if current is not None else None
        what = f"a {kind} of this collection" if kind else "not an export destination"
        planner.refuse(
            item,
            "secret_taken" if kind else "secret_foreign",
            "name",
            f"The secret {item.name!r} is there already and is {what}.",
            "Use another name; delete that secret by hand if it has to go.",
        )
        return None
    password, problem = standing_password(item, current)
    if problem is not None:
        planner.problems.append(problem)
        return None
    return _secrets.authentication(item, password)


def standing_password(item: Destination, current: Secret | None) -> tuple[str, Problem | None]:
    """Return the password that stands after the write, or why nobody can say (rule 11).

    The stored one is kept where the item asks for that, unless it would go to someone else or is not clear.
    """
    if current is None or not item.keep_password:
        return item.password, None

    def problem(code: str, option: str, message: str) -> tuple[str, Problem]:
        remedy = "Use update_password: always for this run."
        return "", Problem(code, message, remedy, index=item.index, name=item.name, option=option)

    try:
        stored = dockerconfig.stored(current.bytes(_epinio.DOCKERCONFIG) or b"")
    except dockerconfig.Contradiction as error:
        return problem("password_unclear", "update_password", f"The stored password cannot be kept: {error}")
    for option, old, new in (
        ("registry", stored.registry, item.registry),
        ("registry_username", stored.username, item.username),
    ):
        if old != new:
            return problem(
                "password_for_another",
                option,
                "It differs from what is stored, and update_password: on_create would send the stored password there.",
            )
    return stored.password, None


def _check_named_certificate(planner: _Planner, item: Destination) -> None:
    """Check a certificate secret that the item names and someone else manages."""
    name = item.certificate_secret or ""
    secret = planner.observed.secrets.get(name)
    option = "certificate_secret"
    if secret is None:
        say = planner.warn if planner.check_mode else planner.refuse
        say(
            item,
            "certificate_missing",
            option,
            f"There is no secret {name!r}; Epinio would list the destination and fail to export.",
            "Create it first, for instance with export_registry_certificate, or give the certificate here.",
        )
        return
    pem = secret.bytes(_epinio.TLS_CRT)
    bundle = _certificates.parse_bundle(pem or b"")
    if not bundle.certificates:
        what = "has no key tls.crt" if pem is None else "has no certificate in tls.crt"
        planner.refuse(
            item,
            "certificate_unusable",
            option,
            f"The secret {name!r} {what}; Epinio's export would fail.",
            "Correct that secret.",
        )
        return
    planner.warnings += [
        problem.at(index=item.index, name=item.name, option=option)
        for problem in _certificates.cautions(bundle, host=item.registry)
    ]
    if any(_certificates.contains_private_key(secret.bytes(key) or b"") for key in secret.data):
        planner.warn(
            item,
            "private_key_exposed",
            option,
            f"The secret {name!r} also holds a private key; Epinio's export job mounts every key of it.",
            "Keep the certificate in a secret of its own.",
        )


def _removed(
    planner: _Planner, items: Sequence[Destination], prune_except: Collection[str] | None
) -> dict[str, int | None]:
    """Return the authentication secrets that go: those listed as absent, then those that prune, if any, finds."""
    secrets = planner.observed.secrets
    gone: dict[str, int | None] = {
        item.name: item.index
        for item in items
        if not item.present and item.name in secrets and secrets[item.name].is_destination
    }
    if prune_except is not None:
        listed = {*(item.name for item in items), *prune_except}
        gone.update(
            dict.fromkeys(
                sorted(name for name, one in secrets.items() if one.managed == DESTINATION and name not in listed)
            )
        )
    return gone


def _step_aside(
    planner: _Planner,
    wanted: Mapping[str, tuple[Destination, Desired]],
    recreate: Collection[str | None],
    inside: Collection[str],
) -> set[str]:
    """Return the destinations that step aside while a certificate they name is deleted and created again (rule 7).

    ``inside``: those that this call writes or removes anyway.
    """
    aside: set[str] = set()
    for name, (item, desired) in wanted.items():
        if not planner.must_recreate(desired):
            continue
        users = planner.observed.users.get(name, ())
        _refuse_recreate(planner, item, name, [user for user in users if user not in inside])
        for secret in [planner.observed.secrets[user] for user in users] if name in recreate else ():
            aside.add(secret.name)
            if secret.metadata.get("finalizers"):
                planner.refuse_finalizers(item, secret)
    return aside


def _refuse_recreate(planner: _Planner, item: Any, name: str, outside: Sequence[str]) -> None:
    if not planner.observed.listed:
        _refuse_unlisted(planner, item, "recreate", f"which destinations name the certificate secret {name!r}")
    elif outside:
        planner.in_use.add(name)
        planner.refuse(
            item,
            "certificate_in_use",
            "recreate",
            f"The certificate secret {name!r} must be deleted and created again, and destinations outside this call "
            f"name it: {_enumerate(outside)}.",
            "Use another certificate secret, or put them into one list with this certificate.",
        )


def _refuse_unlisted(planner: _Planner, item: Any, option: str, what: str) -> None:
    planner.refuse(
        item,
        "list_forbidden",
        option,
        f"Nobody can say {what} without listing secrets.",
        "Grant the verb list on secrets.",
    )


def _leftover_certificates(
    planner: _Planner,
    items: Sequence[Destination],
    gone: Mapping[str, int | None],
    wanted: Mapping[str, Any],
    prune: bool,
) -> list[str]:
    """Return the certificate secrets of ours that no destination names any more (rules 4 and 6)."""
    secrets = planner.observed.secrets
    touched = [item.name for item in items] + [*gone]
    candidates = [name + CERTIFICATE_SUFFIX for name in touched]
    candidates += [secrets[name].certificate_secret or "" for name in touched if name in secrets]
    if prune:
        candidates += sorted(secrets)
    present = {item.name: item.certificate_secret for item in items if item.present}
    named = {
        present.get(name, secret.certificate_secret)
        for name, secret in secrets.items()
        if secret.is_destination and name not in gone
    }
    named.update(present.values())
    leftovers = [
        name
        for name in dict.fromkeys(candidates)
        if name in secrets
        and secrets[name].managed == DESTINATION_CERTIFICATE
        and name not in named
        and name not in wanted
    ]
    if leftovers and not planner.observed.listed:
        for name in leftovers:
            planner.problems.append(
                Problem(
                    "list_forbidden",
                    f"The certificate secret {name!r} would go, and nobody can say whether another destination names "
                    "it without listing secrets.",
                    "Grant the verb list on secrets.",
                    name=name,
                )
            )
    return leftovers


def _check_result(
    planner: _Planner, item: Destination, desired: Desired, wanted: Mapping[str, tuple[Destination, Desired]]
) -> None:
    """Refuse to write what Epinio would skip or fail on; the checks of options have nearly always said so before."""
    if planner.problems or not planner.changes or planner.changes[-1].name != desired.name:
        return
    secrets = planner.observed.secrets

    def certificate_data(name: str) -> Mapping[str, Any] | None:
        if name in wanted:
            return wanted[name][1].body("", None)["data"]  # type: ignore[no-any-return]
        # A secret that is not there yet was reported before; in check mode an earlier task may still make it.
        return secrets[name].data if name in secrets else None

    body = desired.body("", secrets.get(desired.name))
    if desired.data.get(_epinio.CERTS) and certificate_data(item.certificate_secret or "") is None:
        del body["data"][_epinio.CERTS]
    for problem in _epinio.read(body, certificate_data).problems:
        planner.problems.append(problem.at(index=item.index, name=item.name, option="registry", leg=None))


def _enumerate(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")

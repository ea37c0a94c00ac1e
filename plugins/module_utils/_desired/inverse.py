# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets become items of the list: the inverse of C(secrets.py), proved by a plan of the list that comes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.checks import CERTIFICATE_SUFFIX
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import plan_destinations
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import (
    agreement,
    certificates,
    dockerconfig,
    epinio,
    owners,
    pem,
    spelling,
    targets,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    DOCKERCONFIG,
    NAMESPACE_ANNOTATION,
    SHARED_CERTIFICATE,
    TLS_CRT,
    Secret,
)

Item = Mapping[str, Any]
#: The options of an item that is made here, in the order in which they are written.
OPTIONS = (
    *("name", "registry", "organization", "registry_username", "registry_password"),
    *("certificate", "certificate_secret"),
)
#: What people write for true; anything else may mean that Epinio should not show it.
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})


@dataclasses.dataclass(frozen=True)
class Written:
    """An item of the list. ``problems``: what Epinio has against the stored secret, where that is repaired.

    ``options``: the options that say something else than the secret; ``fields``: what a run with the list changes.
    """

    name: str
    item: Item = dataclasses.field(repr=False)
    problems: Sequence[Problem] = ()
    options: Sequence[str] = ()
    fields: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Inverse:
    """The items in the order of their names, and why the others are left out: name -> problems."""

    written: Sequence[Written]
    left_out: Mapping[str, Sequence[Problem]]


def invert(secrets: Sequence[Secret], observed: Observed, *, include_unusable: bool) -> Inverse:
    """Return an item for each authentication secret that Epinio can use and the modules accept.

    ``include_unusable``: for those too which it cannot use, where it is clear what is meant.
    """
    drafts: dict[str, Written] = {}
    left_out: dict[str, Sequence[Problem]] = {}
    for secret in secrets:
        draft = _draft(secret, observed, repair=include_unusable)
        if isinstance(draft, Written):
            drafts[secret.name] = draft
        else:
            left_out[secret.name] = draft
    refused, planned = _refused(drafts, observed)
    while refused:
        left_out.update(refused)
        drafts = {name: draft for name, draft in drafts.items() if name not in refused}
        refused, planned = _refused(drafts, observed)
    fields = {change.name: change.fields for change in planned.changes}
    written = [dataclasses.replace(draft, fields=fields.get(name, ())) for name, draft in drafts.items()]
    return Inverse(written, dict(sorted(left_out.items())))


def _refused(drafts: Mapping[str, Written], observed: Observed) -> tuple[dict[str, list[Problem]], Plan]:
    """Return what the modules have against some of the items beside each other and beside what is there."""
    parsed = parse_destinations([draft.item for draft in drafts.values()], many=True)
    planned = Plan(parsed.problems) if parsed.problems else plan_destinations(parsed.items, observed)
    refused: dict[str, list[Problem]] = {}
    for problem in planned.problems:
        about = [name for name in drafts if name == problem.name] or [*drafts]  # what is about none is about all
        for name in about:
            refused.setdefault(name, []).append(problem.at(index=None))
    return refused, planned


def _draft(secret: Secret, observed: Observed, *, repair: bool) -> Written | Sequence[Problem]:
    """Return the item that one secret stands for, or why there is none."""
    reading = epinio.read(secret, observed.secrets.get)
    if not reading.usable and not repair:
        return reading.problems
    credentials = _taken(secret) if reading.usable else _meant(secret)
    if credentials is None:
        return reading.problems or [_not_utf8(secret)]
    registry, username, password = credentials
    stored = {
        "name": secret.name,
        "registry": registry,
        "organization": secret.annotations.get(NAMESPACE_ANNOTATION, ""),
        "registry_username": username,
        "registry_password": password,
        "certificate_secret": secret.certificate_secret,
    }
    item = {**stored, **_certificate(secret, observed)}
    problems = _problems(item)
    if problems or not reading.usable:
        item = _repaired(item, credentials=repair)
        if not _is_clear(secret, item, observed) or _problems(item):
            return reading.problems or problems
        if not repair and not _same_target(stored, item):
            return problems
    inline = {"certificate_secret": item["certificate_secret"] or secret.name + CERTIFICATE_SUFFIX}
    said = {**item, **(inline if "certificate" in item else {})}
    options = [option for option, value in stored.items() if said[option] != value]
    return Written(secret.name, {key: item[key] for key in OPTIONS if item.get(key)}, reading.problems, options)


def _problems(item: Item) -> list[Problem]:
    parsed = parse_destinations([{key: value for key, value in item.items() if value}], many=False)
    return [*parsed.problems]


def _not_utf8(secret: Secret) -> Problem:
    return CATALOGUE.problem("not_text:not_utf8", name=secret.name, option="registry_password")


def _taken(secret: Secret) -> tuple[str, str, str] | None:
    """Return registry, user name and password that both legs take; None where they are no text."""
    entry = dockerconfig.export_entry(dockerconfig.parse(secret.data[DOCKERCONFIG]))
    try:
        username, password = (value.decode() for value in entry.credentials())
    except UnicodeDecodeError:
        return None
    return entry.registry, username, password


def _meant(secret: Secret) -> tuple[str, str, str] | None:
    """Return the same of a secret that some leg cannot use; None where its docker config says several things."""
    try:
        entry = agreement.stored(secret.data.get(DOCKERCONFIG, b""))
    except agreement.Contradiction:
        return None
    return entry.registry, entry.username, entry.password


def _is_clear(secret: Secret, item: Item, observed: Observed) -> bool:
    """Say whether the label does not hide the secret from Epinio, and the certificate can be used."""
    if secret.labels.get(API_EXPORT_LABEL, "true").strip().lower() not in _TRUE:
        return False
    name = item["certificate_secret"]
    held = observed.secrets.get(name or "")
    return not name or (held is not None and bool(certificates.parse_bundle(held.data.get(TLS_CRT, b"")).certificates))


def _repaired(item: Item, *, credentials: bool) -> dict[str, Any]:
    """Return the item as it is meant: registry and organization well spelled, no blank or line end around the rest."""
    better = dict(item)
    better["registry"] = spelling.meant(item["registry"])
    if not targets.is_repository(item["organization"]):
        better["organization"] = spelling.organization(item["organization"]).better or item["organization"]
    if credentials:
        for option in ("registry_username", "registry_password"):
            better[option] = item[option].strip()
    return better


def _same_target(one: Item, other: Item) -> bool:
    """Say whether both push to the same place: host names know no case."""
    places = (targets.judge(item["registry"], item["organization"]) for item in (one, other))
    first, second = (place if isinstance(place, str) else f"{place.chart} {place.image}" for place in places)
    return first.lower() == second.lower()


def _certificate(secret: Secret, observed: Observed) -> dict[str, Any]:
    """Return the options of its certificate: the PEM of its own one, the name of one that others have a say in."""
    name = secret.certificate_secret
    if name is not None and name not in observed.secrets:
        name = name.strip() or None  # a line end behind a name is none of it
    bundle = None if name is None else _own(observed.secrets.get(name), observed)
    if bundle is None or name is None:
        return {"certificate_secret": name}
    return {"certificate": bundle, "certificate_secret": None if name == secret.name + CERTIFICATE_SUFFIX else name}


def _own(held: Secret | None, observed: Observed) -> str | None:
    """Return the PEM of a certificate secret that a list can keep: nobody else writes or names it."""
    if held is None or held.managed == SHARED_CERTIFICATE or set(held.data) != {TLS_CRT} or owners.owners(held):
        return None
    if held.managed is None and (not observed.listed or len(observed.users.get(held.name, ())) != 1):
        return None
    try:
        text = held.data[TLS_CRT].decode()
    except UnicodeDecodeError:
        return None
    read = pem.read(text, host=None)
    return text if not read.problems and certificates.same(read.text, text) else None

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become frozen destinations, or a list of everything that is wrong with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from ansible_collections.epinio.registries.plugins.module_utils._desired.checks import (
    CERTIFICATE_SUFFIX,
    Checks,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates


@dataclasses.dataclass(frozen=True)
class Destination:
    """One valid item of the user's list; ``certificate_secret`` is the name that ``certs`` will hold, or none."""

    index: int | None
    name: str
    present: bool = True
    registry: str = ""
    organization: str = ""
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    certificate: str | None = dataclasses.field(default=None, repr=False)
    certificate_secret: str | None = None
    keep_password: bool = False
    adopt: bool = False
    recreate: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Return where it is in the list."""
        return Place(self.index, self.name)

    @property
    def own_certificate_secret(self) -> str:
        """Return the name of the certificate secret that belongs to this destination alone."""
        return self.name + CERTIFICATE_SUFFIX


@dataclasses.dataclass(frozen=True)
class SharedCertificate:
    """One valid certificate secret that several destinations may name."""

    name: str
    present: bool = True
    certificate: str = dataclasses.field(default="", repr=False)
    adopt: bool = False
    recreate: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Return where it is: in no list."""
        return Place(None, self.name)


Item = TypeVar("Item")


@dataclasses.dataclass(frozen=True)
class Parsed(Generic[Item]):
    """What the options said: the items in their order, every problem, every warning."""

    items: Sequence[Item]
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


def parse_destinations(items: Sequence[Mapping[str, Any]], *, many: bool) -> Parsed[Destination]:
    """Turn the items of C(destinations), or the options of a single module (``many`` false), into Destinations."""
    findings = Findings()
    destinations = [_destination(item, number if many else None, findings) for number, item in enumerate(items)]
    _check_between(destinations, findings)
    return Parsed(destinations, findings.problems, findings.warnings)


def parse_certificate(item: Mapping[str, Any]) -> Parsed[SharedCertificate]:
    """Turn the options of C(export_registry_certificate) into one SharedCertificate."""
    findings = Findings()
    checks = Checks(findings, _place(None, item))
    name = checks.text(item, "name", required=True)
    pem = ""
    checks.secret_name(name, "name")
    present = _is_present(item)
    if present:
        checks.metadata(item)
        pem = checks.pem(item, None, required=True)
    certificate = SharedCertificate(name=name, present=present, certificate=pem, **_common(item))
    return Parsed([certificate], findings.problems, findings.warnings)


def _place(index: int | None, item: Mapping[str, Any]) -> Place:
    name = item.get("name")
    return Place(index, name if isinstance(name, str) else None)


def _is_present(item: Mapping[str, Any]) -> bool:
    return (item.get("state") or "present") == "present"


def _destination(item: Mapping[str, Any], index: int | None, findings: Findings) -> Destination:
    checks = Checks(findings, _place(index, item))
    name = checks.text(item, "name", required=True)
    if not _is_present(item):
        checks.secret_name(name, "name")
        return Destination(index, name, present=False)
    own = item.get("certificate") is not None and item.get("certificate_secret") is None
    checks.secret_name(name, "name", keeps_certificate=own)
    registry, organization = (checks.text(item, option, required=True) for option in ("registry", "organization"))
    checks.target(registry, organization)
    username, password = (checks.credential(item, option) for option in ("registry_username", "registry_password"))
    secret = checks.text(item, "certificate_secret")
    checks.secret_name(secret, "certificate_secret")
    pem = checks.pem(item, registry)
    checks.metadata(item)
    return Destination(
        index=index,
        name=name,
        registry=registry,
        organization=organization,
        username=username,
        password=password,
        certificate=pem or None,
        certificate_secret=secret or (name + CERTIFICATE_SUFFIX if pem else None),
        keep_password=item.get("update_password") == "on_create",
        **_common(item),
    )


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "adopt": bool(item.get("adopt")),
        "recreate": bool(item.get("recreate")),
        **{option: _mapping(item.get(option)) for option in ("labels", "annotations")},
    }


def _mapping(value: Any) -> dict[str, str]:
    return dict(value) if isinstance(value, Mapping) else {}


def _check_between(destinations: Sequence[Destination], findings: Findings) -> None:
    """Refuse what is wrong between items: names twice, and two items that want the same secret."""
    first: dict[str, Destination] = {}
    for item in destinations:
        earlier = first.setdefault(item.name, item)
        if earlier is not item and item.name:
            findings.refuse(item.place, "name_duplicate", value=item.name, earlier=earlier.index)
    content: dict[str, Destination] = {}
    for item in destinations:
        secret = item.certificate_secret
        if secret is None:
            continue
        if secret in first:
            other = first[secret]
            findings.refuse(
                item.place,
                "secret_conflict",
                option="name" if secret == item.own_certificate_secret else "certificate_secret",
                value=secret,
                other="this destination" if other is item else f"destinations[{other.index}]",
            )
        if item.certificate is None:
            continue
        earlier = content.setdefault(secret, item)
        if not certificates.same(earlier.certificate or "", item.certificate):
            findings.refuse(item.place, "certificate_conflict", value=secret, earlier=earlier.index)

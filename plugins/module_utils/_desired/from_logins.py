# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logins of a client become items of the list, or problems."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem, quoted
from ansible_collections.epinio.registries.plugins.module_utils._reading import spelling
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.logins import Login

#: What no name of a secret holds of a registry: the colon before a port, the slash before a path.
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.-]+")


@dataclasses.dataclass(frozen=True)
class Taken:
    """The items, in the order of the logins, and everything that is in the way of taking them over."""

    items: Sequence[Mapping[str, str]] = dataclasses.field(repr=False)
    problems: Sequence[Problem]


def destinations(logins: Sequence[Login], *, organizations: Any, names: Any, only: Any) -> Taken:
    """Return an item of the list for each login.

    ``organizations``: registry -> organization, or one for all; ``names``: registry -> name, where it is not to be
    made of the registry; ``only``: the registries that are wanted, None: all.
    """
    findings = Findings()
    if not isinstance(organizations, str):
        organizations = _mapping(organizations, "organizations", findings)
    names = _mapping(names, "names", findings)
    found = _by_registry(logins, _registries(only, findings), findings)
    items = [_item(registry, login, organizations, names, findings) for registry, login in found.items()]
    said = {(problem.name, "organization") for problem in findings.problems if problem.option == "organizations"}
    parsed = parse_destinations(items, many=True)
    rest = [problem.at(index=None) for problem in parsed.problems if (problem.name, problem.option) not in said]
    return Taken(items, [*findings.problems, *rest])


def _mapping(value: Any, option: str, findings: Findings) -> dict[str, Any]:
    """Return a mapping whose keys are registries, under their canonical names."""
    if value is not None and not isinstance(value, Mapping):
        findings.refuse(Place(), "mapping_wanted", option=option, kind=arguments.word(value))
        return {}
    return {spelling.meant(str(key)): inner for key, inner in (value or {}).items()}


def _registries(only: Any, findings: Findings) -> dict[str, str] | None:
    """Return which registries are wanted: canonical name -> as it was given; None where all are."""
    if only is None:
        return None
    given = [only] if isinstance(only, str) else only
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        findings.refuse(Place(), "names_wanted", option="only", kind=arguments.word(only))
        return None
    return {spelling.meant(one): one for one in given}


def _by_registry(logins: Sequence[Login], wanted: Mapping[str, str] | None, findings: Findings) -> dict[str, Login]:
    """Return the one login of each registry, under its canonical name; an empty one where it is not clear which."""
    found: dict[str, Login] = {}
    several: set[str] = set()
    for login in logins:
        registry = spelling.meant(login.key)
        if wanted is not None and registry not in wanted:
            continue
        if login.problem:
            findings.problems.append(login.problem)
        _refuse_key(login, findings)
        first = found.setdefault(registry, login)
        if (first.username, first.password) != (login.username, login.password) and not (
            first.problem or login.problem or registry in several
        ):
            several.add(registry)
            findings.problems.append(CATALOGUE.problem("login_unclear:twice", name=registry))
    known = ", ".join(sorted(_shown(spelling.meant(login.key)) for login in logins)) or "none"
    for registry, given in (wanted or {}).items():
        if registry not in found:
            findings.refuse(Place(), "login_not_there", value=_shown(given), known=known)
    return {registry: login for registry, login in found.items() if not login.problem and _is_sound(login.key)}


def _shown(registry: str) -> str:
    return "(a value with an @)" if spelling.has_login(registry) else quoted(registry)


def _is_sound(key: str) -> bool:
    found = spelling.registry(key)
    return found is None or found.better is not None


def _refuse_key(login: Login, findings: Findings) -> None:
    """Refuse a key if it is not clear which registry it means."""
    found = spelling.registry(login.key)
    if found is not None and found.better is None:
        case: Case = "registry_not_canonical:secret" if found.secret else "registry_not_canonical:beyond_repair"
        findings.refuse(Place(None, login.shown), case, value=login.key, fault=found.fault)


def _item(
    registry: str, login: Login, organizations: Any, names: Mapping[str, Any], findings: Findings
) -> dict[str, Any]:
    name = names.get(registry, _NOT_IN_A_NAME.sub("-", registry).strip("-."))
    organization = organizations if isinstance(organizations, str) else organizations.get(registry)
    if not organization:
        where = Place(None, name if isinstance(name, str) else registry)
        findings.refuse(where, "option_required:organizations", value=registry)
    return {
        "name": name,
        "registry": registry,
        "organization": organization,
        "registry_username": login.username,
        "registry_password": login.password,
    }

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user name and password of registries in the docker configs of a machine, found and matched as podman does.

Followed here: C(auth.GetDefaultAuthFile) of containers/common, and C(getAuthFilePaths), C(findCredentialsInFile) in
C(pkg/docker/config) of containers/image 5.36. A docker config that is named is the only one; otherwise the usual places
are searched until one has credentials.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement, dockerconfig, spelling
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE, Code
from ansible_collections.epinio.registries.plugins.module_utils._reading.dockerconfig import Entry
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import JSONObject
from ansible_collections.epinio.registries.plugins.module_utils._reading.logins import DOUBTS, has_store

#: Returns the content of a file, or None where there is none. OSError: it cannot be read.
Read = Callable[[str], "bytes | None"]


class Refused(Exception):
    """No credentials are given, for these reasons."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclasses.dataclass(frozen=True)
class Place:
    """A file that may be a docker config. ``named``: the option or variable that names it, so that it must be there.

    ``legacy``: all of it is what is in C(auths) elsewhere.
    """

    path: str
    named: str = ""
    legacy: bool = False


def places(config_file: str | None, environment: Mapping[str, str], *, home: str, user: int) -> list[Place]:
    """Return where to look, in podman's order; ``user`` is the number of the user on this machine."""
    if config_file:
        return [Place(config_file, "config_file")]
    if environment.get("REGISTRY_AUTH_FILE"):
        return [Place(environment["REGISTRY_AUTH_FILE"], "REGISTRY_AUTH_FILE")]
    if environment.get("DOCKER_CONFIG"):
        return [Place(f"{environment['DOCKER_CONFIG']}/config.json", "DOCKER_CONFIG")]
    runtime = environment.get("XDG_RUNTIME_DIR")
    runtime = f"{runtime}/containers" if runtime else f"/run/containers/{user}"
    settings = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return [
        Place(f"{runtime}/auth.json"),
        Place(f"{settings}/containers/auth.json"),
        Place(f"{home}/.docker/config.json"),
        Place(f"{home}/.dockercfg", legacy=True),
    ]


def credentials(terms: Iterable[Any], where: Sequence[Place], read: Read, *, missing_is_empty: bool) -> list[Entry]:
    """Return the credentials for each term (C(host[:port][/path])); Refused with all problems.

    ``missing_is_empty``: give an empty user name and password where no docker config has an entry.
    """
    files = _Files(where, read)
    problems: list[Problem] = []
    found = []
    for number, term in enumerate(terms, start=1):
        answer = _misspelled(number, term) or files.search(term, missing_is_empty)
        if isinstance(answer, Entry):
            found.append(answer)
        elif answer not in problems:  # one file that cannot be read is one problem, whatever the number of terms
            problems.append(answer)
    if problems:
        raise Refused(problems)
    return found


def _misspelled(number: int, term: Any) -> Problem | None:
    if not isinstance(term, str) or not term.strip():
        given = "''" if isinstance(term, str) else f"({type(term).__name__})"
        return CATALOGUE.problem("login_host_invalid", number=number, value=given, fault="is not text with a host")
    found = spelling.registry(term)
    if found is None:
        return None
    case: Code = "login_host_invalid:repaired" if found.better else "login_host_invalid"
    return CATALOGUE.problem(
        "login_host_invalid:secret" if found.secret else case,
        number=number,
        value=repr(str(term)),
        fault=found.fault,
        better=found.better,
    )


_UNREADABLE: Mapping[Code, Code] = {"config_not_json": "login_file_unreadable:json"}
_ELSEWHERE: Mapping[Code, Code] = {
    "credential_helper": "login_elsewhere:helper",
    "identity_token": "login_elsewhere:token",
}


@dataclasses.dataclass(frozen=True)
class _Empty:
    """A file without credentials for a term, though it speaks of them: podman goes on to the next."""

    problem: Problem


def _empty(name: str, *, store: bool) -> _Empty:
    return _Empty(CATALOGUE.problem("login_elsewhere:store" if store else "login_unclear:no_credentials", name=name))


class _Files:
    """The docker configs of a machine, each read once."""

    def __init__(self, where: Sequence[Place], read: Read) -> None:
        self._where = where
        self._read = functools.lru_cache(maxsize=None)(read)

    def search(self, term: str, missing_is_empty: bool) -> Entry | Problem:
        """Return what the first file that has credentials for a term holds, or what is in the way."""
        passed: Problem | None = None
        for place in self._where:
            answer = self._answer(place, term)
            if answer is not None and not isinstance(answer, _Empty):
                return answer
            passed = passed or (answer.problem if answer else None)
        if passed:
            return passed
        return Entry(term, "", "") if missing_is_empty else self._missing(term)

    def _answer(self, place: Place, term: str) -> Entry | Problem | _Empty | None:
        """Return what one file says of a term; None where it says nothing."""
        name = f"{term} in {place.path}"
        try:
            data = self._read(place.path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return CATALOGUE.problem("login_file_unreadable", file=place.path, reason=reason)
        if data is None:
            return _not_there(place) if place.named else None
        store = False
        try:
            config = _modern(dockerconfig.parse(data)) if place.legacy else dockerconfig.parse(data)
            store = has_store(config)  # skopeo does not know that key
            entry = agreement.held(config, _lookups(place, term))
        except agreement.Contradiction as doubt:
            if doubt.doubt == "password_unclear:no_credentials":
                return _empty(name, store=store)
            return CATALOGUE.problem(DOUBTS[doubt.doubt], name=name)
        except dockerconfig.Unreadable as error:
            if error.code in _ELSEWHERE:
                return CATALOGUE.problem(_ELSEWHERE[error.code], name=name)
            return CATALOGUE.problem(_UNREADABLE.get(error.code, "login_file_unreadable:shape"), file=place.path)
        return _empty(name, store=True) if store and entry is None else entry

    def _missing(self, term: str) -> Problem:
        case: Code = "login_missing" if self._where[0].named else "login_missing:nowhere"
        return CATALOGUE.problem(case, name=term, host=term, file=", ".join(place.path for place in self._where))


def _not_there(place: Place) -> Problem:
    case: Code = "login_file_missing" if place.named == "config_file" else "login_file_missing:variable"
    return CATALOGUE.problem(case, file=place.path, variable=place.named)


def _lookups(place: Place, term: str) -> tuple[str, ...]:
    """Return the keys to look for: the whole term first, its host last."""
    parts = term.split("/")
    return tuple("/".join(parts[:count]) for count in range(1 if place.legacy else len(parts), 0, -1))


def _modern(legacy: Any) -> JSONObject:
    """Return a legacy file in today's form; there the path of a key is cut off even where it has no scheme."""
    if not isinstance(legacy, JSONObject):
        raise dockerconfig.Unreadable("config_wrong_shape")
    entries, config = JSONObject(), JSONObject()
    for key, entry in legacy.members:
        entries.members.append((f"https://{key}" if "/" in key and "://" not in key else key, entry))
    config.members.append(("auths", entries))
    return config

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logins of a client's docker config, with all its registries: docker's C(config.json), podman's C(auth.json).

Read as docker (docker/cli, C(cli/config/configfile)) and skopeo (containers/image, C(pkg/docker/config)) read it: a
credential store or helper goes before what is in the file, and C(auth) before the fields beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement, dockerconfig, spelling
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE, Code
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import fold

#: Why it is not clear what an entry means -> the case of the catalogue.
DOUBTS: Mapping[agreement.Doubt, Code] = {
    "password_unclear:not_base64": "login_unclear:not_base64",
    "password_unclear:not_utf8": "login_unclear:not_utf8",
    "password_unclear:no_credentials": "login_unclear:no_credentials",
    "password_unclear:differ": "login_unclear:differ",
}
#: Stands for a key that may hold a password.
_HIDDEN = "an entry with a login before its host"


@dataclasses.dataclass(frozen=True)
class Login:
    """One registry of a docker config: user name and password, or the problem that they are not clear.

    ``key`` is what is in the file (a host, with or without scheme, port and path); it may hold a login itself,
    ``shown`` never does.
    """

    key: str = dataclasses.field(repr=False)
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    problem: Problem | None = None

    @property
    def shown(self) -> str:
        """Return the key as it can stand in a sentence."""
        return shown(self.key)


def shown(key: str) -> str:
    """Return a key of C(auths) as it can stand in a sentence."""
    return _HIDDEN if spelling.has_login(key) else ascii(key)[1:-1]


def read(data: bytes) -> list[Login]:
    """Return every login in the order of their keys in the file, those of C(credHelpers) last.

    Raises C(dockerconfig.Unreadable), whose C(code) is a case of the catalogue, where it is not a docker config.
    """
    try:
        config = dockerconfig.parse(data)
    except dockerconfig.Unreadable as error:
        raise dockerconfig.Unreadable("logins_unreadable:not_json") from error
    auths, helpers = _sections(config)
    stored = has_store(config)
    found = [_login(key, entry, helped=key in helpers, stored=stored) for key, entry in auths.items()]
    found += [_without(key, "login_elsewhere:helper") for key in helpers if key not in auths]
    return found


def has_store(config: Any) -> bool:
    """Say whether docker keeps the credentials of this file's entries elsewhere: in the C(credsStore) that it names."""
    return bool(dockerconfig.fields(config, ("credsstore",), "logins_unreadable:shape")["credsstore"])


def _sections(config: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return C(auths) and C(credHelpers); a section that comes again is merged."""
    sections: dict[str, dict[str, Any]] = {"auths": {}, "credhelpers": {}}
    for key, value in dockerconfig.members(config, "logins_unreadable:shape"):
        folded = fold(key)
        if folded in sections:
            entries = dockerconfig.members(value, "logins_unreadable:shape")
            sections[folded] = {} if value is None else {**sections[folded], **dict(entries)}
    return sections["auths"], sections["credhelpers"]


def _without(key: str, case: Code) -> Login:
    return Login(key, problem=CATALOGUE.problem(case, name=shown(key)))


def _login(key: str, entry: Any, *, helped: bool, stored: bool) -> Login:
    if helped or stored:
        return _without(key, "login_elsewhere:helper" if helped else "login_elsewhere:store")
    try:
        if dockerconfig.fields(entry, ("identitytoken",), "login_unclear:shape")["identitytoken"]:
            return _without(key, "login_elsewhere:token")
        holder = agreement.agreed(dockerconfig.export_fields(key, entry))
    except dockerconfig.Unreadable:
        return _without(key, "login_unclear:shape")
    except agreement.Contradiction as error:
        return _without(key, DOUBTS[error.doubt])
    return Login(key, holder.username, holder.password)

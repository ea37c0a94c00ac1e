# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one user name and password of a docker config, or why it is not clear which they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, skopeo
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import Code

#: Why it is not clear which credentials a docker config means.
Doubt = Literal[
    "password_unclear:several",
    "password_unclear:no_entry",
    "password_unclear:not_base64",
    "password_unclear:not_utf8",
    "password_unclear:no_credentials",
    "password_unclear:differ",
    "password_unclear:unreadable",
]


class Contradiction(ValueError):
    """Nobody can say which credentials a docker config stands for, and this is why."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt)
        self.doubt = doubt


def stored(data: bytes) -> dockerconfig.Entry:
    """Return the registry, user name and password that a secret holds; Contradiction where that is not one answer."""
    try:
        entry = dockerconfig.export_fields(*dockerconfig.only_entry(dockerconfig.parse(data)))
    except dockerconfig.Unreadable as error:
        raise Contradiction(_DOUBTS.get(error.code, "password_unclear:unreadable")) from error
    return agreed(entry)


def agreed(entry: dockerconfig.ExportEntry) -> dockerconfig.Entry:
    """Return the one user name and password that an entry stands for; Contradiction where that is not one answer.

    Fields beside an C(auth) must say the same.
    """
    holder = _decided(entry)
    if (entry.username or holder.username, entry.password or holder.password) != (holder.username, holder.password):
        raise Contradiction("password_unclear:differ")
    return holder


def held(config: Any, lookups: tuple[str, ...]) -> dockerconfig.Entry | None:
    """Return what a docker config of a machine holds for the first of these keys, matched as skopeo matches them.

    None where it has no entry. dockerconfig.Unreadable where skopeo cannot parse it, or takes something else than a
    password; Contradiction where an entry is there and says no user name and password.
    """
    found = skopeo.match(config, lookups)
    if found is None:
        return None
    if skopeo.parsed(found[1])[1]:
        raise dockerconfig.Unreadable("identity_token")
    return _decided(dockerconfig.export_fields(*found))


def _decided(entry: dockerconfig.ExportEntry) -> dockerconfig.Entry:
    """Return the credentials of an entry: C(auth) decides, as for skopeo, and where it is missing, the fields do."""
    try:
        pair = dockerconfig.split_auth(entry.auth) if entry.auth else entry.credentials()
        username, password = pair or (b"", b"")
        holder = dockerconfig.Entry(entry.registry, username.decode(), password.strip(b"\0").decode())
    except dockerconfig.Unreadable as error:
        raise Contradiction("password_unclear:not_base64") from error
    except UnicodeDecodeError as error:
        raise Contradiction("password_unclear:not_utf8") from error
    if not holder.username or not holder.password:
        raise Contradiction("password_unclear:no_credentials")
    return holder


_DOUBTS: Mapping[Code, Doubt] = {
    "auths_several": "password_unclear:several",
    "auths_empty": "password_unclear:no_entry",
    "auths_missing": "password_unclear:no_entry",
}

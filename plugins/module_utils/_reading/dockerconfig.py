# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encode and decode C(.dockerconfigjson): as we write it, and as Epinio's list and export read it.

The readers follow Epinio 1.14 (C(internal/registry/registry.go): the list and the export parse the same text into
different Go types). What skopeo takes from it is told in C(skopeo.py).
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import Code
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import (
    JSONObject,
    decode_base64,
    fold,
    parse_json,
)


@dataclasses.dataclass(frozen=True)
class Entry:
    """The one entry of a docker config: the key in C(auths) and the credentials."""

    registry: str
    username: str
    password: str = dataclasses.field(repr=False)


class Unreadable(ValueError):
    """A reader of Epinio refuses this docker config; C(code) is one of C(catalogue.Code)."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


def auth(username: str, password: str) -> str:
    """Return the value of C(auth), which is all that skopeo reads: base64 of C(username:password) in UTF-8."""
    return base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def encode(*, registry: str, username: str, password: str) -> bytes:
    """Return the docker config of one registry in canonical form: compact ASCII JSON, always with all three fields."""
    entry = {"auth": auth(username, password), "username": username, "password": password}
    return json.dumps({"auths": {registry: entry}}, separators=(",", ":")).encode("ascii")


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(members)
    if len(plain) != len(members):
        raise ValueError("a key is there twice")
    return plain


_STRICT = json.JSONDecoder(object_pairs_hook=_without_duplicates)
_FIELDS = {"auth", "username", "password"}
#: What is shorter is looked for in foreign texts only where it is a password: its letters stand everywhere.
_TELLING = 8
#: Folded keys of a docker config whose values may be shown.
_NAMES = {"username", "email", "serveraddress"}


def exact(data: bytes) -> Entry | None:
    """Return the entry if the config is what C(encode) writes, white space, order and escapes apart; else None."""
    try:
        config = _STRICT.decode(data.decode("utf-8"))
        (auths,) = config.values()
        ((registry, held),) = auths.items()
        entry = Entry(registry, held["username"], held["password"])
        if (
            "auths" in config
            and held.keys() == _FIELDS
            and isinstance(entry.username, str)
            and isinstance(entry.password, str)
            and held["auth"] == auth(entry.username, entry.password)
        ):
            registry.encode()  # a lone surrogate is not a host
            return entry
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass
    return None


def parse(data: bytes) -> Any:
    """Parse a docker config as Go does; raise Unreadable where Go would."""
    try:
        return parse_json(data)
    except ValueError as error:
        raise Unreadable("config_not_json") from error


def members(value: Any, code: Code) -> list[tuple[str, Any]]:
    """Return the members of what Go puts into a map or a struct; null leaves it empty."""
    if isinstance(value, JSONObject):
        return value.members
    if value is None:
        return []
    raise Unreadable(code)


def text_field(value: Any, before: str, code: Code) -> str:
    """Return what a string field holds after C(value) was put into it; null leaves it as it was."""
    if isinstance(value, str):
        return value
    if value is None:
        return before
    raise Unreadable(code)


def only_entry(config: Any) -> tuple[str, Any]:
    """Return the one entry of C(auths); a later C(auths), and a later key in it, replaces an earlier one."""
    found = [value for key, value in members(config, "config_wrong_shape") if key == "auths"]
    if not found:
        raise Unreadable("auths_missing")
    entries = dict(members(found[-1], "config_wrong_shape"))
    if len(entries) != 1:
        raise Unreadable("auths_several" if entries else "auths_empty")
    return next(iter(entries.items()))


def _values(value: Any) -> Iterator[Any]:
    """Yield a value and everything in it."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, JSONObject):
            waiting += [member for _key, member in value.members]
        elif isinstance(value, list):
            waiting += value


def listed_registry(config: Any) -> str:
    """Return the registry as C(epinio export-registries) reads it: into C(map[string]map[string]any)."""
    for _key, section in members(config, "config_wrong_shape"):
        for _host, entry in members(section, "config_foreign_key"):
            if any(isinstance(value, float) and math.isinf(value) for value in _values(entry)):
                raise Unreadable("config_number_range")
    return only_entry(config)[0]


@dataclasses.dataclass(frozen=True)
class ExportEntry:
    """The three fields of an entry as the export parses them."""

    registry: str
    auth: str = dataclasses.field(repr=False)
    username: str
    password: str = dataclasses.field(repr=False)

    def credentials(self) -> tuple[bytes, bytes]:
        """Return what Helm logs in with: the fields, or C(auth) where one of them is empty and it can be read."""
        if (not self.username or not self.password) and self.auth:
            try:
                pair = split_auth(self.auth)
            except Unreadable:
                pair = None
            if pair is not None:
                return pair
        return self.username.encode(), self.password.encode()


def export_fields(registry: str, entry: Any) -> ExportEntry:
    """Return the fields of one entry as the export reads them. Raises Unreadable."""
    found = fields(entry, _FIELDS, "entry_wrong_type")
    return ExportEntry(registry, found["auth"], found["username"], found["password"])


def fields(entry: Any, names: Iterable[str], code: Code) -> dict[str, str]:
    """Return what Go's struct of texts holds after an entry was put into it: C(names), each empty where it is not."""
    found = dict.fromkeys(names, "")
    for key, value in members(entry, code):
        folded = fold(key)
        if folded in found:
            found[folded] = text_field(value, found[folded], code)
    return found


def export_entry(config: Any) -> ExportEntry:
    """Return the entry as C(epinio app export) reads it: every section's members must fit C(ContainerRegistryAuth)."""
    for _key, section in members(config, "config_wrong_shape"):
        for key, entry in members(section, "config_foreign_key"):
            export_fields(key, entry)
    return export_fields(*only_entry(config))


def split_auth(value: str) -> tuple[bytes, bytes] | None:
    """Return user name and password of an C(auth); None where it has no colon; Unreadable where it is not base64."""
    try:
        username, colon, password = decode_base64(value.encode()).partition(b":")
    except ValueError as error:
        raise Unreadable("auth_not_base64") from error
    return (username, password) if colon else None


def confidential(data: bytes) -> Iterator[str]:
    """Yield what no text may hold of a docker config: all of it in base64, and each value but names.

    What is short and neither password nor auth is none: its letters stand everywhere. Of what cannot be parsed nobody
    can say which part is secret: all of it.
    """
    if len(data) >= _TELLING:
        yield base64.b64encode(data).decode()
    try:
        found = list(_texts(data))
    except Unreadable:
        if len(data) >= _TELLING:
            yield data.decode("utf-8", "replace")
        return
    for key, text in found:
        if key not in _NAMES and (len(text) >= _TELLING or key in ("auth", "password", "identitytoken")):
            yield text
        if key == "auth":
            yield from _password_of(text)


def passwords(data: bytes) -> Iterator[str]:
    """Yield every password and token in a docker config, whatever reads it; none where it cannot be parsed."""
    with contextlib.suppress(Unreadable):
        for key, text in _texts(data):
            if key in ("password", "identitytoken", "registrytoken"):
                yield text
            if key == "auth":
                yield from _password_of(text)


def _texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield each text in a docker config behind its folded key. Raises Unreadable."""
    for value in _values(parse(data)):
        for key, text in value.members if isinstance(value, JSONObject) else ():
            if isinstance(text, str):
                yield fold(key), text


def _password_of(auth: str) -> Iterator[str]:
    with contextlib.suppress(ValueError):
        yield decode_base64(auth.encode()).decode("utf-8", "replace").partition(":")[2]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a docker config logs in as, and the same text with another password, byte for byte apart from that."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator

from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import JSONObject, fold

#: What matters of JSON that has been read before: its texts, and what groups them.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)


def holders(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the key in C(auths) and the user name of each login in a docker config; none where it cannot be parsed.

    An entry that says two user names, in C(username) and in C(auth), is yielded with both.
    """
    with contextlib.suppress(dockerconfig.Unreadable):
        for key, section in _members(dockerconfig.parse(data)):
            for registry, entry in _members(section) if fold(key) == "auths" else ():
                for username in {name for field, value in _members(entry) for name in _username(fold(field), value)}:
                    yield registry, username


def _members(value: object) -> list[tuple[str, object]]:
    return value.members if isinstance(value, JSONObject) else []


def _username(field: str, value: object) -> Iterator[str]:
    if isinstance(value, str) and field == "username":
        yield value
    if isinstance(value, str) and field == "auth":
        with contextlib.suppress(dockerconfig.Unreadable):
            yield (dockerconfig.split_auth(value) or (b"", b""))[0].decode("utf-8", "replace")


@dataclasses.dataclass
class _Open:
    """An object or a list that has begun; ``key`` is what was read last of an object."""

    is_object: bool
    key: str | None = None


def with_password(data: bytes, username: str, password: str) -> bytes:
    """Return a docker config that can be parsed, with the password in each C(auth) and C(password) that is a text.

    ``username`` goes into C(auth). Everything else, white space too, is as it was.
    """
    fields = {"auth": dockerconfig.auth(username, password), "password": password}
    opened: list[_Open] = []

    def replaced(token: re.Match[str]) -> str:
        text = token[0]
        if text in "{[":
            opened.append(_Open(text == "{"))
        elif text in "}]":
            opened.pop()
        elif text == ",":
            opened[-1].key = None
        elif opened and opened[-1].is_object and opened[-1].key is None:
            opened[-1].key = str(json.loads(text, strict=False))
        else:
            path = [fold(one.key or "") for one in opened if one.is_object]
            if len(path) == len(opened) == 3 and path[0] == "auths" and path[2] in fields:
                return json.dumps(fields[path[2]])
        return text

    return _TOKEN.sub(replaced, data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destinations from the logins of a client, whatever form its docker config comes in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.epinio.registries.plugins.module_utils._desired import from_logins
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, logins
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import DOCKERCONFIG
from ansible_collections.epinio.registries.plugins.plugin_utils._values import plain, require_none, unknown


def destinations(value: Any, *, organizations: Any = None, names: Any = None, only: Any = None, **more: Any) -> Any:
    """Return an item of the list for each login of a docker config, or of a secret that holds one."""
    unread: list[Problem] = []
    found: list[logins.Login] = []
    for content in _contents(plain(value)):
        try:
            found += logins.read(content)
        except dockerconfig.Unreadable as error:
            unread.append(CATALOGUE.problem(error.code))
    if not found and not unread:
        unread.append(CATALOGUE.problem("logins_none"))
    problems = [*unknown(more, ("organizations", "names", "only")), *unread]
    taken = from_logins.destinations(found, organizations=plain(organizations), names=plain(names), only=plain(only))
    if found:
        problems += taken.problems
    require_none(problems, [login.password for login in found], done="taken over")
    return wrap_var([dict(item) for item in taken.items])


def _contents(value: Any) -> Sequence[bytes]:
    """Return the docker configs that a value stands for: its text, its data, that of a secret, or of a list of them."""
    if isinstance(value, str):
        secret = _secret(value)
        return [value.encode("utf-8", "replace")] if secret is None else _contents(secret)
    if isinstance(value, list):
        return [content for one in value for content in _contents(one)]
    if isinstance(value, Mapping):
        for listed in ("resources", "items"):
            if isinstance(value.get(listed), list):
                return _contents(value[listed])
        for key, decoded in (("stringData", str.encode), ("data", _decoded)):
            data = value.get(key)
            if isinstance(data, Mapping) and isinstance(data.get(DOCKERCONFIG), str):
                return [decoded(data[DOCKERCONFIG])]
    return [json.dumps(value).encode()]


def _decoded(encoded: str) -> bytes:
    """Return a value of a secret's C(data), decoded; what is not base64 is not a docker config either."""
    try:
        return base64.b64decode(encoded)
    except ValueError:
        return b""


def _secret(text: str) -> Any:
    """Return what a manifest in YAML or JSON says; None where it is none."""
    try:
        parsed = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    manifests = [one for one in parsed if isinstance(one, dict) and "kind" in one]
    return manifests or None

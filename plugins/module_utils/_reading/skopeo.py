# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which login skopeo takes from C(.dockerconfigjson) for an image (C(pkg/docker/config) of containers/image 5.36)."""

from __future__ import annotations

from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._reading.dockerconfig import (
    Unreadable,
    fields,
    members,
    split_auth,
    text_field,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import fold

_DOCKER_HUB = frozenset({"docker.io", "registry-1.docker.io"})


def credentials(config: Any, lookups: tuple[str, ...]) -> tuple[bytes, bytes] | None:
    """Return the credentials that skopeo takes for an image, or None where it would go anonymous.

    C(lookups) are the keys to look for, the image's whole name first and its host last.
    """
    encoded, _identity_token = _fields(config, lookups)
    pair = split_auth(encoded)
    return pair and (pair[0], pair[1].strip(b"\0"))


def identity_token(config: Any, lookups: tuple[str, ...]) -> str:
    """Return what skopeo sends to a token service instead of these credentials; empty where that is none."""
    encoded, token = _fields(config, lookups)
    return token if split_auth(encoded) else ""


def _fields(config: Any, lookups: tuple[str, ...]) -> tuple[str, str]:
    """Return C(auth) and C(identitytoken) of the entry that skopeo takes; empty ones where it finds none."""
    found = match(config, lookups)
    return ("", "") if found is None else parsed(found[1])


def match(config: Any, lookups: tuple[str, ...]) -> tuple[str, Any] | None:
    """Return the entry that skopeo takes with its key, or None where it finds none."""
    auths: dict[str, Any] = {}
    helpers: dict[str, str] = {}
    for key, value in members(config, "config_wrong_shape"):
        field = fold(key)
        if field == "auths":
            # A field that comes again is merged into the map that is there; null takes the map away.
            auths = {} if value is None else auths
            for registry, entry in members(value, "config_unreadable_for_skopeo"):
                parsed(entry)  # it parses them all before it looks for one
                auths[registry] = entry
        elif field == "credhelpers":
            helpers = {} if value is None else helpers
            for registry, helper in members(value, "config_unreadable_for_skopeo"):
                helpers[registry] = text_field(helper, "", "config_unreadable_for_skopeo")
    host = lookups[-1]
    if host in helpers:
        raise Unreadable("credential_helper")
    found = next((key for key in lookups if key in auths), None)
    if found is None:
        found = next((key for key in auths if matches_host(key, host)), None)
    return None if found is None else (found, auths[found])


def parsed(entry: Any) -> tuple[str, str]:
    """Return C(auth) and C(identitytoken) of an entry as skopeo parses it. Raises Unreadable."""
    found = fields(entry, ("auth", "identitytoken"), "config_unreadable_for_skopeo")
    return found["auth"], found["identitytoken"]


def _normalized(host: str) -> str:
    return "index.docker.io" if host in _DOCKER_HUB else host


def matches_host(key: str, host: str) -> bool:
    """Say whether skopeo takes a key of C(auths) for a host although it is not the same text (normalizeAuthFileKey)."""
    bare = key[len("http://") :] if key.startswith("http://") else key
    bare = bare[len("https://") :] if bare.startswith("https://") else bare
    if bare != key:
        bare = bare.partition("/")[0]
    return _normalized(bare) == _normalized(host)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ExternalSecret of a destination: its template makes what Epinio reads of what a secret store holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import Desired
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    CERTS,
    DOCKERCONFIG,
    MANAGED_LABEL,
)

#: What a store holds of each destination (``remoteRef.property``), and what the template calls it.
_USERNAME, _PASSWORD = "username", "password"
#: Filled in by the key of a destination in the store.
NAME_FIELD = "{name}"


def external_secret(
    desired: Desired, namespace: str, *, store: str, kind: str, key: str, username: str | None
) -> dict[str, Any]:
    """Return the manifest (external-secrets.io/v1) that stands for an authentication secret.

    ``username``: the one of the list; None where the store has it. The secret is not marked as managed by this
    collection: it belongs to External Secrets.
    """
    wanted = [_PASSWORD] if username is not None else [_USERNAME, _PASSWORD]
    remote = key.replace(NAME_FIELD, desired.name)
    data = {DOCKERCONFIG: _docker_config(desired.registry or "", username)}
    if CERTS in desired.data:
        data[CERTS] = desired.data[CERTS].decode()
    labels = {name: value for name, value in desired.labels.items() if name != MANAGED_LABEL}
    template = {
        "engineVersion": "v2",
        "type": "Opaque",
        "metadata": {"labels": _literals(labels), "annotations": _literals(desired.annotations)},
        "data": data,
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": desired.name, "namespace": namespace},
        "spec": {
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": kind, "name": store},
            "target": {"name": desired.name, "creationPolicy": "Owner", "template": template},
            "data": [{"secretKey": one, "remoteRef": {"key": remote, "property": one}} for one in wanted],
        },
    }


def _docker_config(registry: str, username: str | None) -> str:
    """Return the template of a docker config. No text of the store is put between quotes: C(toJson) writes them."""
    user = f".{_USERNAME}" if username is None else _go(username)
    entry = f'dict "auth" (printf "%s:%s" {user} .{_PASSWORD} | b64enc) "username" {user} "password" .{_PASSWORD}'
    return f'{{{{ dict "auths" (dict {_go(registry)} ({entry})) | toJson }}}}'


def _go(text: str) -> str:
    """Return a text as a string of Go's templates; it has no characters that JSON and Go escape in different ways."""
    return json.dumps(text, ensure_ascii=False)


def _literals(texts: Mapping[str, str]) -> dict[str, str]:
    """Return labels or annotations, with what looks like a template as one that renders to it."""
    return {key: f"{{{{ {_go(text)} }}}}" if "{{" in text else text for key, text in texts.items()}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an answer is that of an API server to this very request, or of something between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Kinds that answer a LIST of secrets.
_LISTS = frozenset({"SecretList", "PartialObjectMetadataList"})


def decoded(body: bytes) -> Mapping[str, Any] | None:
    """Return the object in a body of JSON, or none where there is no object."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def is_status(answer: Mapping[str, Any] | None, *, success: bool = False) -> bool:
    """Return whether this is Kubernetes' word about a request (metav1.Status): a no, or a yes with ``success``."""
    return (
        answer is not None
        and answer.get("kind") == "Status"
        and (answer.get("status") == "Success") is success
        and isinstance(answer.get("message") or "", str)
    )


def is_namespace(answer: Mapping[str, Any], name: str) -> bool:
    """Return whether this is the namespace of that name."""
    metadata = answer.get("metadata")
    return answer.get("kind") == "Namespace" and isinstance(metadata, dict) and metadata.get("name") == name


def is_secret(answer: Mapping[str, Any], name: str) -> bool:
    """Return whether this is the secret of that name."""
    return answer.get("kind") == "Secret" and _is_object(answer) and answer["metadata"]["name"] == name


def is_page(answer: Mapping[str, Any]) -> bool:
    """Return whether this is a page of a list of secrets, or of their metadata."""
    items, metadata = answer.get("items"), answer.get("metadata", {})
    if answer.get("kind") not in _LISTS or not isinstance(metadata, dict):
        return False
    token = metadata.get("continue")
    return (items is None or (isinstance(items, list) and all(map(_is_object, items)))) and (
        token is None or isinstance(token, str)
    )


def _is_object(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return False
    return (
        all(_is_map(metadata.get(key), str) for key in ("labels", "annotations"))
        and all(_is(metadata.get(key), str) for key in ("uid", "resourceVersion", "deletionTimestamp"))
        and all(_is(metadata.get(key), list) for key in ("finalizers", "ownerReferences", "managedFields"))
        and _is_map(item.get("data"), (str, type(None)))
        and _is(item.get("type"), str)
        and _is(item.get("immutable"), bool)
    )


def _is(value: Any, kind: Any) -> bool:
    return value is None or isinstance(value, kind)


def _is_map(value: Any, kind: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(one, kind) for one in value.values()))

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored secret: the names of its labels, annotations and keys, and what it holds, decoded in one place."""

from __future__ import annotations

import binascii
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._masking import printable
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import to_text

API_EXPORT_LABEL = "epinio.io/api-export-registry"
TRUE = "true"
NAMESPACE_ANNOTATION = "epinio.io/registry-namespace"
DOCKERCONFIG = ".dockerconfigjson"
CERTS = "certs"
TLS_CRT = "tls.crt"

#: Our ownership label; its value says what the secret is.
MANAGED_LABEL = "epinio.registries/managed"
Kind = Literal["destination", "destination-certificate", "shared-certificate"]
DESTINATION: Kind = "destination"
DESTINATION_CERTIFICATE: Kind = "destination-certificate"
SHARED_CERTIFICATE: Kind = "shared-certificate"

#: RFC 1123 subdomain, as the API server checks the name of a secret, and how long it may be.
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
MAX_NAME = 253
#: RFC 1123 label, as the API server checks the name of a namespace.
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

#: Secrets of these types must hold other keys than Epinio reads (kubernetes, pkg/apis/core/validation, ValidateSecret).
UNWRITABLE_TYPES = frozenset(
    {"kubernetes.io/basic-auth", "kubernetes.io/dockercfg", "kubernetes.io/ssh-auth", "kubernetes.io/tls"}
)


def is_secret_name(name: str) -> bool:
    """Return whether Kubernetes allows this name for a secret."""
    return len(name) <= MAX_NAME and SUBDOMAIN.fullmatch(name) is not None


def is_namespace_name(name: str) -> bool:
    """Return whether Kubernetes allows this name for a namespace."""
    return _LABEL.fullmatch(name) is not None


@dataclasses.dataclass(frozen=True)
class Secret:
    """A secret, its data decoded; ``raw`` is the object that the API server gave, if it did."""

    name: str
    data: Mapping[str, bytes] = dataclasses.field(repr=False)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def from_api(cls, raw: Mapping[str, Any]) -> Secret:
        """Return the secret of a Kubernetes object; each value of its data is decoded when it is asked for."""
        metadata = raw.get("metadata") or {}
        return cls(
            metadata.get("name") or "",
            _Decoded(raw.get("data") or {}),
            metadata.get("labels") or {},
            metadata.get("annotations") or {},
            raw,
        )

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Return what Kubernetes knows of the object: its version, identity, owners, finalizers."""
        metadata: Mapping[str, Any] = self.raw.get("metadata") or {}
        return metadata

    @property
    def managed(self) -> str | None:
        """Return what our ownership label says that this is."""
        return self.labels.get(MANAGED_LABEL)

    @property
    def is_destination(self) -> bool:
        """Return whether it is an authentication secret, by Epinio's label (whatever its value) or by ours."""
        return API_EXPORT_LABEL in self.labels or self.managed == DESTINATION

    @property
    def immutable(self) -> bool:
        """Return whether somebody has frozen it."""
        return bool(self.raw.get("immutable"))

    @property
    def frozen(self) -> bool:
        """Return whether its data can only change by deleting and creating it."""
        return self.immutable or self.raw.get("type") in UNWRITABLE_TYPES

    @property
    def finalizers(self) -> str:
        """Return the names of those that have to agree before it is gone, for people; empty where it goes at once."""
        return printable(", ".join(map(str, self.metadata.get("finalizers") or ())))

    @property
    def deleted_since(self) -> str | None:
        """Return when it was marked for deletion; None where nobody deleted it."""
        since = self.metadata.get("deletionTimestamp")
        return printable(str(since)) if since else None

    @property
    def outlasts_deletion(self) -> bool:
        """Return whether it is still there when it has been deleted."""
        return bool(self.finalizers or self.deleted_since)

    @property
    def certificate_secret(self) -> str | None:
        """Return the name in ``certs``, read as Epinio does (white space counts; empty is none)."""
        return self.text(CERTS) or None

    def text(self, key: str) -> str | None:
        """Return the value of a data key as Go reads it: each byte that is not UTF-8 is one U+FFFD."""
        value = self.data.get(key)
        return None if value is None else to_text(value)


class _Decoded(Mapping[str, bytes]):
    """The values of a secret's ``data``; what is not base64 is empty, as it is to Epinio."""

    __slots__ = ("_encoded",)

    def __init__(self, encoded: Mapping[str, Any]) -> None:
        self._encoded = encoded

    def __getitem__(self, key: str) -> bytes:
        value = self._encoded[key]
        try:
            return binascii.a2b_base64(value) if isinstance(value, str) else b""
        except ValueError:
            return b""

    def __iter__(self) -> Iterator[str]:
        return iter(self._encoded)

    def __len__(self) -> int:
        return len(self._encoded)

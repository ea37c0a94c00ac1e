# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a secret must hold, and how that differs from what it holds."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE, Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    Destination,
    SharedCertificate,
)
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, without_userinfo
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import (
    agreement,
    certificates,
    dockerconfig,
    spelling,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    CERTS,
    DESTINATION,
    DESTINATION_CERTIFICATE,
    DOCKERCONFIG,
    MANAGED_LABEL,
    NAMESPACE_ANNOTATION,
    SHARED_CERTIFICATE,
    TLS_CRT,
    TRUE,
    UNWRITABLE_TYPES,
    Kind,
    Secret,
)

_MAX_DATA = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Desired:
    """What a secret must hold. ``labels`` and ``annotations`` are added to what others put there."""

    name: str
    kind: Kind
    data: Mapping[str, bytes] = dataclasses.field(repr=False)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    adopt: bool = False
    registry: str | None = None
    organization: str | None = None
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)

    @property
    def too_large(self) -> bool:
        """Return whether the API server would refuse it for its size (1 MiB of data)."""
        return sum(map(len, self.data.values())) > _MAX_DATA

    def written(self, current: Secret | None = None) -> Secret:
        """Return the secret after the write: exact data; labels and annotations of others stay."""
        labels, annotations = (current.labels, current.annotations) if current is not None else ({}, {})
        return Secret(self.name, self.data, {**labels, **self.labels}, {**annotations, **self.annotations})

    def body(self, namespace: str, current: Secret | None, *, fresh: bool = False) -> dict[str, Any]:
        """Return the Kubernetes object to send.

        ``fresh`` is for an object that replaces a deleted one: it carries no identity of the old one.
        """
        metadata: dict[str, Any] = {"name": self.name, "namespace": namespace}
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque"}
        written = self.written(current)
        metadata["labels"], metadata["annotations"] = dict(written.labels), dict(written.annotations)
        if current is not None:
            kept = ("ownerReferences",) if fresh else ("finalizers", "ownerReferences", "resourceVersion", "uid")
            metadata.update({key: current.metadata[key] for key in kept if key in current.metadata})
            if not fresh or current.raw.get("type") not in UNWRITABLE_TYPES:
                body["type"] = current.raw.get("type", "Opaque")
            if current.raw.get("immutable") is not None:
                body["immutable"] = current.raw["immutable"]
        if current is not None and not fresh and METADATA_FIELDS.issuperset(differences(self, current)):
            # The same in other bytes: whoever wrote it finds it as it was, and an immutable secret may be marked.
            body["data"] = dict(current.raw["data"])
        else:
            body["data"] = {key: base64.b64encode(value).decode() for key, value in self.data.items()}
        return body


def authentication(item: Destination, password: str) -> Desired:
    """Return the authentication secret of a destination."""
    data = {DOCKERCONFIG: dockerconfig.encode(registry=item.registry, username=item.username, password=password)}
    if item.certificate_secret:
        data[CERTS] = item.certificate_secret.encode()
    return Desired(
        name=item.name,
        kind=DESTINATION,
        data=data,
        labels={**item.labels, API_EXPORT_LABEL: TRUE, MANAGED_LABEL: DESTINATION},
        annotations={**item.annotations, NAMESPACE_ANNOTATION: item.organization},
        adopt=item.adopt,
        registry=item.registry,
        organization=item.organization,
        username=item.username,
        password=password,
    )


def certificate(item: Destination | SharedCertificate, kind: Kind, *, beside: Secret | None = None) -> Desired:
    """Return the certificate secret of an item that has a certificate, with the item's extra labels and annotations.

    ``beside``: the stored secret, where others use it too: then only those are added whose key it does not have.
    What each of several tasks adds would otherwise take away what the others did, for ever.
    """
    labels, annotations = (beside.labels, beside.annotations) if beside is not None else ({}, {})
    return Desired(
        name=item.name if isinstance(item, SharedCertificate) else item.certificate_secret or "",
        kind=kind,
        data={TLS_CRT: (item.certificate or "").encode()},
        labels={**{key: one for key, one in item.labels.items() if key not in labels}, MANAGED_LABEL: kind},
        annotations={key: one for key, one in item.annotations.items() if key not in annotations},
        adopt=item.adopt,
    )


def as_it_was(secret: Secret) -> Desired:
    """Return what makes a certificate secret again that was deleted; its labels and annotations come with it."""
    shared = secret.managed == SHARED_CERTIFICATE
    return Desired(secret.name, SHARED_CERTIFICATE if shared else DESTINATION_CERTIFICATE, secret.data)


def standing_password(item: Destination, current: Secret | None) -> tuple[str, Problem | None]:
    """Return the password after the write, or why it is not clear (rule 11).

    The stored one is kept where the item asks for that, unless it would go to someone else or is not clear.
    """
    if current is None or not item.keep_password:
        return item.password, None

    def problem(case: Case, option: str) -> tuple[str, Problem]:
        return "", CATALOGUE.problem(case, option=option, **vars(item.place))

    try:
        stored = agreement.stored(current.data.get(DOCKERCONFIG, b""))
    except agreement.Contradiction as error:
        return problem(error.doubt, "update_password")
    if stored.registry != item.registry:
        return problem("password_for_another", "registry")
    if stored.username != item.username:
        return problem("password_for_another", "registry_username")
    return stored.password, None


def confidential(secret: Secret | Desired) -> Iterator[str]:
    """Yield what no text may hold of a secret: what is not a certificate, in any form that the API server may quote."""
    for key, value in secret.data.items():
        if key not in (CERTS, TLS_CRT):
            yield from dockerconfig.confidential(value)


def differences(desired: Desired, current: Secret) -> tuple[str, ...]:
    """Return the names of what differs, by meaning and not by bytes; empty when nothing has to be written."""
    data = desired.data
    fields: list[str] = []
    if desired.kind == DESTINATION:
        fields += _credentials(desired, current)
        if current.annotations.get(NAMESPACE_ANNOTATION) != desired.organization:
            fields.append("organization")
        if (current.data.get(CERTS) or None) != data.get(CERTS):
            fields.append("certificate_secret")
        if current.labels.get(API_EXPORT_LABEL) != TRUE:
            fields.append("export_label")
    elif not certificates.same(current.text(TLS_CRT) or "", data[TLS_CRT].decode()):
        fields.append("certificate")
    if any(key not in data and key != CERTS for key in current.data):
        fields.append("data_keys")
    ours = {API_EXPORT_LABEL, MANAGED_LABEL}
    if any(current.labels.get(key) != value for key, value in desired.labels.items() if key not in ours):
        fields.append("labels")
    if any(current.annotations.get(k) != v for k, v in desired.annotations.items() if k != NAMESPACE_ANNOTATION):
        fields.append("annotations")
    marks = MANAGED_LABEL in desired.labels  # what changes a password alone leaves the marks as they are
    if marks and current.managed != desired.kind and (fields or desired.adopt or current.managed is not None):
        fields.append("managed")
    return tuple(fields)


#: Fields that stand for data; the others are labels and annotations, which an immutable secret lets change.
METADATA_FIELDS = frozenset({"organization", "export_label", "labels", "annotations", "managed"})


def _credentials(desired: Desired, current: Secret) -> list[str]:
    wanted = desired.data[DOCKERCONFIG]
    held = current.data.get(DOCKERCONFIG)
    if held == wanted:
        return []
    entry = dockerconfig.exact(held) if held is not None else None
    if entry is None:
        return ["docker_config"]
    return [
        option
        for option, old, new in (
            ("registry", entry.registry, desired.registry),
            ("registry_username", entry.username, desired.username),
            ("registry_password", entry.password, desired.password),
        )
        if old != new
    ]


def shown_username(username: str | None, *secrets: Secret | Desired | None) -> str | None:
    """Return a user name as it may be shown: masked where it is, or holds, a password or token of these secrets.

    Some registries want their token in both places.
    """
    held = (one.data[DOCKERCONFIG] for one in secrets if one is not None and DOCKERCONFIG in one.data)
    mask = Mask(password for data in held for password in dockerconfig.passwords(data))
    return MASK if username and mask.finds(username) else username


def shown_address(text: str | None) -> str | None:
    """Return a registry or an organization as it may be shown: without what somebody wrote before an C(@) in it."""
    return without_userinfo(text, MASK) if text and spelling.has_login(text) else text


def summary(
    secret: Secret | Desired | None, *, of: Desired | None, beside: Secret | None = None, password: str = "unchanged"
) -> dict[str, Any]:
    """Return what a diff shows of a secret: facts by name, never a secret value, never metadata that others put there.

    ``of`` says which extra labels and annotations are ours to show; ``beside`` is another state of the secret, whose
    password is no less one; ``password`` is the word that stands for it.
    """
    if secret is None:
        return {}
    facts: dict[str, Any] = {}
    held = secret.data
    if DOCKERCONFIG in held or API_EXPORT_LABEL in secret.labels:
        entry = dockerconfig.exact(held.get(DOCKERCONFIG, b""))
        facts["registry"] = shown_address(entry.registry) if entry else "(not in the form that is written here)"
        facts["organization"] = shown_address(secret.annotations.get(NAMESPACE_ANNOTATION))
        facts["registry_username"] = shown_username(entry.username, secret, of, beside) if entry else None
        facts["registry_password"] = password
        facts["certificate_secret"] = held.get(CERTS, b"").decode("utf-8", "replace") or None
        facts["export_label"] = secret.labels.get(API_EXPORT_LABEL)
    if TLS_CRT in held:
        bundle = certificates.parse_bundle(held[TLS_CRT])
        facts["certificate"] = [f"{one.subject} sha256:{one.fingerprint_sha256}" for one in bundle.certificates]
    facts["managed"] = secret.labels.get(MANAGED_LABEL)
    other = sorted(set(held) - {DOCKERCONFIG, CERTS, TLS_CRT})
    if other:
        facts["data_keys"] = other
    if of is not None:
        ours = {API_EXPORT_LABEL, MANAGED_LABEL}
        facts["labels"] = {key: secret.labels.get(key) for key in sorted(of.labels) if key not in ours}
        facts["annotations"] = {
            key: secret.annotations.get(key) for key in sorted(of.annotations) if key != NAMESPACE_ANNOTATION
        }
    return facts

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else writes a secret: known by owner references, labels, annotations, and the managers of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.epinio.registries.plugins.module_utils._masking import printable
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret


class _Tool(NamedTuple):
    """A tool, and the keys (of a label or an annotation alike) and managers that only it writes.

    The value of a key names the object where it is the first one.
    """

    name: str
    keys: tuple[str, ...]
    managers: tuple[str, ...] = ()


#: Helm 3 and 4: pkg/action/validate.go. Argo CD: common/common.go and util/argo/resource_tracking.go. Flux:
#: fluxcd/pkg/ssa and the controllers' names. External Secrets: apis/externalsecrets/v1/externalsecret_types.go.
#: Sealed Secrets: pkg/apis/sealedsecrets/v1alpha1/types.go. cert-manager: pkg/apis/certmanager/v1/types.go.
_TOOLS = (
    _Tool("Flux", ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"), ("kustomize-controller",)),
    _Tool(
        "Argo CD",
        ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"),
        ("argocd-controller", "argocd-application-controller"),
    ),
    _Tool("Helm", ("meta.helm.sh/release-name",), ("helm",)),
    _Tool(
        "External Secrets",
        (
            "reconcile.external-secrets.io/created-by",
            "reconcile.external-secrets.io/managed",
            "reconcile.external-secrets.io/data-hash",
        ),
        ("external-secrets", "externalsecrets.external-secrets.io"),
    ),
    _Tool("Sealed Secrets", ("sealedsecrets.bitnami.com/managed", "sealedsecrets.bitnami.com/patch")),
    _Tool("cert-manager", ("cert-manager.io/certificate-name",), ("cert-manager-certificates-issuing",)),
)
_MANAGED_BY = "app.kubernetes.io/managed-by"
_LONGEST = 100


def owners(secret: Secret, ours: Mapping[str, str] | None = None) -> str:
    """Return whoever else writes a secret, each with the mark that tells; empty where nobody is known.

    ``ours``: the labels that we put there, which tell nothing.
    """
    found = list(_referenced(secret))
    for tool in _TOOLS:
        mark = _mark(tool, secret)
        if mark is not None:
            found.append(f"{tool.name} ({mark})")
    by = secret.labels.get(_MANAGED_BY)
    if not found and by and (ours or {}).get(_MANAGED_BY) != by:
        found.append(f"{_shown(by)} (label {_MANAGED_BY})")
    return ", ".join(found)


def _referenced(secret: Secret) -> Iterator[str]:
    for owner in secret.metadata.get("ownerReferences") or ():
        if isinstance(owner, dict):
            yield f"{_shown(owner.get('kind'))} {_shown(owner.get('name'))} (ownerReferences)"


def _mark(tool: _Tool, secret: Secret) -> str | None:
    """Return what tells that a tool writes the secret."""
    for key in tool.keys:
        for kind, held in (("annotation", secret.annotations), ("label", secret.labels)):
            if key in held:
                return f"{kind} {key}: {_shown(held[key])}"
    for entry in secret.metadata.get("managedFields") or ():
        manager = str(entry.get("manager")) if isinstance(entry, dict) else ""
        if manager.partition("/")[0] in tool.managers:
            return f"field manager {_shown(manager)}"
    return None


def _shown(value: Any) -> str:
    """Return a text of others on one line, and not longer than a name is."""
    text = printable(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"

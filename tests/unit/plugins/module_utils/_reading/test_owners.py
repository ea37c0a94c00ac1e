# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading.owners import owners
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret


def marked(**metadata):
    return Secret.from_api({"metadata": {"name": "acme", **metadata}})


def managers(*names):
    return {"managedFields": [{"manager": name, "operation": "Update"} for name in names]}


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        pytest.param({}, "", id="nobody"),
        pytest.param(managers("kubectl-client-side-apply", "epinio.registries", "HashiCorp"), "", id="people"),
        pytest.param(
            {"labels": {"app.kubernetes.io/instance": "x", "helm.sh/chart": "x-1"}}, "", id="no telling labels"
        ),
        pytest.param(
            {"annotations": {"meta.helm.sh/release-name": "site"}, "labels": {"app.kubernetes.io/managed-by": "Helm"}},
            "Helm (annotation meta.helm.sh/release-name: site)",
            id="Helm",
        ),
        pytest.param(
            {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
            "Helm (label app.kubernetes.io/managed-by)",
            id="Helm by its label alone",
        ),
        pytest.param(managers("helm"), "Helm (field manager helm)", id="Helm by its manager"),
        pytest.param(
            {"annotations": {"argocd.argoproj.io/tracking-id": "site:/Secret:epinio/acme"}},
            "Argo CD (annotation argocd.argoproj.io/tracking-id: site:/Secret:epinio/acme)",
            id="Argo CD by annotation",
        ),
        pytest.param(
            {"labels": {"argocd.argoproj.io/instance": "site"}},
            "Argo CD (label argocd.argoproj.io/instance: site)",
            id="Argo CD by label",
        ),
        pytest.param(
            managers("epinio.registries", "argocd-controller"),
            "Argo CD (field manager argocd-controller)",
            id="Argo CD by its manager",
        ),
        pytest.param(
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "site", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
            "Flux (label kustomize.toolkit.fluxcd.io/name: site)",
            id="Flux's Kustomization",
        ),
        pytest.param(
            {"labels": {"helm.toolkit.fluxcd.io/name": "site"}, "annotations": {"meta.helm.sh/release-name": "site"}},
            "Flux (label helm.toolkit.fluxcd.io/name: site), Helm (annotation meta.helm.sh/release-name: site)",
            id="Flux's HelmRelease",
        ),
        pytest.param(
            managers("kustomize-controller"), "Flux (field manager kustomize-controller)", id="Flux's manager"
        ),
        pytest.param(
            {"labels": {"reconcile.external-secrets.io/managed": "true"}},
            "External Secrets (label reconcile.external-secrets.io/managed: true)",
            id="External Secrets by label",
        ),
        pytest.param(
            {
                "ownerReferences": [{"kind": "ExternalSecret", "name": "acme"}],
                "annotations": {"reconcile.external-secrets.io/data-hash": "3f9a"},
            },
            "ExternalSecret acme (ownerReferences), "
            "External Secrets (annotation reconcile.external-secrets.io/data-hash: 3f9a)",
            id="External Secrets as owner",
        ),
        pytest.param(
            managers("externalsecrets.external-secrets.io/acme"),
            "External Secrets (field manager externalsecrets.external-secrets.io/acme)",
            id="External Secrets by its manager",
        ),
        pytest.param(
            {"ownerReferences": [{"kind": "SealedSecret", "name": "acme"}]},
            "SealedSecret acme (ownerReferences)",
            id="Sealed Secrets as owner",
        ),
        pytest.param(
            {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}},
            "Sealed Secrets (annotation sealedsecrets.bitnami.com/managed: true)",
            id="Sealed Secrets by annotation",
        ),
        pytest.param(
            {"annotations": {"cert-manager.io/certificate-name": "acme"}},
            "cert-manager (annotation cert-manager.io/certificate-name: acme)",
            id="cert-manager",
        ),
        pytest.param(
            {"labels": {"app.kubernetes.io/managed-by": "some-operator"}},
            "some-operator (label app.kubernetes.io/managed-by)",
            id="whoever says so",
        ),
        pytest.param(
            {"ownerReferences": [None, {"kind": "A\x1b[2J\n", "name": "b" * 200}], "managedFields": [None, {}]},
            f"A [2J {'b' * 100} … (ownerReferences)",
            id="what is no name",
        ),
    ],
)
def test_an_owner_is_known_by_its_marks(metadata, named):
    assert owners(marked(**metadata)) == named


def test_a_label_of_ours_is_no_mark():
    ours = {"app.kubernetes.io/managed-by": "ansible"}
    assert owners(marked(labels=ours), ours) == ""
    assert owners(marked(labels={"app.kubernetes.io/managed-by": "operator"}), ours) != ""

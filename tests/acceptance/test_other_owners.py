# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finalizers, other tools, admission policies, on a real API server: check, do, check again, do again."""

from __future__ import annotations

import time

import pytest
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.kube import Secrets
from tests.control_plane import Cluster

CA = builders.authority("CA")


@pytest.fixture
def run(cluster: Cluster, secrets: Secrets, monkeypatch: pytest.MonkeyPatch):
    """Runs a module on the new namespace."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)

    def run(module, check_mode=False, **options):
        return engine.run(module, {"namespace": secrets.namespace, **options}, check_mode=check_mode)

    return run


def hold(secrets: Secrets, name: str, *, finalizers: list[str] | None) -> None:
    secrets.patch(name, {"metadata": {"finalizers": finalizers}})


def test_what_a_finalizer_keeps_is_removed_once_and_its_certificate_after_it(run, secrets):
    item = builders.item("held", certificate=CA)
    run("export_registries", destinations=[item])
    hold(secrets, "held", finalizers=["example.com/hold"])
    for state in ("to go", "deleted"):
        for check_mode in (True, False):
            outcome = run("export_registry", check_mode, name="held", state="absent")
            assert outcome.result["changed"] is (state == "to go")
            assert engine.actions(outcome.result) == ({"held": "removed"} if state == "to go" else {})
            [warning] = outcome.warnings
            assert "example.com/hold" in warning
            assert ("is still there" in warning) is (state == "deleted")
    assert secrets.all().keys() == {"held", "held-certificate"}
    with pytest.raises(engine.Failure, match=r"is being deleted since .*example.com/hold") as refused:
        run("export_registries", destinations=[item])
    assert [problem["code"] for problem in refused.value.result["problems"]] == ["being_deleted"]
    hold(secrets, "held", finalizers=None)
    assert engine.actions(run("export_registry", name="held", state="absent").result) == {"held-certificate": "removed"}
    assert secrets.all() == {}


def test_a_shared_certificate_that_a_finalizer_keeps_is_removed_once(run, secrets):
    run("export_registry_certificate", name="ca", certificate=CA)
    hold(secrets, "ca", finalizers=["example.com/hold"])
    for changed in (True, False):
        outcome = run("export_registry_certificate", name="ca", state="absent")
        assert outcome.result["changed"] is changed
        assert len(outcome.warnings) == 1
    for module, options in (
        ("export_registry_certificate", {"name": "ca", "certificate": CA}),
        ("export_registries", {"destinations": [builders.item("acme", certificate_secret="ca")]}),
    ):
        with pytest.raises(engine.Failure) as refused:
            run(module, **options)
        assert [problem["code"] for problem in refused.value.result["problems"]] == ["being_deleted"]
    hold(secrets, "ca", finalizers=None)


OWNERS = [
    pytest.param(
        {
            "ownerReferences": [
                {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "acme", "uid": "x"}
            ]
        },
        "SealedSecret acme (ownerReferences)",
        id="Sealed Secrets",
    ),
    pytest.param(
        {
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "site", "meta.helm.sh/release-namespace": "epinio"},
        },
        "Helm (annotation meta.helm.sh/release-name: site)",
        id="Helm",
    ),
    pytest.param({}, "Argo CD (field manager argocd-controller)", id="Argo CD by its manager alone"),
]


@pytest.mark.parametrize(("marks", "owner"), OWNERS)
def test_an_owner_is_named_with_the_first_change_and_with_the_removal(run, secrets, marks, owner):
    there = builders.destination_secret("acme", **{key: one for key, one in marks.items() if key != "ownerReferences"})
    there["metadata"]["ownerReferences"] = marks.get("ownerReferences", [])
    secrets.create(there, manager="argocd-controller" if not marks else "somebody")
    for state, word in (("present", "change it back"), ("absent", "create it again")):
        for round_number in range(2):
            for check_mode in (True, False):
                item = builders.item("acme", registry_password="new", state=state)
                outcome = run("export_registries", check_mode, destinations=[item])
                assert outcome.result["changed"] is (round_number == 0)
                assert len(outcome.warnings) == (1 if round_number == 0 else 0)
                if outcome.warnings:
                    assert owner in outcome.warnings[0]
                    assert word in outcome.warnings[0]


def test_the_marks_of_a_field_manager_go_as_the_migration_guide_says(run, secrets):
    secrets.create(builders.destination_secret("acme"), manager="argocd-controller")
    secrets.patch("acme", {"metadata": {"managedFields": [{}]}})
    outcome = run("export_registries", destinations=[builders.item("acme", registry_password="new")])
    assert (engine.actions(outcome.result), outcome.warnings) == ({"acme": "changed"}, [])


def policy(cluster: Cluster, secrets: Secrets, kind: str, spec: dict) -> None:
    """Have a policy judge or change what is written to the secrets of the namespace."""
    name = f"{kind.lower()}-{secrets.namespace}"
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["secrets"]}]
    here = {"matchLabels": {"kubernetes.io/metadata.name": secrets.namespace}}
    common = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    actions = {"validationActions": ["Deny"]} if kind.startswith("Validating") else {}
    cluster.apply(
        {**common, "kind": kind, "spec": {"matchConstraints": {"resourceRules": rules}, **spec}},
        {
            **common,
            "kind": f"{kind}Binding",
            "spec": {"policyName": name, "matchResources": {"namespaceSelector": here}, **actions},
        },
    )


def enforced(secrets: Secrets, holds) -> None:
    """Wait until a policy says what it is to say of a new secret."""
    for _attempt in range(300):
        try:
            there = secrets.send("POST", "?dryRun=All", builders.secret("probe", {}) | {"metadata": {"name": "probe"}})
        except AssertionError:
            there = None
        if holds(there):
            return
        time.sleep(0.1)
    raise AssertionError("the policy is not enforced")


def test_labels_satisfy_a_policy_that_wants_one_on_every_secret(cluster, run, secrets):
    rule = "has(object.metadata.labels) && 'owner' in object.metadata.labels"
    validations = [{"expression": rule, "message": "every secret needs a label owner"}]
    policy(cluster, secrets, "ValidatingAdmissionPolicy", {"validations": validations})
    enforced(secrets, lambda there: there is None)
    item = builders.item("acme", certificate=CA, certificate_secret="ca", labels={"owner": "platform"})
    for changed in (True, False):
        assert run("export_registries", destinations=[item]).result["changed"] is changed
    assert secrets.all().keys() == {"acme", "ca"}


def test_what_a_policy_changes_is_reported_and_comes_to_rest(cluster, run, secrets):
    label = 'Object{metadata: Object.metadata{labels: {"tier": "policy"}}}'
    mutations = [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": label}}]
    spec = {"mutations": mutations, "reinvocationPolicy": "Never", "failurePolicy": "Fail"}
    policy(cluster, secrets, "MutatingAdmissionPolicy", spec)
    enforced(secrets, lambda there: (there["metadata"].get("labels") or {}).get("tier") == "policy")
    for changed in (True, False, False):
        outcome = run("export_registries", destinations=[builders.item("acme", labels={"tier": "list"})])
        assert outcome.result["changed"] is changed
        [warning] = outcome.warnings
        assert "did not store the secret 'acme' as it was sent (labels)" in warning
    outcome = run("export_registries", destinations=[builders.item("acme", labels={"tier": "policy"})])
    assert (outcome.result["changed"], outcome.warnings) == (False, [])

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that something else wrote are taken over without a needless write, and stay usable to what wrote them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.kube import LABEL, Secrets
from tests.acceptance.plays import Play
from tests.control_plane import Cluster

CA = builders.authority("CA")
MANAGED = "epinio.registries/managed"
#: Characters that Go and Terraform escape in JSON, and Python does not.
PASSWORD = "<p&ss>é"
ITEM = builders.item("acme", registry_password=PASSWORD, certificate=CA, certificate_secret="acme-ca")
CONFIG = builders.docker_config("registry.example.com", "robot", PASSWORD)
MARKS = {"labels": {LABEL: "true", "team": "x"}, "annotations": {"epinio.io/registry-namespace": "acme"}}


def manifest(name: str, data: dict[str, str], *, key: str = "stringData", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **more.pop("metadata", {})}
    if key == "data":
        data = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **more, key: data}


def go_json(value: Any) -> str:
    """Return JSON as Go (kubectl create secret, Terraform's jsonencode) writes it: sorted, and with these escapes."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return "".join(f"\\u{ord(one):04x}" if one in "<>&" else one for one in text)


def applied(cluster: Cluster, secrets: Secrets, *arguments: str) -> None:
    manifests = [
        manifest("acme-ca", {"tls.crt": CA}),
        manifest(
            "acme", {".dockerconfigjson": json.dumps(CONFIG, indent=2) + "\n", "certs": "acme-ca"}, metadata=MARKS
        ),
    ]
    items = {"apiVersion": "v1", "kind": "List", "items": manifests}
    cluster.run("--namespace", secrets.namespace, "apply", *arguments, "-f", "-", stdin=json.dumps(items))


def by_kubectl_apply(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    applied(cluster, secrets)


def by_server_side_apply(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    applied(cluster, secrets, "--server-side")


def by_kubectl_create(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    """As Epinio's documentation does it: create, label, annotate."""
    run = ["--namespace", secrets.namespace]
    config = f"--from-literal=.dockerconfigjson={json.dumps(CONFIG)}"
    cluster.run(*run, "create", "secret", "generic", "acme-ca", f"--from-literal=tls.crt={CA}")
    cluster.run(*run, "create", "secret", "generic", "acme", config, "--from-literal=certs=acme-ca")
    cluster.run(*run, "label", "secret", "acme", f"{LABEL}=true", "team=x")
    cluster.run(*run, "annotate", "secret", "acme", "epinio.io/registry-namespace=acme")


def by_kubectl_create_docker_registry(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    """With kubectl's own docker config, whose type stays."""
    run = ["--namespace", secrets.namespace]
    login = [f"--docker-password={PASSWORD}", "--docker-username=robot", "--docker-server=registry.example.com"]
    cluster.run(*run, "create", "secret", "generic", "acme-ca", f"--from-literal=tls.crt={CA}")
    cluster.run(*run, "create", "secret", "docker-registry", "acme", *login)
    secrets.patch("acme", {"data": {"certs": base64.b64encode(b"acme-ca").decode()}, "metadata": MARKS})


def terraform(secrets: Secrets, kind: str) -> None:
    """As kubernetes_secret and its jsonencode do: data alone, an annotations map that may be empty, always a type."""
    metadata = {**MARKS, "generation": 0}
    data = {".dockerconfigjson": go_json(CONFIG), "certs": "acme-ca"}
    secrets.create(
        manifest("acme-ca", {"tls.crt": CA}, key="data", type="Opaque", metadata={"annotations": {}}),
        manifest("acme", data, key="data", type=kind, immutable=False, metadata=metadata),
        manager="HashiCorp",
    )


def by_terraform(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    terraform(secrets, "Opaque")


def by_terraform_with_a_type(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    terraform(secrets, "kubernetes.io/dockerconfigjson")


def by_kubernetes_core(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    defined = [
        manifest("acme-ca", {"tls.crt": "{{ ca }}"}),
        manifest("acme", {".dockerconfigjson": "{{ config | to_json }}", "certs": "acme-ca"}, metadata=MARKS),
    ]
    task = {"kubernetes.core.k8s": {"namespace": secrets.namespace, "definition": "{{ item }}"}, "loop": defined}
    play({"name": "write", **task}, variables={"ca": CA, "config": CONFIG})


def by_version_1(cluster: Cluster, secrets: Secrets, play: Play) -> None:
    """What this collection wrote from its first release on, to the letter."""
    escaped = json.dumps(PASSWORD)
    auth = builders.auth("robot", PASSWORD)
    config = f'{{"auths":{{"registry.example.com":{{"auth":"{auth}","username":"robot","password":{escaped}}}}}}}'
    labels = {LABEL: "true", MANAGED: "destination", "team": "x"}
    data = {".dockerconfigjson": config, "certs": "acme-ca"}
    secrets.create(
        manifest("acme-ca", {"tls.crt": CA}, key="data", metadata={"labels": {MANAGED: "destination-certificate"}}),
        manifest("acme", data, key="data", metadata={**MARKS, "labels": labels}),
        manager="epinio.registries",
    )


WRITERS = {
    function.__name__: function
    for function in (
        by_kubectl_apply,
        by_server_side_apply,
        by_kubectl_create,
        by_kubectl_create_docker_registry,
        by_terraform,
        by_terraform_with_a_type,
        by_kubernetes_core,
        by_version_1,
    )
}
#: A module of kubernetes.core takes its time, and what it wrote looks like what the others did.
QUICK = {name: write for name, write in WRITERS.items() if write is not by_kubernetes_core}
Writer = Callable[[Cluster, Secrets, Play], None]


@pytest.fixture
def connection(cluster: Cluster, secrets: Secrets) -> dict[str, Any]:
    return {"kubeconfig": str(cluster.kubeconfig), "namespace": secrets.namespace}


def run_list(connection: dict[str, Any], **options: Any) -> dict[str, Any]:
    ran = engine.run("export_registries", {**connection, "destinations": [{**ITEM, **options}]}, diff=True)
    return dict(ran.result)


def unmarked(secrets: Secrets) -> dict[str, Any]:
    """Return what adopting must not change."""
    found = secrets.all()
    for one in found.values():
        for key in ("resourceVersion", "managedFields"):
            del one["metadata"][key]
        (one["metadata"].get("labels") or {}).pop(MANAGED, None)
        one["metadata"]["labels"] = one["metadata"].get("labels") or {}
        one["metadata"]["annotations"] = one["metadata"].get("annotations") or {}
    return found


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_is_as_the_list_says_is_left_alone(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any], write: Writer
) -> None:
    write(cluster, secrets, play)
    before = secrets.all()
    result = run_list(connection)
    assert result["changed"] is False
    assert result["counts"] == {"created": 0, "changed": 0, "removed": 0, "kept": 2}
    assert secrets.all() == before, "not even a new resourceVersion"
    [info] = engine.run("export_registry_info", connection).result["destinations"]
    assert (info["listed"], info["usable"], info["problems"]) == (True, True, [])


@pytest.mark.parametrize("write", QUICK.values(), ids=QUICK)
def test_adopting_marks_and_changes_nothing_else(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any], write: Writer
) -> None:
    write(cluster, secrets, play)
    before, marked = unmarked(secrets), write is by_version_1
    result = run_list(connection, adopt=True)
    assert engine.actions(result) == ({} if marked else {"acme": "changed", "acme-ca": "changed"})
    assert all(entry["fields"] == ([] if marked else ["managed"]) for entry in result["destinations"])
    assert unmarked(secrets) == before
    labels = {name: one["metadata"]["labels"][MANAGED] for name, one in secrets.all().items()}
    assert labels == {"acme": "destination", "acme-ca": "destination-certificate"}
    versions = secrets.versions()
    assert run_list(connection, adopt=True)["changed"] is False
    assert run_list(connection)["changed"] is False
    assert secrets.versions() == versions


def test_what_is_immutable_is_marked_as_it_is(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any]
) -> None:
    by_kubectl_apply(cluster, secrets, play)
    for name in ("acme", "acme-ca"):
        secrets.patch(name, {"immutable": True})
    before = unmarked(secrets)
    assert engine.actions(run_list(connection, adopt=True)) == {"acme": "changed", "acme-ca": "changed"}
    assert unmarked(secrets) == before


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        pytest.param(by_kubectl_apply, [], id="kubectl apply"),
        pytest.param(by_server_side_apply, ["--server-side"], id="server-side apply"),
    ],
)
def test_who_applied_it_may_do_so_again(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any], write: Writer, arguments: list[str]
) -> None:
    write(cluster, secrets, play)
    run_list(connection, adopt=True)
    applied(cluster, secrets, *arguments)
    labels = secrets.get("acme")["metadata"]["labels"]
    assert labels == {LABEL: "true", "team": "x", MANAGED: "destination"}
    assert run_list(connection)["changed"] is False


@pytest.mark.parametrize("write", QUICK.values(), ids=QUICK)
def test_the_first_change_marks_too_and_keeps_what_others_put_there(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any], write: Writer
) -> None:
    write(cluster, secrets, play)
    before = secrets.all()
    result = run_list(connection, registry_password="another")
    assert engine.actions(result) == {"acme": "changed"}
    [entry] = result["destinations"]
    marks = [] if write is by_version_1 else ["managed"]
    assert entry["fields"] == ["registry_password", *marks]
    after = secrets.all()
    assert after["acme-ca"] == before["acme-ca"]
    assert builders.stored(after["acme"]) == ("registry.example.com", "robot", "another")
    assert (after["acme"]["type"], after["acme"]["metadata"]["uid"]) == (
        before["acme"]["type"],
        before["acme"]["metadata"]["uid"],
    )
    assert after["acme"]["metadata"]["labels"]["team"] == "x"
    assert run_list(connection, registry_password="another")["changed"] is False


def test_whole_runs_take_over_what_others_wrote(
    cluster: Cluster, secrets: Secrets, play: Play, connection: dict[str, Any]
) -> None:
    by_terraform(cluster, secrets, play)
    versions = secrets.versions()
    task = {"epinio.registries.export_registries": {**connection, "destinations": ["{{ item_of_mine }}"]}}
    ran = play({"name": "run", **task}, variables={"item_of_mine": ITEM})
    assert ran.result("run")["changed"] is False
    assert secrets.versions() == versions

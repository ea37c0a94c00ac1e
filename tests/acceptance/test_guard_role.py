# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard is set up and taken away: the role's entry point and the playbook, with the permissions of the guide."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from tests import guard
from tests.acceptance.kube import Secrets
from tests.acceptance.plays import Play
from tests.acceptance.test_guard import REFUSED, apply, changed, said
from tests.acceptance.test_guides import Reader
from tests.control_plane import Cluster

ROOT = Path(__file__).parents[2]
ENTRY = {"ansible.builtin.import_role": {"name": "epinio.registries.export_registries", "tasks_from": "guard"}}
CHECK = ("--check", "--diff")


@pytest.fixture
def account(cluster: Cluster, namespace: str) -> Path:
    """The kubeconfig of an account that has nothing but docs/rbac/guard.yml."""
    role = yaml.safe_load((ROOT / "docs/rbac/guard.yml").read_text(encoding="utf-8"))
    kubeconfig = cluster.service_account(namespace, [])
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": "tester", "namespace": namespace}],
    }
    cluster.apply(role, binding)
    return kubeconfig


def test_deny_then_warn_then_absent(cluster: Cluster, play: Play, secrets: Secrets, account: Path) -> None:
    namespace, bad = secrets.namespace, changed(label="no")

    def set_up(action: str, *arguments: str) -> bool:
        """Run the entry point, and return whether it changed something."""
        variables = {"export_registries_guard_action": action, "export_registries_namespace": namespace}
        environment = {"K8S_AUTH_KUBECONFIG": str(account), "KUBECONFIG": str(account)}
        done = play(ENTRY, variables=variables, arguments=arguments, environment=environment)
        [change] = [one["result"]["changed"] for one in done.results if one["task"].endswith("what was asked for")]
        return bool(change)

    def shown() -> str:
        return apply(cluster, namespace, bad, "--dry-run=server").stderr

    assert [set_up("deny", *check) for check in (CHECK, (), CHECK, ())] == [True, True, False, False]
    guard.until(lambda: REFUSED in shown(), "it is refused")
    assert set_up("warn")
    guard.until(lambda: "Warning: Validation failed" in shown(), "there is a warning")
    written = apply(cluster, namespace, bad)
    assert written.returncode == 0
    assert said("label_not_true") in written.stderr
    assert secrets.all().keys() == {"ghcr"}
    assert [set_up("absent", *check) for check in (CHECK, (), ())] == [True, True, False]
    guard.until(lambda: not shown(), "nothing is said")


class Old(BaseHTTPRequestHandler):
    """A cluster of 2023, as far as discovery goes."""

    ANSWERS: ClassVar = {
        "/version": {"major": "1", "minor": "29", "gitVersion": "v1.29.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    }

    def do_GET(self) -> None:
        answer = json.dumps(self.ANSWERS[self.path.partition("?")[0].rstrip("/")]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("action", "code"),
    [pytest.param("warn", 2, id="where it is to be guarded"), pytest.param("absent", 0, id="where the guard is to go")],
)
def test_a_cluster_that_is_too_old(play: Play, tmp_path: Path, action: str, code: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kubeconfig = tmp_path / "old.kubeconfig"
        config = {
            "clusters": [{"name": "old", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "contexts": [{"name": "old", "context": {"cluster": "old", "user": "nobody"}}],
            "users": [{"name": "nobody", "user": {}}],
            "current-context": "old",
        }
        kubeconfig.write_text(json.dumps(config))
        environment = {"K8S_AUTH_KUBECONFIG": str(kubeconfig)}
        ran = play(ENTRY, variables={"export_registries_guard_action": action}, environment=environment, code=code)
        server.shutdown()
    assert ("Kubernetes has from 1.30 on. Upgrade the cluster" in ran.stdout + ran.stderr) == bool(code)


def test_the_guide(tmp_path: Path, cluster: Cluster) -> None:
    """On the cluster that all tests share, in the namespace of the guide."""
    reader = Reader(tmp_path, cluster)
    shutil.copy(guard.FILE, reader.folder)
    reader.run("kubectl create namespace epinio")

    def shows(command: str) -> bool:
        said = apply(cluster, "epinio", changed(label="no"), "--dry-run=server").stderr
        deny, absent = "=deny" in command, "=absent" in command
        return (REFUSED in said, "Warning: Validation" in said) == (deny, not deny and not absent)

    def wait(command: str) -> None:
        if "guard" in command or "admission-policy" in command:
            guard.until(lambda: shows(command), command)

    try:
        assert reader.follow("guard_guide", meanwhile=wait) == 6
        assert reader.run("kubectl get validatingadmissionpolicies --output name").stdout == ""
    finally:
        cluster.run("delete", "secret", "midnight", "--namespace=epinio", "--ignore-not-found")

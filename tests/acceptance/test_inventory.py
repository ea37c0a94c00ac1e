# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin on files that kubectl made: what ansible-inventory shows, and a run over it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.fleet import ansible
from tests.acceptance.kube import Api, Secrets
from tests.control_plane import Cluster

TOKEN, PASSWORD = Canary("token"), Canary("password")
#: Names that are no host names, as tools give them.
NAMES = {"kubernetes-admin@one": "kubernetes-admin-one", "arn:aws:eks:eu:1:cluster/two": "arn-aws-eks-eu-1-cluster-two"}


@pytest.fixture
def folder(cluster: Cluster, tmp_path: Path) -> Path:
    """A folder with two kubeconfigs, made by kubectl config alone: each of one context of the shared cluster."""
    (tmp_path / "authority.crt").write_text(cluster.certificate_authority or "")
    for number, context in enumerate(NAMES, start=1):
        file = tmp_path / f"{number}.yaml"

        def kubectl(*arguments: str, file: Path = file) -> None:
            subprocess.run([cluster.kubectl, "config", f"--kubeconfig={file}", *arguments], check=True)

        authority = ("--embed-certs", f"--certificate-authority={tmp_path / 'authority.crt'}")
        kubectl("set-cluster", f"cluster{number}", f"--server={cluster.url}", *authority)
        kubectl("set-credentials", f"user{number}", f"--token={cluster.admin_token}")
        kubectl("set-context", context, f"--cluster=cluster{number}", f"--user=user{number}")
        kubectl("set-credentials", f"other{number}", f"--token={TOKEN.value}")
    return tmp_path


def inventory(folder: Path, **settings: Any) -> Path:
    file = folder / "fleet.kubeconfig.yml"
    file.write_text(yaml.safe_dump({"plugin": "epinio.registries.kubeconfig", **settings}))
    return file


def test_ansible_inventory_lists_the_contexts(cluster: Cluster, folder: Path) -> None:
    file = inventory(folder, kubeconfig=["1.yaml", "2.yaml"], keyed_groups=[{"key": "cluster", "prefix": "on"}])
    ended = ansible(cluster, folder, "ansible-inventory", "-i", str(file), "--list", "-vvvv")
    listed = json.loads(re.split(r"^(?=\{$)", ended.stdout, flags=re.M)[1])
    for number, (context, host) in enumerate(NAMES.items(), start=1):
        assert listed[f"on_cluster{number}"] == {"hosts": [host]}
        assert listed["_meta"]["hostvars"][host] == {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "export_registries_connection": {"context": context, "kubeconfig": str(folder / f"{number}.yaml")},
        }
    for secret in (TOKEN, Canary("admin", cluster.admin_token, cluster.admin_token)):
        assert secret.found_in((ended.stdout + ended.stderr).encode()) == []


@pytest.mark.parametrize("by_variable", [False, True], ids=["paths in the inventory", "paths in the environment"])
def test_a_run_over_the_contexts(cluster: Cluster, api: Api, folder: Path, by_variable: bool) -> None:
    """Check, do, check again, do again: each host is its context. By the environment, the same once."""
    spaces = {host: api.namespace() for host in NAMES.values()}
    files = [str(folder / f"{number}.yaml") for number in (1, 2)]
    variables = {"K8S_AUTH_KUBECONFIG": os.pathsep.join(files)} if by_variable else {}
    by_cluster = {f"cluster{number}": spaces[host] for number, host in enumerate(NAMES.values(), start=1)}
    file = inventory(
        folder,
        **({} if by_variable else {"kubeconfig": files}),
        compose={"export_registries_namespace": f"{by_cluster}[cluster]"},
        strict=True,
    )
    items = [builders.item("acme", registry_password=PASSWORD.value)]
    (folder / "values.json").write_text(json.dumps({"export_registries_destinations": items}))
    passes = [(["--check"], 2), ([], 2), (["--check"], 0), ([], 0)]
    for arguments, changed in passes[1:2] if by_variable else passes:
        ended = ansible(
            cluster,
            folder,
            "ansible-playbook",
            *("-i", str(file), "-e", "@values.json", "-vvvv", *arguments, "epinio.registries.configure"),
            more=variables,
        )
        assert ended.stdout.count("changed=1") == changed
        for secret in (TOKEN, PASSWORD):
            assert secret.found_in((ended.stdout + ended.stderr).encode()) == []
    for namespace in spaces.values():
        assert list(Secrets(api, namespace).all()) == ["acme"]


def test_what_is_wrong_is_said_and_no_host_is_made(cluster: Cluster, folder: Path) -> None:
    file = inventory(folder, kubeconfig=["1.yaml", "3.yaml"], contexts=["prod"])
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "COLUMNS": "1000"}
    ended = ansible(cluster, folder, "ansible-inventory", "-i", str(file), "--list", code=1, more=strict)
    said = " ".join((ended.stdout + ended.stderr).split())
    assert f"There is no kubeconfig at {folder}/3.yaml (kubeconfig)." in said
    assert TOKEN.found_in(said.encode()) == []

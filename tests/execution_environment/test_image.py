# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A destination is written from inside the image, by ansible-runner, as a user who may do nothing else there."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.kube import Api, Secrets
from tests.control_plane import Cluster
from tests.execution_environment import image

PASSWORD, USER = Canary("password"), 1000
#: How AWX gives the credential of a cluster: a file, and a variable that leads to it.
CREDENTIAL = {"K8S_AUTH_KUBECONFIG": "/runner/kubeconfig"}
#: What a pod has of its service account; nothing listens there.
POD = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "9"}


@pytest.fixture
def private(cluster: Cluster, namespace: str, tmp_path: Path) -> Path:
    """A private data directory of ansible-runner, as a controller sends it."""
    folder = tmp_path / "runner"
    items = [builders.item("ghcr", registry_password=PASSWORD.value)]
    values = {"export_registries_destinations": items, "export_registries_namespace": namespace}
    kubeconfig = yaml.safe_load(cluster.run("config", "view", "--raw", "--minify", "--flatten"))
    site = [{"name": "Configure", "ansible.builtin.import_playbook": "epinio.registries.configure"}]
    contents = {
        "kubeconfig": kubeconfig,
        "env/extravars": values,
        "env/envvars": {"ANSIBLE_CALLBACKS_ENABLED": "epinio.registries.fleet_summary"},
        "inventory/kubeconfig.yml": {"plugin": "epinio.registries.kubeconfig"},
        "project/site.yml": site,
    }
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(content))
    own(folder)
    return folder


def own(folder: Path) -> None:
    """Give a folder to the user of the image."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, 0)


@pytest.fixture(scope="module")
def container(buildah: image.Buildah) -> Iterator[str]:
    """A container of the image as it was built; runs leave nothing in it that another would see."""
    with buildah.container() as name:
        yield name


def runner(
    buildah: image.Buildah,
    container: str,
    private: Path,
    environment: Mapping[str, str],
    *,
    mounts: Mapping[Path, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the playbook in a container, and look for the password in all that it prints and leaves."""
    command = ("ansible-runner", "run", "/runner", "--playbook", "site.yml", "--cmdline=-vvvv")
    ended = buildah.run(container, *command, mounts={private: "/runner", **(mounts or {})}, environment=environment)
    assert PASSWORD.found_in((ended.stdout + ended.stderr).encode()) == []
    written = [file for file in private.glob("artifacts/**/*") if file.is_file()]
    assert written
    assert [file for file in written if PASSWORD.found_in(file.read_bytes())] == []
    return ended


def on_localhost(private: Path) -> None:
    """Let the inventory say nothing of the cluster."""
    (private / "inventory/kubeconfig.yml").unlink()
    (private / "inventory/hosts").write_text("localhost ansible_connection=local\n")
    own(private)


@pytest.fixture
def service_account(tmp_path: Path) -> dict[Path, str]:
    """What Kubernetes mounts into a pod, made up."""
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    for name, text in {"token": "made-up", "ca.crt": builders.authority("Pod"), "namespace": "default"}.items():
        (folder / name).write_text(text)
    folder.chmod(0o755)
    return {folder: "/run/secrets/kubernetes.io/serviceaccount"}


def artifact_data(private: Path) -> Any:
    """Return what a workflow of AWX would go on with."""
    events = [json.loads(file.read_text()) for file in private.glob("artifacts/*/job_events/*.json")]
    [last] = [event for event in events if event["event"] == "playbook_on_stats"]
    return last["event_data"]["artifact_data"]


def test_a_destination_is_written_from_inside(
    buildah: image.Buildah, container: str, private: Path, api: Api, namespace: str
) -> None:
    for changed in (["admin"], []):
        ended = runner(buildah, container, private, CREDENTIAL)
        assert ended.returncode == 0, ended.stdout
        data = artifact_data(private)["export_registries"]
        assert (data["clusters"], len(data["changed"])) == (1, len(changed))
        for file in sorted((private / "artifacts").rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
    assert list(Secrets(api, namespace).all()) == ["ghcr"]


def test_the_image_has_nothing_of_this_machine_and_a_user_of_its_own(buildah: image.Buildah, container: str) -> None:
    settings = buildah.settings()
    assert settings["User"] == str(USER)
    of_pip = [variable for variable in settings["Env"] if variable.startswith("PIP_")]
    assert of_pip == ["PIP_BREAK_SYSTEM_PACKAGES=1"], "ansible-builder's own"
    shown = buildah.run(container, "cat", "/etc/pip.conf", mounts={})
    assert shown.stdout == ""


@pytest.mark.parametrize("library", ["kubernetes", "urllib3"])
def test_without_a_library_the_run_says_what_is_missing(buildah: image.Buildah, private: Path, library: str) -> None:
    with buildah.container() as container:
        remove = ("python3", "-m", "pip", "uninstall", "--yes", "--break-system-packages", library)
        assert buildah.run(container, *remove, mounts={}, user="0:0").returncode == 0
        ended = runner(buildah, container, private, CREDENTIAL)
    assert ended.returncode == 2
    assert "The Python library kubernetes is missing, or too old, for /usr" in ended.stdout


def test_the_credential_counts_before_the_service_account_of_the_pod(
    buildah: image.Buildah,
    container: str,
    private: Path,
    api: Api,
    namespace: str,
    service_account: dict[Path, str],
) -> None:
    on_localhost(private)
    to_pod = runner(buildah, container, private, {**POD, "KUBECONFIG": "/runner/kubeconfig"}, mounts=service_account)
    assert (to_pod.returncode, "https://127.0.0.1:9" in to_pod.stdout) == (2, True), to_pod.stdout
    ended = runner(buildah, container, private, {**POD, **CREDENTIAL}, mounts=service_account)
    assert ended.returncode == 0, ended.stdout
    assert list(Secrets(api, namespace).all()) == ["ghcr"]

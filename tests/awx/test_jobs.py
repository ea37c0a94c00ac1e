# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates of the kit write to a real API server, here and over the protocol of AWX's mesh."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support.builders import auth
from awx_plugins.credentials.plugins import kubernetes_bearer_token

from tests.acceptance.canary import Canary
from tests.acceptance.kube import Secrets, decoded
from tests.awx import jobs
from tests.control_plane import Cluster

CONFIGURE, DRIFT = "Configure Epinio registries", "Show drift of Epinio registries"
AUDIT = "Audit Epinio registries"
PASSWORD, TOKEN = Canary("password"), Canary("kubeconfig")
SECRET = f"{PASSWORD.value}{{{{ 1 + 1 }}}}"
CONFIG = {"auths": {"ghcr.io": {"auth": auth("robot", SECRET)}}}
#: Where AWX puts secrets, in the directory of a job: the files of the credentials.
PLACE = "env/tmp*"


@pytest.fixture
def kubeconfig(cluster: Cluster) -> str:
    """A kubeconfig with the cluster, and with a token that nothing needs."""
    content = yaml.safe_load(Path(cluster.environment["K8S_AUTH_KUBECONFIG"]).read_text())
    content["users"].append({"name": "somebody else", "user": {"token": TOKEN.value}})
    return str(yaml.safe_dump(content))


@pytest.fixture
def inventory(kubeconfig: str, secrets: Secrets, tmp_path: Path) -> dict[str, Any]:
    """The inventory of the kit, for the namespace of a test."""
    (tmp_path / "source").mkdir()
    made = jobs.synchronized(jobs.clusters(kubeconfig), tmp_path / "source")
    assert not TOKEN.found_in(json.dumps(made).encode())
    made["all"]["vars"]["export_registries_namespace"] = secrets.namespace
    return made


@pytest.fixture
def job(kubeconfig: str, inventory: dict[str, Any]) -> jobs.Job:
    return jobs.Job([jobs.clusters(kubeconfig), jobs.registries(CONFIG)], inventory)


@pytest.mark.parametrize("way", [pytest.param(jobs.run, id="run"), pytest.param(jobs.over_the_mesh, id="mesh")])
def test_a_job_writes_what_the_inventory_says(
    way: Callable[..., jobs.Ended], job: jobs.Job, secrets: Secrets, tmp_path: Path
) -> None:
    def launch(template: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        ended = way(job, template, folder)
        assert ended.status == "successful", ended.stdout
        assert "EPINIO EXPORT REGISTRIES" in ended.stdout, "the project enables the summary"
        assert_no_canary(folder, ended)
        return ended.stdout

    assert "changed=1" in launch(DRIFT)
    assert secrets.all() == {}
    assert "changed=1" in launch(CONFIGURE)
    assert written(secrets) == ("ghcr.io", "robot", SECRET)
    before = secrets.versions()
    assert "changed=0" in launch(CONFIGURE)
    assert secrets.versions() == before


def test_what_nobody_answers_is_as_the_inventory_says(job: jobs.Job, secrets: Secrets, tmp_path: Path) -> None:
    """A schedule answers nothing; an answer counts before the inventory."""
    assert jobs.run(job, CONFIGURE, tmp_path / "written").status == "successful"
    emptied = {
        "export_registries_destinations": [],
        "export_registries_prune": True,
        "export_registries_prune_all": True,
    }
    job.inventory["all"]["vars"].update(emptied)
    refused = dataclasses.replace(job, answers={"export_registries_prune": "false"})
    for place, launched, left in (("answered", refused, ["ghcr"]), ("not answered", job, [])):
        ended = jobs.run(launched, CONFIGURE, tmp_path / place)
        assert ended.status == "successful", ended.stdout
        assert list(secrets.all()) == left
        assert_no_canary(tmp_path / place, ended)


def written(secrets: Secrets) -> tuple[str, str, str]:
    """Return registry, user name and password of the only destination."""
    [secret] = secrets.all().values()
    [(registry, entry)] = json.loads(decoded(secret, ".dockerconfigjson"))["auths"].items()
    return registry, entry["username"], entry["password"]


def assert_no_canary(folder: Path, ended: jobs.Ended) -> None:
    """Search everything that a job printed, sent and left behind."""
    places = {file for directory in folder.iterdir() for file in directory.glob(PLACE)}
    left = [file for file in folder.rglob("*") if file.is_file() and file not in places]
    assert [file for file in left if "artifacts" in file.parts], "there is something to search"
    for canary in (PASSWORD, TOKEN):
        assert any(canary.found_in(file.read_bytes()) for file in places)
        assert [file for file in left if canary.found_in(file.read_bytes())] == []
        assert [canary.found_in(stream) for stream in (ended.stdout.encode(), *ended.streams)].count([]) == len(
            ended.streams
        ) + 1


def test_a_credential_with_no_entry_for_a_registry_says_so(kubeconfig: str, inventory: Any, tmp_path: Path) -> None:
    other = jobs.registries({"auths": {"quay.io": {"auth": auth("robot", SECRET)}}})
    folder = tmp_path / "run"
    ended = jobs.run(jobs.Job([jobs.clusters(kubeconfig), other], inventory), CONFIGURE, folder)
    assert ended.status == "failed"
    assert "has no entry for ghcr.io" in ended.stdout
    assert_no_canary(folder, ended)


def test_an_audit_leaves_a_report_in_the_folder_that_is_asked_for(job: jobs.Job, tmp_path: Path) -> None:
    answered = dataclasses.replace(job, answers={"audit_folder": str(tmp_path)})
    for run in ("first", "second"):
        ended = jobs.run(answered, AUDIT, tmp_path / run)
        assert ended.status == "successful", ended.stdout
        assert_no_canary(tmp_path / run, ended)
    assert "<html" in (tmp_path / "audit.html").read_text()
    assert json.loads((tmp_path / "audit.json").read_text())["schema"] == 1


def test_the_bearer_token_of_awx_with_a_blank_authority_warns(cluster: Cluster, job: jobs.Job, tmp_path: Path) -> None:
    """AWX then switches verification off, whatever its checkbox says."""
    token = {"host": cluster.url, "bearer_token": cluster.admin_token, "verify_ssl": True}
    inventory = {**job.inventory, "_meta": {"hostvars": {}}}
    both = [(kubernetes_bearer_token, token), job.credentials[1]]
    ended = jobs.run(jobs.Job(both, inventory), DRIFT, tmp_path / "run")
    assert ended.status == "successful", ended.stdout
    assert "certificate of the API server is not verified" in " ".join(ended.stdout.split())
    [command] = (tmp_path / "run").glob("job/artifacts/*/command")
    kept = Canary("bearer token", cluster.admin_token, cluster.admin_token).found_in(command.read_bytes())
    assert kept == ["plain"], "why no secret of ours goes into the environment"

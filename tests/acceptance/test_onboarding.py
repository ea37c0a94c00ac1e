# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand-written secrets become a list: of the whole corpus of Epinio's verdicts, and as the guide says."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.kube import LABEL, Api, Secrets
from tests.acceptance.plays import CALLBACKS
from tests.acceptance.test_guides import Reader
from tests.control_plane import Cluster, ControlPlane

CORPUS = Path(__file__).parents[1] / "unit/plugins/module_utils/_reading/data/epinio-readers.jsonl"
CANARY = Canary("password by hand")


def spread(api: Api) -> dict[str, set[str]]:
    """Write the corpus by hand: a namespace for each set of secrets beside it, which have the same names."""
    cases = collections.defaultdict(list)
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        cases[json.dumps(case["others"])].append(case["secret"])
    labelled = {}
    for others, found in cases.items():
        secrets = Secrets(api, api.namespace())
        secrets.create(*json.loads(others))
        config = builders.docker_config("registry.example.com", "robot", CANARY.value)
        secrets.create(builders.destination_secret("canary", config=config))
        for number, raw in enumerate(found):
            secrets.create({**raw, "metadata": {**raw["metadata"], "name": f"acme-{number}"}})
        labelled[secrets.namespace] = {
            name for name, one in secrets.all().items() if LABEL in (one["metadata"].get("labels") or {})
        }
    assert sum(map(len, cases.values())) == 633
    return labelled


class Runner:
    """Runs playbooks of the collection on an inventory whose hosts are namespaces."""

    def __init__(self, folder: Path, cluster: Cluster, namespaces: Mapping[str, Any]) -> None:
        self.folder = folder
        hosts = {name: {"export_registries_namespace": name} for name in namespaces}
        (folder / "clusters.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        (folder / "password").write_text("made-up")
        self._environment = {
            **{name: value for name, value in cluster.environment.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "every_result",
            "HOME": str(folder),
            "TMPDIR": str(folder),
        }

    def __call__(
        self, playbook: str, *arguments: str, vault: bool = True, fails: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Return the results by task and host."""
        results = self.folder / f"{len(list(self.folder.glob('results-*')))}.json"
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", "clusters.json", "-vvvv"]
        command += ["--vault-id", "staging@password"] if vault else []
        ended = subprocess.run(
            [*command, "--diff", *arguments, f"epinio.registries.{playbook}"],
            cwd=self.folder,
            env={**self._environment, "EVERY_RESULT": str(results)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        printed = ended.stdout + ended.stderr
        assert (ended.returncode != 0) == fails, printed[-4000:]
        assert CANARY.found_in(printed.encode() + results.read_bytes()) == []
        found: dict[str, dict[str, Any]] = {}
        for line in map(json.loads, results.read_text().splitlines()):
            found.setdefault(line["task"].rpartition(" : ")[2], {})[line["host"]] = line["result"]
        results.unlink()
        return found


def test_the_corpus(tmp_path: Path, cluster: Cluster, api: Api) -> None:
    """Each secret is in the list or left out; the list raises no problem, and changes only what was said."""
    there = spread(api)
    run = Runner(tmp_path, cluster, there)
    written = run("onboard")["Write the list of what is there"]
    for namespace, result in written.items():
        names = [*result["destinations"], *(one["name"] for one in result["left_out"])]
        assert sorted(names) == sorted(there[namespace])
        assert all(one["problems"] for one in result["left_out"])
    in_the_lists = sum(len(result["destinations"]) for result in written.values())
    assert in_the_lists == 146 + len(there)
    assert all(result["changed"] is False for result in run("onboard")["Write the list of what is there"].values())
    checked = run("configure", "--check")["Apply the list of destinations"]
    for namespace, result in checked.items():
        changed = {one["name"]: one["fields"] for one in result["destinations"] if one["action"] != "kept"}
        assert changed == {one["name"]: one["fields"] for one in written[namespace]["normalized"]}
        assert [one for one in result["certificates"] if one["action"] != "kept"] == []
    assert sum(one["action"] == "kept" for result in checked.values() for one in result["destinations"]) == (
        98 + len(there)
    )
    run("configure", "--check", vault=False, fails=True)
    found = {file for file in tmp_path.rglob("*") if file.is_file() and CANARY.found_in(file.read_bytes())}
    assert found == set()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Reader:
    return Reader(tmp_path_factory.mktemp("onboarding"), control_plane)


def test_the_guide(reader: Reader) -> None:
    """On a cluster that somebody configured by hand, with the logins of somebody's docker."""
    folder = reader.folder
    reader.run("kubectl config rename-context $(kubectl config current-context) staging")
    reader.run("kubectl create namespace epinio")
    config = builders.docker_config("ghcr.io", "acme-robot", CANARY.value)
    (folder / "secret.json").write_text(json.dumps(builders.destination_secret("ghcr", config=config)))
    assert reader.run("kubectl create --filename secret.json").returncode == 0
    (folder / "secret.json").unlink()
    (folder / "vault-password").write_text("made-up")
    login = {"auths": {"https://quay.io": {"auth": builders.auth("robot", "made-up")}}}
    (folder / "config.json").write_text(json.dumps(login))
    (folder / "company-ca.pem").write_text(builders.authority("Company CA"))
    assert reader.follow("onboarding_guide") == 7
    text = (folder / "host_vars/staging/destinations.yml").read_text()
    assert text.count("registry_password: !vault |\n      $ANSIBLE_VAULT;1.2;AES256;staging\n") == 1
    placeholders = yaml.safe_load((folder / "placeholders.yml").read_text())["export_registries_destinations"]
    assert [one["registry_password"] for one in placeholders] == ["{{ vault_ghcr_password }}"]
    names = reader.run("kubectl get secrets --namespace epinio --output name").stdout.split()
    assert names == ["secret/ghcr", "secret/quay.io"]
    found = [file for file in folder.rglob("*") if file.is_file() and CANARY.found_in(file.read_bytes())]
    assert found == []

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-navigator without a container engine: it shows the collection, and runs its playbook by its full name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from ansible_collections.epinio.registries.plugins.modules import export_registries
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.kube import Api, Secrets
from tests.acceptance.test_guides import blocks, commands
from tests.control_plane import Cluster

PASSWORD = Canary("password")


def test_the_commands_of_the_guide(cluster: Cluster, api: Api, namespace: str, tmp_path: Path) -> None:
    items = [builders.item("ghcr", registry_password=PASSWORD.value)]
    values = {"export_registries_destinations": items, "export_registries_namespace": namespace}
    (tmp_path / "destinations.yml").write_text(json.dumps(values))
    (tmp_path / "kubeconfig.yml").write_text("plugin: epinio.registries.kubeconfig\n")
    path = os.pathsep.join([str(Path(sys.executable).parent), cluster.environment["PATH"]])
    # Otherwise it stands beside the playbook, which is in this checkout.
    artifact = {"ANSIBLE_NAVIGATOR_PLAYBOOK_ARTIFACT_SAVE_AS": str(tmp_path / "artifact.json")}
    printed = {}
    for _before, language, text in blocks("execution_environment_guide"):
        for command, _shown in commands(text) if language == "console" else ():
            ended = subprocess.run(
                [*command.split(), *(["-vvvv"] if " run " in command else [])],
                cwd=tmp_path,
                env={**cluster.environment, "PATH": path, "HOME": str(tmp_path), "TERM": "xterm", **artifact},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            printed[command.split()[1]] = ended.stdout
    said = yaml.safe_load(export_registries.DOCUMENTATION)["description"][0]
    assert said in " ".join(printed["doc"].split())
    assert "epinio.registries" in printed["collections"]
    assert "failed=0" in printed["run"]
    assert list(Secrets(api, namespace).all()) == ["ghcr"]
    left = [file for file in tmp_path.glob("*.json") if file.is_file()]
    assert left, "it keeps an artifact of a run"
    assert [file for file in left if PASSWORD.found_in(file.read_bytes())] == []
    assert PASSWORD.found_in(printed["run"].encode()) == []

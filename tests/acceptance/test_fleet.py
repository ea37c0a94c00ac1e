# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of twenty-four: two that fail do not keep the others from being done, and slices end as one run does."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.fleet import ansible, environment
from tests.acceptance.kube import Api, Secrets
from tests.control_plane import Cluster

GUIDE = Path(__file__).parents[2] / "docs/docsite/rst/fleet_guide.rst"
CLUSTERS = [f"cluster{number:02}" for number in range(1, 25)]
DEAD, REFUSED = "cluster05", "cluster11"
GOOD = [name for name in CLUSTERS if name not in (DEAD, REFUSED)]
NOWHERE = "https://127.0.0.1:9"
SLICES = 3
PASSWORD = Canary("password")
CONFIGURE = ("ansible-playbook", "-i", "kubeconfig.yml", "--forks", "8", "-vvvv")
PLAYBOOK = "epinio.registries.configure"
SUMMARY = {"ANSIBLE_CALLBACKS_ENABLED": "epinio.registries.fleet_summary"}


class Fleet:
    """A kubeconfig with a context for each namespace of the shared cluster, and an inventory of it."""

    def __init__(self, cluster: Cluster, api: Api, folder: Path) -> None:
        self.cluster, self.api, self.folder = cluster, api, folder
        self.namespaces = {name: api.namespace() for name in CLUSTERS}
        config = yaml.safe_load(cluster.run("config", "view", "--raw", "--minify", "--flatten"))
        [alive], [user] = config["clusters"], config["users"]
        dead = {"name": "dead", "cluster": {"server": NOWHERE}}
        contexts = [
            {"name": name, "context": {"cluster": ("dead" if name == DEAD else alive["name"]), "user": user["name"]}}
            for name in CLUSTERS
        ]
        self.write("config.yaml", {**config, "clusters": [alive, dead], "contexts": contexts})
        compose = {"export_registries_namespace": f"{self.namespaces}[context]"}
        plugin = {"plugin": "epinio.registries.kubeconfig", "kubeconfig": "config.yaml", "strict": True}
        self.write("kubeconfig.yml", {**plugin, "compose": compose})
        items = [builders.item(name, registry_password=PASSWORD.value) for name in ("ghcr", "quay")]
        self.write("group_vars/all.yml", {"export_registries_destinations": items, "export_registries_prune": True})
        wrong = [builders.item("ghcr", registry="https://ghcr.io/", registry_password=PASSWORD.value)]
        self.write(f"host_vars/{REFUSED}.yml", {"export_registries_destinations": wrong})

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(content))

    def configure(self, *arguments: str, code: int = 2, **more: str) -> str:
        command = (*CONFIGURE, *arguments, PLAYBOOK)
        ended = ansible(self.cluster, self.folder, *command, code=code, more={**SUMMARY, **more})
        assert PASSWORD.found_in((ended.stdout + ended.stderr).encode()) == []
        return ended.stdout + ended.stderr

    def state(self) -> dict[str, Any]:
        """Return the content of every secret of every cluster."""
        return {
            name: {
                secret: {key: base64.b64decode(value) for key, value in one["data"].items()}
                for secret, one in Secrets(self.api, namespace).all().items()
            }
            for name, namespace in self.namespaces.items()
        }


@pytest.fixture
def fleet(cluster: Cluster, api: Api, tmp_path: Path) -> Fleet:
    return Fleet(cluster, api, tmp_path)


def table(printed: str) -> list[str]:
    """Return the lines of the summary."""
    _before, _banner, after = printed.partition("\nEPINIO EXPORT REGISTRIES ")
    return after.splitlines()[1 : after.splitlines().index("")] if "" in after.splitlines() else after.splitlines()[1:]


def test_two_that_fail_keep_nobody_from_being_done(fleet: Fleet) -> None:
    printed = fleet.configure(ANSIBLE_SHOW_CUSTOM_STATS="true")
    [_head, *lines] = table(printed)
    assert [line.split()[0] for line in lines] == [REFUSED, DEAD, *GOOD]
    refused, dead, *good = lines
    assert "1  Nothing was written: 1 problem. - destinations[0] (ghcr), registry: " in refused
    assert f"The API server at {NOWHERE} cannot be reached" in dead
    assert all(
        re.fullmatch(r"\S+ +2 +0 +0 +0 +0  namespace \S+ of context \S+: ghcr created, quay created", one)
        for one in good
    )
    [shown] = re.findall(r"code-block:: text\n\n((?:    .*\n)+)", GUIDE.read_text(encoding="utf-8"))
    begin = table(re.sub("|".join(fleet.namespaces.values()), "epinio", printed))[:5]
    assert [line.strip() for line in shown.splitlines()] == begin
    data = json.loads(re.search(r"RUN: (\{.*\})", printed)[1])["export_registries"]  # type: ignore[index]
    assert data == {
        "clusters": 24,
        "unreachable": [],
        "failed": [REFUSED, DEAD],
        "skipped": [],
        "changed": GOOD,
        "unchanged": [],
        "counts": {"created": 44, "changed": 0, "removed": 0, "kept": 0, "problems": 1},
    }
    once = fleet.state()
    assert [name for name, secrets in once.items() if set(secrets) == {"ghcr", "quay"}] == GOOD

    for name in GOOD:
        Secrets(fleet.api, fleet.namespaces[name]).clear()
    slices = [",".join(CLUSTERS[first::SLICES]) for first in range(SLICES)]  # as AWX makes them
    printed_by_each = side_by_side(fleet, [[*CONFIGURE, "--limit", one, PLAYBOOK] for one in slices])
    assert PASSWORD.found_in("".join(printed_by_each).encode()) == []
    assert fleet.state() == once
    assert sorted(line.split()[0] for one in printed_by_each for line in table(one)[1:]) == CLUSTERS
    assert fleet.configure("--limit", ",".join(GOOD), code=0).count("as it should be") == len(GOOD)


def side_by_side(fleet: Fleet, commands: Sequence[Sequence[str]]) -> list[str]:
    """Run all at once, and return what each printed. It goes to files: a full pipe would make one wait for another."""
    logs = [fleet.folder / f"{number}.log" for number in range(len(commands))]
    running = []
    for command, log in zip(commands, logs):
        with log.open("w") as output:
            where = {"cwd": fleet.folder, "env": {**environment(fleet.cluster, fleet.folder), **SUMMARY}}
            running.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **where))
    for process in running:
        process.wait(timeout=300)
    return [log.read_text() for log in logs]


def test_the_table_where_every_cluster_failed(fleet: Fleet) -> None:
    lines = table(fleet.configure("--limit", f"{DEAD},{REFUSED}"))
    assert [line.split()[0] for line in lines] == ["cluster", REFUSED, DEAD]

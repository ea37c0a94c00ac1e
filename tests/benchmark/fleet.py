# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: many inventory hosts, each a namespace of one server, with ten destinations each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ..control_plane import Cluster
from .measure import run
from .table import OURS, Results
from .ways import AS_A_MODULE, FLOORS, Destination, destinations, secrets

EACH = 10
_TASK = {"epinio.registries.export_registries": {"destinations": "{{ destinations }}", "namespace": "{{ namespace }}"}}
_KUBECONFIG = "{{ lookup('ansible.builtin.env', 'KUBECONFIG') }}"
WAYS: Mapping[str, Sequence[Mapping[str, object]]] = {
    **FLOORS,
    OURS: [_TASK],
    # As people reach a cluster of many: what the engine is to use stands in the task's environment.
    "export_registries with environment": [{**_TASK, "environment": {"K8S_AUTH_KUBECONFIG": _KUBECONFIG}}],
    "export_registries as a module": [{**_TASK, **AS_A_MODULE}],
    "export_registries, strategy free": [_TASK],
    "export_registries, serial 25%": [_TASK],
    "kubernetes.core.k8s, one task": [{"kubernetes.core.k8s": {"definition": "{{ objects }}"}}],
}
#: What the play of a way says besides.
_PLAYS = {
    "export_registries, strategy free": {"strategy": "free"},
    "export_registries, serial 25%": {"serial": "25%"},
}


def measure(
    cluster: Cluster,
    environment: Mapping[str, str],
    folder: Path,
    *,
    hosts: int,
    forks: Sequence[int],
    ways: re.Pattern[str],
    rounds: int,
) -> Results:
    """Return every run, by forks, way and situation."""
    results = Results(unit="forks")
    items = destinations(EACH)
    for count in forks:
        for number in range(rounds):
            for name, tasks in WAYS.items():
                if name != OURS and not ways.search(name):
                    continue
                place = folder / f"{count}-{number}-{name.replace(' ', '-').replace(',', '')}"
                play = {**_PLAYS.get(name, {}), "tasks": list(tasks)}
                _write(place, play, items, [cluster.namespace("fleet") for _host in range(hosts)])
                command = [
                    "ansible-playbook",
                    "-i",
                    str(place / "inventory.json"),
                    "-f",
                    str(count),
                    str(place / "play.yml"),
                ]
                for situation in ("nothing to do",) if name in FLOORS else ("first", "nothing to do"):
                    results.add(count, name, situation, run(command, environment, cluster, place / "log"))
                print(f"forks={count} round {number + 1}/{rounds} {name}: {results.line(count, name)}", flush=True)
                shutil.rmtree(place)
    return results


def _write(place: Path, play: Mapping[str, object], items: Sequence[Destination], namespaces: Sequence[str]) -> None:
    place.mkdir()
    hosts = {
        f"cluster-{number:03}": {"namespace": namespace, "objects": secrets(items, namespace)}
        for number, namespace in enumerate(namespaces)
    }
    variables = {
        "destinations": list(items),
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    (place / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    (place / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, **play}]))

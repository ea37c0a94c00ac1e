# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rendered manifests are what the modules write, by the judgment of kubectl and of the modules."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible_collections.epinio.registries.plugins.filter.to_manifests import to_manifests
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.canary import Canary
from tests.acceptance.generated import generated
from tests.acceptance.kube import Api, Secrets
from tests.acceptance.plays import Play
from tests.control_plane import Cluster
from tests.fuzz import hostile

CA = builders.authority("CA")
Items = list[dict[str, Any]]
#: Names that leave room for `v1.Secret.NAMESPACE.` in the name of a file.
LONGEST_FILE = 200


def by_name(manifests: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {one["metadata"]["name"]: one for one in manifests}


# kubectl


def valid_lists() -> list[Items]:
    """Return every item of the fuzz corpus that can be rendered, alone and beside those that follow it."""

    def valid(items: Items) -> bool:
        try:
            return bool(to_manifests(items))
        except AnsibleError:
            return False

    items = [one for one in generated(hostile.ITEMS, 300) if valid([one])]
    beside = [items[first : first + 3] for first in range(0, len(items), 2)]
    return [*([one] for one in items), *filter(valid, beside)]


@pytest.fixture(scope="module")
def corpus(api: Api) -> list[tuple[str, Items]]:
    """Every valid list of the fuzz corpus, each with a namespace of its own."""
    lists = valid_lists()
    assert len(lists) > 50
    assert sum(len(items) > 1 for items in lists) > 5
    return [(api.namespace(), items) for items in lists]


def rendered(corpus: Sequence[tuple[str, Items]]) -> str:
    items = [one for namespace, listed in corpus for one in to_manifests(listed, namespace)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def test_a_module_finds_nothing_to_change_in_what_was_applied(
    cluster: Cluster, corpus: Sequence[tuple[str, Items]]
) -> None:
    cluster.run("apply", "-f", "-", stdin=rendered(corpus))
    for namespace, items in corpus:
        ended = engine.run("export_registries", {"destinations": items, "namespace": namespace}, check_mode=True)
        assert ended.result["changed"] is False, (items, ended.result)


def test_kubectl_finds_no_difference_in_what_a_module_wrote(
    cluster: Cluster, api: Api, corpus: Sequence[tuple[str, Items]]
) -> None:
    fresh = [(api.namespace(), items) for _namespace, items in corpus]
    for namespace, items in fresh:
        engine.run("export_registries", {"destinations": items, "namespace": namespace})
    # kubectl diff writes files that are called as the secrets are, in full.
    short = [(namespace, items) for namespace, items in fresh if max(len(one["name"]) for one in items) < LONGEST_FILE]
    assert cluster.run("diff", "--concurrency=16", "-f", "-", stdin=rendered(short)) == ""
    for namespace, items in fresh:
        stored = {name: one["data"] for name, one in Secrets(api, namespace).all().items()}
        assert {name: one["data"] for name, one in by_name(to_manifests(items, namespace)).items()} == stored


# The role


PASSWORD = Canary("password")


def destinations() -> Items:
    return [
        builders.item("one", registry_password=PASSWORD.value, certificate=CA),
        builders.item("two", registry_password=PASSWORD.value),
        builders.item("y", registry_password=PASSWORD.value, organization="1e3", labels={"size": "1e3", "n": "no"}),
    ]


def render(play: Play, items: Items, *arguments: str, code: int | None = 0, **variables: Any) -> Mapping[str, int]:
    """Run the entry point, louder than anybody does; return what the recap counts."""
    task = {
        "ansible.builtin.import_role": {
            "name": "epinio.registries.export_registries",
            "tasks_from": "render",
            "rolespec_validate": False,
        }
    }
    given = {f"export_registries_{name}": value for name, value in variables.items()}
    ended = play(
        task,
        variables={"export_registries_destinations": items, **given},
        arguments=["-vvvv", "--diff", *arguments],
        code=code,
    )
    for text in (ended.stdout, ended.stderr, ended.log, json.dumps(list(ended.results))):
        assert not PASSWORD.found_in(text.encode())
    for file, content in play.left():
        assert not PASSWORD.found_in(content), file
    recap = ended.stdout.rpartition("localhost  ")[2]
    return {name: int(count) for name, _equals, count in (word.partition("=") for word in recap.split()) if count}


def test_the_role_writes_what_the_modules_write_and_nothing_twice(cluster: Cluster, play: Play, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    assert render(play, destinations(), "--check", render_dest=str(folder))["changed"] == 1
    assert not folder.exists()
    assert render(play, destinations(), render_dest=str(folder))["changed"] == 2
    files = {file.name: file for file in folder.iterdir()}
    assert sorted(files) == ["one-certificate.yaml", "one.yaml", "two.yaml", "y.yaml"]
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    written = by_name(yaml.safe_load(file.read_text()) for file in files.values())
    assert written == by_name(to_manifests(destinations()))
    shown = json.loads(cluster.run("apply", "--dry-run=client", "--output=json", "-f", str(folder)))["items"]
    read = {name: (one["data"], one["metadata"]["labels"]) for name, one in by_name(shown).items()}
    assert read == {name: (one["data"], one["metadata"]["labels"]) for name, one in written.items()}
    assert render(play, destinations(), "--check", render_dest=str(folder))["changed"] == 0
    assert render(play, destinations(), render_dest=str(folder))["changed"] == 0

    (folder / "kustomization.yaml").write_text(json.dumps({"resources": sorted(files)}))
    for one in written.values():
        if not one["metadata"]["annotations"]:
            del one["metadata"]["annotations"]  # kustomize leaves out what is empty
    assert by_name(yaml.safe_load_all(cluster.run("kustomize", str(folder)))) == written


def test_only_files_that_are_ours_are_pruned(play: Play, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    more = builders.item("three", registry_password=PASSWORD.value, certificate=CA)
    render(play, [*destinations(), more], render_dest=str(folder))
    (folder / "kustomization.yaml").write_text("resources: []\n")
    (folder / "other.yaml").write_text("kind: Secret\nmetadata: {name: other}\n")
    everything = {file.name for file in folder.iterdir()}

    def left() -> set[str]:
        return everything - {file.name for file in folder.iterdir()}

    render(play, destinations(), render_dest=str(folder))
    assert left() == set()
    render(play, destinations(), render_dest=str(folder), prune=True, prune_except=["three"])
    assert left() == set()
    render(play, destinations(), "--check", render_dest=str(folder), prune=True)
    assert left() == set()
    render(play, destinations(), render_dest=str(folder), prune=True)
    assert left() == {"three.yaml", "three-certificate.yaml"}
    render(play, [{"name": "one", "state": "absent"}, *destinations()[1:]], render_dest=str(folder))
    assert left() == {"three.yaml", "three-certificate.yaml", "one.yaml", "one-certificate.yaml"}
    render(play, [], render_dest=str(folder), prune=True, code=2)
    assert "two.yaml" not in left()
    render(play, [], render_dest=str(folder), prune=True, prune_all=True)
    assert "two.yaml" in left()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--check", "-e", "@list.yml"], "passwords: unknown", id="a vaulted password in check mode"),
        pytest.param(["-e", "@list.yml"], "It is encrypted", id="a vaulted password that has to be written"),
        pytest.param(["--check", "-e", "@wrong.yml"], "Nothing was rendered: 3 problems", id="all problems"),
        pytest.param(["-e", "@plain.yml"], "export_registries_render_dest is missing", id="nowhere to write"),
        pytest.param(
            ["--check", "-e", "@list.yml", "-e", "export_registries_hosts=clusters"], "No host matches", id="no host"
        ),
    ],
)
def test_the_playbook_without_a_cluster(tmp_path: Path, arguments: list[str], said: str) -> None:
    vaulted = "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3161316131613161\n      61\n"
    start = "export_registries_destinations:\n  - name: ghcr\n    registry: ghcr.io\n    organization: acme\n"
    start += "    registry_username: robot\n    registry_password: "
    (tmp_path / "list.yml").write_text(start + vaulted)
    (tmp_path / "plain.yml").write_text(start + "plain\n")
    wrong = "    update_password: on_create\n  - name: Harbor\n    registry: https://harbor.example.com\n"
    wrong += "    organization: acme\n    registry_username: robot\n    registry_password: plain\n"
    (tmp_path / "wrong.yml").write_text(start + vaulted + wrong)
    kept = {name: value for name, value in os.environ.items() if "KUBECONFIG" not in name and "K8S_AUTH" not in name}
    ended = subprocess.run(
        ["ansible-playbook", "epinio.registries.render", *arguments],
        cwd=tmp_path,
        env={**kept, "PWD": str(tmp_path), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert said in ended.stdout
    assert (ended.returncode == 0) == (said == "passwords: unknown"), ended.stdout


@pytest.mark.parametrize(
    ("dest", "written"),
    [
        pytest.param("plain/{{ inventory_hostname }}", {"staging/one.yaml", "production/one.yaml"}, id="one each"),
        pytest.param("plain", set(), id="one for both"),
    ],
)
def test_hosts_do_not_overwrite_each_other(tmp_path: Path, dest: str, written: set[str]) -> None:
    inventory = {"all": {"hosts": {"staging": {}, "production": {}}}}
    (tmp_path / "clusters.json").write_text(json.dumps(inventory))
    given = {"export_registries_destinations": [builders.item("one")], "export_registries_render_dest": dest}
    (tmp_path / "given.json").write_text(json.dumps(given))
    ended = subprocess.run(
        ["ansible-playbook", "-i", "clusters.json", "-e", "@given.json", "epinio.registries.render"],
        cwd=tmp_path,
        env={**os.environ, "PWD": str(tmp_path), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (ended.returncode == 0) == bool(written), ended.stdout
    assert ("Several hosts have the export_registries_render_dest 'plain'" in ended.stdout) == (not written)
    assert {str(file.relative_to(tmp_path / "plain")) for file in (tmp_path / "plain").rglob("*.yaml")} == written

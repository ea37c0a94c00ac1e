# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides do what they say: their files are written, their commands typed, and their output compared."""

from __future__ import annotations

import base64
import copy
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.tests.support import builders

from tests.control_plane import Cluster, ControlPlane

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs/docsite/rst"
BLOCK = re.compile(
    r"(?P<before>[^\n]*\n\n)?(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n(?P<text>(?:\n|(?P=indent) +\S.*\n)+)"
)
#: What a reader does to the machine, not to the cluster.
INSTALLS = ("ansible-galaxy collection install", "python -m pip install")
#: What a command shows that fails: Ansible's word, and that of the guard.
FAILURES = ("[ERROR]", " denied request: ")


def blocks(guide: str) -> Iterator[tuple[str, str, str]]:
    """Yield (the line before, language, text) of each example."""
    for match in BLOCK.finditer((GUIDES / f"{guide}.rst").read_text(encoding="utf-8")):
        yield match["before"] or "", match["language"], textwrap.dedent(match["text"]).strip("\n") + "\n"


class Reader:
    """Follows a guide in a folder of its own."""

    def __init__(self, folder: Path, control_plane: Cluster) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        programs = os.pathsep.join([str(Path(sys.executable).parent), control_plane.environment["PATH"]])
        self.environment = {**control_plane.environment, "PATH": programs, "HOME": str(home), "COLUMNS": "80"}

    def follow(self, guide: str, *, meanwhile: Callable[[str], None] = lambda _command: None) -> int:
        """Write every file that is shown, type every command, and return how many there were.

        ``meanwhile`` is called after each command: what a cluster does by itself, and an API server alone does not.
        """
        typed = 0
        for before, language, text in blocks(guide):
            if language.startswith("yaml"):
                self.write(before, text)
            elif language == "console":
                for command, shown in commands(text):
                    typed += 1
                    self.type(command, shown)
                    meanwhile(command)
        return typed

    def write(self, before: str, text: str) -> None:
        """Write the file that the line before names, if it names one."""
        named = re.search(r"``(?:[\w/]+/)?(\w[\w-]*\.yml)``", before)
        if named:
            (self.folder / named[1]).write_text(text)

    def type(self, command: str, shown: str) -> None:
        exported = re.fullmatch(r"export (\w+)=(\S+)", command)
        if exported:
            self.environment[exported[1]] = exported[2]
        elif not command.startswith(INSTALLS):
            ended = self.run(command)
            assert (ended.returncode != 0) == any(word in shown for word in FAILURES), ended.stdout
            assert_in_order(shown, ended.stdout)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of an example with the output that is shown for it."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _newline, shown = part.partition("\n")
        yield command, shown


def assert_in_order(shown: str, printed: str) -> None:
    """Assert that the lines that a guide shows are all printed, in their order; ages differ."""
    rest = iter(re.sub(r"\b\d+s\b", "1s", line).rstrip() for line in printed.splitlines())
    for line in shown.splitlines():
        wanted = re.sub(r"\b\d+s\b", "1s", line).rstrip()
        assert wanted in {"", "..."} or wanted in rest, f"{line!r} is not in:\n{printed}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Reader:
    """Somebody who reads one guide after the other, on a cluster of their own."""
    return Reader(tmp_path_factory.mktemp("guides"), control_plane)


def test_getting_started(reader: Reader) -> None:
    (reader.folder / "company-ca.pem").write_text(builders.authority("Company CA"))
    assert reader.follow("getting_started_guide") > 10


def test_the_playbook_of_the_readme(reader: Reader) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"`(\w+\.yml)`[^`\n]*:\n\n```yaml\n(.*?)```", readme, re.S))
    assert set(files) == {"requirements.yml", "site.yml", "destinations.yml"}
    for name, text in files.items():
        (reader.folder / name).write_text(text)
    ended = reader.run("ansible-playbook site.yml")
    assert ended.returncode == 0, ended.stdout


def test_a_service_account_and_its_token(reader: Reader, control_plane: ControlPlane) -> None:
    def fill_in(command: str) -> None:
        """Do what the token controller does, which an API server alone has not: write token and authority."""
        if command.endswith("account.yml"):
            secret = ("registries-token", "--namespace=epinio-registries")
            bound = ("--bound-object-kind=Secret", f"--bound-object-name={secret[0]}", "--duration=8760h")
            token = control_plane.run("create", "token", "registries", secret[1], *bound)
            authority = control_plane.certificate_authority
            patch = json.dumps({"stringData": {"token": token.strip(), "ca.crt": authority}})
            control_plane.run("patch", "secret", *secret, f"--patch={patch}")

    reader.run("kubectl create namespace epinio")
    assert reader.follow("rbac_guide", meanwhile=fill_in) == 7
    assert (reader.folder / "registries.token").stat().st_mode & 0o077 == 0
    server = reader.run("kubectl config view --minify --output jsonpath='{.clusters[0].cluster.server}'").stdout
    book = reader.folder / "account-test.yml"
    book.write_text(book.read_text().replace("https://cluster.example.com:6443", server))
    read = reader.run("env -u K8S_AUTH_KUBECONFIG -u KUBECONFIG ansible-playbook account-test.yml")
    assert read.returncode == 0, read.stdout
    may = "kubectl auth can-i --as system:serviceaccount:epinio-registries:registries --namespace epinio"
    answers = {verb: reader.run(f"{may} {verb} secrets").stdout.strip() for verb in ("create", "delete", "watch")}
    assert answers == {"create": "yes", "delete": "yes", "watch": "no"}


FLEET = {"cluster_kubeconfig": "~/.kube/production.yaml", "cluster_context": "production", "destinations": []}


def test_fleets(reader: Reader, control_plane: ControlPlane) -> None:
    """The inventory, the playbooks of the collection and the play of one's own, with nothing else set."""
    folder = reader.folder
    kubeconfig = yaml.safe_load(control_plane.run("config", "view", "--raw", "--minify", "--flatten"))
    (folder / "home/.kube").mkdir(exist_ok=True)
    for name, file in {"staging": "config", "production": "production.yaml"}.items():
        context = {"name": name, "context": kubeconfig["contexts"][0]["context"]}
        config = {**kubeconfig, "contexts": [context], "current-context": name}
        (folder / "home/.kube" / file).write_text(yaml.safe_dump(config))
    fleet = copy.copy(reader)
    fleet.environment = {name: value for name, value in reader.environment.items() if "KUBECONFIG" not in name}
    for namespace in ("epinio", "epinio-system"):
        fleet.run(f"kubectl create namespace {namespace}")
    (folder / "secrets.yml").write_text("ghcr_token: made-up\n")
    (folder / "company-ca.pem").write_text(builders.authority("Company CA"))
    (folder / "bare.json").write_text(json.dumps({"all": {"hosts": {"production": FLEET}}}))
    for before, language, text in blocks("fleet_guide"):
        if language.startswith("yaml"):
            fleet.write(before, text)
        elif language == "ini":
            (folder / "ansible.cfg").write_text(text)
        elif language == "console":
            for command, shown in commands(text):
                ended = fleet.run(command)
                asks = "verify" in command  # ghcr.io, which is not reached from here
                assert (ended.returncode == 0) != asks, ended.stdout
                assert ("PLAY RECAP" in ended.stdout) == command.startswith("ansible-playbook")
                assert "no hosts matched" not in ended.stdout
                assert_in_order(shown, ended.stdout)
    (folder / "ansible.cfg").unlink()
    ended = fleet.run("ansible-playbook --inventory bare.json own.yml")
    assert ended.returncode == 0, ended.stdout
    assert "ok=3" in ended.stdout


@pytest.mark.parametrize("playbook", ["configure", "verify"])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("", id="no inventory"),
        pytest.param("--inventory clusters.json --extra-vars export_registries_hosts=stagng", id="mistyped host"),
        pytest.param("--inventory clusters.json --extra-vars export_registries_hosts=none", id="empty group"),
    ],
)
def test_a_playbook_without_a_cluster_says_how_to_name_one(reader: Reader, playbook: str, arguments: str) -> None:
    clusters = {"all": {"hosts": {"staging": {}}, "children": {"none": {}}}}
    (reader.folder / "clusters.json").write_text(json.dumps(clusters))
    values = json.dumps({"export_registries_destinations": []})
    command = f"ansible-playbook {arguments} --extra-vars '{values}' epinio.registries.{playbook}"
    ended = reader.run(command)
    assert ended.returncode == 2, ended.stdout
    [remedy] = {*re.findall(r"set (-e \S+)", ended.stdout)}
    assert "--inventory clusters.yml" in ended.stdout
    followed = reader.run(f"{command} {remedy}")
    assert followed.returncode == 0, followed.stdout


def test_a_password_with_braces(reader: Reader) -> None:
    """The password of the guide, in a vaulted file and inline."""
    reader.run("kubectl create namespace epinio")
    [unsafe] = [text for _before, _language, text in blocks("secrets_guide") if "!unsafe" in text]
    (reader.folder / "braces.yml").write_text(unsafe)
    vault = "--vault-password-file braces.password"
    reader.environment.pop("ANSIBLE_VAULT_PASSWORD_FILE", None)  # of another guide
    (reader.folder / "braces.password").write_text("made-up")
    assert reader.run(f"ansible-vault encrypt {vault} braces.yml").returncode == 0
    inline = reader.run(
        f"printf 'made{{{{up' | ansible-vault encrypt_string {vault} --stdin-name inline_token 2>/dev/null"
    )
    (reader.folder / "inline.yml").write_text(inline.stdout)
    destinations = [
        builders.item(name, registry_password=f"{{{{ {variable} }}}}")
        for name, variable in {"file": "ghcr_token", "inline": "inline_token"}.items()
    ]
    task = {"epinio.registries.export_registries": {"destinations": destinations}}
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": ["braces.yml", "inline.yml"], "tasks": [task]}
    (reader.folder / "play.yml").write_text(yaml.safe_dump([play]))
    ended = reader.run(f"ansible-playbook {vault} play.yml")
    assert ended.returncode == 0, ended.stdout
    for name in ("file", "inline"):
        data = reader.run(
            f"kubectl get secret {name} --namespace epinio --output jsonpath='{{.data.\\.dockerconfigjson}}'"
        )
        [entry] = json.loads(base64.b64decode(data.stdout))["auths"].values()
        assert entry["password"] == "made{{up"


@pytest.mark.parametrize("guide", ["reading_guide", "migration_guide"])
def test_plays_that_only_read(reader: Reader, guide: str) -> None:
    plays = [text for _name, language, text in blocks(guide) if "export_registry_info:" in text]
    assert plays
    for text in plays:
        (reader.folder / "play.yml").write_text(text)
        ended = reader.run("ansible-playbook play.yml")
        assert ended.returncode == 0, ended.stdout


def test_recipes(reader: Reader) -> None:
    recipes = [yaml.safe_load(text) for _name, language, text in blocks("check_mode_guide") if language == "yaml+jinja"]
    tasks = [task for recipe in recipes for task in recipe]
    destinations = {"destinations": [builders.item("ghcr", registry="ghcr.io")]}
    play = {"hosts": "localhost", "gather_facts": False, "vars": destinations, "tasks": tasks}
    (reader.folder / "recipes.yml").write_text(yaml.safe_dump([play]))
    ended = reader.run("ansible-playbook recipes.yml")
    assert ended.returncode == 0, ended.stdout
    assert "failed=0" in ended.stdout

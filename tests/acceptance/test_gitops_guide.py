# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GitOps guide does what it says, with SOPS, age and kubectl."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._reading.owners import owners
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.test_guides import Reader, blocks
from tests.control_plane import Cluster
from tests.gitops import programs

GUIDE = "gitops_guide"
PASSWORD, OTHER = Canary("password"), Canary("other password")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Reader]:
    """Somebody who reads the guide where Epinio and Flux are."""
    programs.require(programs.sops, programs.age_keygen)
    made = Reader(tmp_path_factory.mktemp("gitops"), cluster)
    tools = [str(program().parent) for program in (programs.sops, programs.age_keygen)]
    made.environment["PATH"] = os.pathsep.join([*tools, made.environment["PATH"]])
    for namespace in ("epinio", "flux-system"):
        made.run(f"kubectl create namespace {namespace}")
    yield made
    made.run("kubectl delete --namespace epinio secret ghcr harbor harbor-certificate")


def files_with(folder: Path, canary: Canary) -> set[str]:
    return {
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and canary.found_in(file.read_bytes())
    }


def test_the_guide(reader: Reader) -> None:
    folder = reader.folder
    (folder / "company-ca.pem").write_text(builders.authority("Company CA"))
    (folder / "secrets.yml").write_text(yaml.safe_dump({"ghcr_token": PASSWORD.value, "harbor_token": OTHER.value}))
    versions: list[dict[str, bytes]] = []

    def look(command: str) -> None:
        if command == "ansible-playbook encrypt.yml":
            versions.append({file.name: file.read_bytes() for file in (folder / "encrypted").iterdir()})

    assert reader.follow(GUIDE, meanwhile=look) > 12
    assert versions[0] == versions[1]
    assert len(versions[0]) == 3
    assert all(b"ENC[AES256_GCM" in content for content in versions[0].values())
    assert files_with(folder, PASSWORD) == {"secrets.yml", "plain/ghcr.yaml"}
    assert files_with(folder, OTHER) == {"secrets.yml", "plain/harbor.yaml"}
    assert "decryption" in yaml.safe_load((folder / "flux.yml").read_text())["spec"]
    for file, field in (("application.yml", "source"), ("flux.yml", None)):
        spec = yaml.safe_load((folder / file).read_text())["spec"]
        assert (folder / (spec[field] if field else spec)["path"]).is_dir()


def test_what_was_encrypted_is_what_a_module_writes(reader: Reader) -> None:
    """Follows the guide: its secrets are in the cluster."""
    ended = reader.run(
        "ansible-playbook epinio.registries.configure --check -e export_registries_hosts=localhost "
        "-e @secrets.yml -e @destinations.yml"
    )
    assert ended.returncode == 0, ended.stdout
    assert "changed=0 " in ended.stdout


def test_it_shows_what_the_module_says_of_another_owner(reader: Reader) -> None:
    [said] = re.findall(r"The secret 'ghcr' also belongs to .*", shown_texts())
    [mark] = re.findall(r"annotation (\S+): (\S+)\)", said)
    reader.run(f"kubectl annotate secret ghcr --namespace epinio {mark[0]}={mark[1]}")
    ended = reader.run(
        "ansible-playbook epinio.registries.configure --check -e export_registries_hosts=localhost "
        "-e @secrets.yml -e @destinations.yml -e ghcr_token=another"
    )
    assert said in " ".join(ended.stdout.split()), ended.stdout


def test_it_lists_the_marks_that_the_module_knows() -> None:
    page = (Path(__file__).parents[2] / f"docs/docsite/rst/{GUIDE}.rst").read_text(encoding="utf-8")
    rows = re.findall(r"   \* - (.*)\n     - (``\S+/.*)", page)
    assert len(rows) == 3
    for tool, keys in rows:
        for key in re.findall(r"``(\S+)``", keys):
            assert owners(Secret("a", {}, annotations={key: "b"})).startswith(tool)


def shown_texts() -> str:
    """Return what the guide shows of messages."""
    return "".join(text for _before, language, text in blocks(GUIDE) if language == "text")

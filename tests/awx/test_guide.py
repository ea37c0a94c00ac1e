# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide does what it says: its commands are typed, and AWX has everything then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.test_guides import ROOT, Reader, blocks
from tests.awx.controller import TOKEN, Controller, open_controller
from tests.awx.definitions import KIT, definitions
from tests.control_plane import Cluster


@pytest.fixture
def controller() -> Iterator[Controller]:
    with open_controller({file.name for file in (KIT / "project").glob("*.yml")}) as opened:
        yield opened


class Administrator(Reader):
    """Has an AWX of their own instead of awx.example.com."""

    seconds = 600  # setup.yml is many modules, each with many requests

    def __init__(self, folder: Path, cluster: Cluster, controller: Controller) -> None:
        super().__init__(folder, cluster)  # type: ignore[arg-type]  # it takes the environment of either
        self.environment = {name: value for name, value in self.environment.items() if "KUBECONFIG" not in name}
        self._own = {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}
        self.environment.update(
            {f"GIT_{role}_{what}": "me" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        )

    def type(self, command: str, shown: str) -> None:
        super().type(command.replace("$PWD", str(self.folder)), shown)  # also where no shell reads it
        self.environment.update({name: value for name, value in self._own.items() if name in self.environment})


def test_the_guide(tmp_path: Path, cluster: Cluster, controller: Controller) -> None:
    reader = Administrator(tmp_path, cluster, controller)
    installed = tmp_path / "home/.ansible/collections/ansible_collections/epinio"
    installed.mkdir(parents=True)
    (installed / "registries").symlink_to(ROOT)
    (tmp_path / "kubeconfig").write_bytes(Path(cluster.environment["K8S_AUTH_KUBECONFIG"]).read_bytes())
    [config] = [text for _before, language, text in blocks("awx_guide") if language == "json"]
    (tmp_path / "auth.json").write_text(config)
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "epinio"}})
    assert reader.follow("awx_guide") == 13
    assert len(controller.all("credentials")) == 2
    assert len(controller.all("job_templates")) == 5


def test_the_destinations_are_those_of_the_kit() -> None:
    [shown] = [text for _before, language, text in blocks("awx_guide") if language == "yaml+jinja"]
    assert yaml.safe_load(shown) == yaml.safe_load((KIT / "project/inventory/group_vars/all.yml").read_text())


def test_it_names_everything_that_awx_gets() -> None:
    guide = (ROOT / "docs/docsite/rst/awx_guide.rst").read_text(encoding="utf-8")
    defined = definitions(epinio_awx_project_url="")
    named = [one["name"] for what in ("controller_templates", "controller_schedules") for one in defined[what]]
    named += [one["name"] for one in defined["epinio_awx_credentials"]]
    settings = {name: value for name, value in defined.items() if isinstance(value, (str, int))}
    assert [name for name in (*named, *settings) if name not in guide] == []
    assert all(f"``{value}``" in guide for value in settings.values()), json.dumps(settings)

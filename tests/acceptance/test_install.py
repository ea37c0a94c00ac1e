# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to install that README names works: each is tried in an empty home, from a local repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: The commands of README's section, a way to install each; pip has its own tests.
SECTION = README.partition("\n## Install it\n")[2].partition("\n## ")[0]
WAYS = [
    [command for command in re.findall(r"^\$ (.+)$", block, re.M) if "pip install" not in command]
    for block in re.findall(r"^```console\n(.*?)^```$", SECTION, re.M | re.S)
]
WAYS = [way for way in WAYS if way]
[REPOSITORY] = {*re.findall(r"https://\S+?/registries\.git", SECTION)}


class Newcomer:
    """Somebody with an empty home, for whom the repository on the net is this one, and who has kubernetes.core."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        repository = folder / "published.git"
        self._git("clone", "--quiet", "--bare", str(ROOT), str(repository))
        self._git("--git-dir", str(repository), "branch", "--force", "main", "HEAD")
        self._git("--git-dir", str(repository), "symbolic-ref", "HEAD", "refs/heads/main")
        (self.home / ".gitconfig").write_text(f'[url "file://{repository}"]\n\tinsteadOf = {REPOSITORY}\n')
        paths = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)
        [core] = [path for path in paths if (Path(path) / "ansible_collections/kubernetes").exists()]
        self.environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(self.home / ".ansible/collections"), core]),
        }

    def _git(self, *words: str) -> None:
        subprocess.run(["git", "-c", "safe.directory=*", *words], check=True, capture_output=True)

    def types(self, command: str) -> str:
        """Run a command as it is shown, without Galaxy, which a test does not ask."""
        if command.startswith("ansible-galaxy collection install"):
            command += " --offline"
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout


@pytest.mark.parametrize("way", WAYS, ids=["git", "requirements.yml", "checkout and tarball"])
def test_a_way_to_install(tmp_path: Path, way: list[str]) -> None:
    newcomer = Newcomer(tmp_path)
    [requirements] = re.findall(r"`requirements\.yml`:\n\n```yaml\n(.*?)```", SECTION, re.S)
    (tmp_path / "requirements.yml").write_text(requirements)
    installed = newcomer.home / ".ansible/collections/ansible_collections/epinio/registries"
    for command in way:
        printed = newcomer.types(command)
        if "collection install" in command:
            assert "epinio.registries" in printed
            assert "was installed successfully" in printed
            assert (installed / "plugins/modules/export_registries.py").is_file()
    assert "destinations" in newcomer.types("ansible-doc epinio.registries.export_registries")

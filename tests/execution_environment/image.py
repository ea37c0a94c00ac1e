# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the execution environment from its definition, without a registry of images, and run commands in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.execution_environment import pip_settings

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "extensions/execution-environment/execution-environment.yml"
BASE, IMAGE = "localhost/base:latest", "localhost/epinio-registries-ee:latest"


def definition(tarballs: Sequence[Path]) -> dict[str, Any]:
    """Return the definition, with the collections from files instead of Galaxy, and another base image."""
    found: dict[str, Any] = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    found["images"]["base_image"]["name"] = BASE
    found["build_arg_defaults"]["ANSIBLE_GALAXY_CLI_COLLECTION_OPTS"] = "--offline"
    found["additional_build_files"] = [{"src": str(file), "dest": "collections"} for file in tarballs]
    found["dependencies"]["galaxy"]["collections"] = [
        {"name": f"collections/{file.name}", "type": "file"} for file in tarballs
    ]
    return found


class Buildah:
    """buildah with a store of its own: nothing of the machine's images is seen or changed."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        places = ("--root", str(scratch / "store"), "--runroot", str(scratch / "state"))
        self._options = (*places, "--storage-driver", "vfs")

    def __call__(self, *arguments: str, check: bool = True, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command of buildah; what it prints is returned, and shown where it fails."""
        ended = subprocess.run(
            ["buildah", *self._options, *arguments],
            env={**os.environ, "TMPDIR": str(self._scratch)},
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if check and ended.returncode:
            raise AssertionError(f"buildah {arguments[0]}: {ended.stdout or ''}\n{ended.stderr[-5000:]}")
        return ended

    def import_base(self, tarball: Path) -> None:
        """Make an image of a tarball."""
        container = self("from", "scratch").stdout.strip()
        self("add", "--quiet", container, str(tarball), "/")
        self("commit", "--quiet", "--rm", container, BASE)

    def build(self, context: Path) -> None:
        """Build the image; pip asks whom this machine asks, and trusts whom it trusts, which is not in the image."""
        settings = self._scratch / "pip.conf"
        settings.write_text(pip_settings.settings(), encoding="utf-8")
        seen = {settings: "/etc/pip.conf", pip_settings.authorities(): pip_settings.AUTHORITIES}
        volumes = [f"--volume={source}:{target}:ro" for source, target in seen.items()]
        file = str(context / "Containerfile")
        how = ("--isolation", "chroot", "--network", "host", *volumes)
        self("bud", *how, "--tag", IMAGE, "--file", file, str(context), quiet=True)

    def settings(self) -> dict[str, Any]:
        """Return what the image says of its use: C(Entrypoint), C(User), C(Env)."""
        shown = json.loads(self("inspect", "--type", "image", IMAGE).stdout)
        return dict(shown["OCIv1"]["config"])

    @contextmanager
    def container(self) -> Iterator[str]:
        """Give a container of the image, which goes away afterwards."""
        name = self("from", IMAGE).stdout.strip()
        try:
            yield name
        finally:
            self("rm", name)

    def run(
        self,
        container: str,
        *command: str,
        mounts: Mapping[Path, str],
        environment: Mapping[str, str] | None = None,
        user: str = "1000:0",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a container engine would: through the entrypoint, as nobody who may do more."""
        volumes = [f"--volume={source}:{target}" for source, target in mounts.items()]
        variables = [f"--env={name}={value}" for name, value in (environment or {}).items()]
        how = ("--isolation", "chroot", "--network", "host", "--user", user, *volumes, *variables)
        return self("run", *how, container, "--", *self.settings()["Entrypoint"], *command, check=False)


def collection_tarball(source: Path, out: Path, scratch: Path) -> Path:
    """Return an installed collection as a tarball, as C(ansible-galaxy collection build) makes it."""
    copy = scratch / source.name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("MANIFEST.json", "FILES.json"))
    information = json.loads((source / "MANIFEST.json").read_text())["collection_info"]
    (copy / "galaxy.yml").write_text(yaml.safe_dump({name: value for name, value in information.items() if value}))
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    subprocess.run([galaxy, "collection", "build", copy, "--output-path", out], check=True, capture_output=True)
    [made] = out.glob(f"{information['namespace']}-{information['name']}-*.tar.gz")
    return made

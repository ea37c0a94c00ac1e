# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the execution environment from its definition, without a registry of images, and run commands in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.go_builds import Unavailable, build_once, cache_directory, say

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "extensions/execution-environment/execution-environment.yml"
PROGRAMS = ("buildah", "debootstrap")
RELEASE = "bookworm"  # of Debian: Python 3.11
BASE, IMAGE = "localhost/base:latest", "localhost/epinio-registries-ee:latest"
CERTIFICATES = "/etc/ssl/certs"


def check_machine() -> None:
    """Raise Unavailable where no image can be built."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} missing (Debian has packages of these names)")
    if os.geteuid() != 0:
        raise Unavailable("only root can build an image without user namespaces")


def base() -> Path:
    """Return a tarball of Debian with Python, pip and certificates, from the cache or made now."""
    folder = cache_directory() / f"execution-environment-{RELEASE}"
    return build_once(folder, _bootstrap) / "base.tar"


def _bootstrap(out: Path) -> None:
    say("base image: debootstrap, once, a minute or more")
    root = out / "root"
    packages = "--include=python3,python3-pip,ca-certificates"
    subprocess.run(["debootstrap", "--variant=minbase", packages, RELEASE, root], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root / "var/cache/apt")
    (root / "usr/local/bin/python3").symlink_to("/usr/bin/python3")  # where the official images of Python have it
    with tarfile.open(out / "base.tar", "w") as tar:
        tar.add(root, ".")
    shutil.rmtree(root)


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

    def __init__(self, store: Path) -> None:
        self._options = ("--root", str(store / "root"), "--runroot", str(store / "run"), "--storage-driver", "vfs")

    def __call__(self, *arguments: str, check: bool = True, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command of buildah; what it prints is returned, and shown where it fails."""
        output = subprocess.DEVNULL if quiet else subprocess.PIPE
        ended = subprocess.run(
            ["buildah", *self._options, *arguments], stdout=output, stderr=subprocess.PIPE, text=True, check=False
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
        """Build the image; pip trusts what this machine trusts, by the same settings."""
        settings = [f"--env={name}" for name in os.environ if name.startswith("PIP_") and name != "PIP_FIND_LINKS"]
        trust = f"--volume={CERTIFICATES}:{CERTIFICATES}:ro"
        file = str(context / "Containerfile")
        how = ("--isolation", "chroot", "--network", "host", trust, *settings)
        self("bud", *how, "--tag", IMAGE, "--file", file, str(context), quiet=True)

    def entrypoint(self) -> list[str]:
        """Return what the image puts before a command."""
        shown = json.loads(self("inspect", "--type", "image", IMAGE).stdout)
        return list(shown["OCIv1"]["config"]["Entrypoint"])

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
        return self("run", *how, container, "--", *self.entrypoint(), *command, check=False)


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

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX makes them: a private data directory with project, inventory and credentials, run by ansible-runner."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible_runner

from tests.awx import surveys
from tests.awx.definitions import KIT, credential_type, definitions
from tests.awx.injection import inject

__all__ = ["Ended", "Job", "clusters", "over_the_mesh", "registries", "run", "synchronized"]

SECONDS = 300
#: All that a job finds on the machine that it runs on.
_BARE = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
TEMPLATES = {one["name"]: one for one in definitions(epinio_awx_project_url="")["controller_templates"]}


@dataclasses.dataclass(frozen=True)
class Ended:
    """What a job came to. ``streams``: what went to the worker, and what came back."""

    status: str
    stdout: str = dataclasses.field(repr=False)
    streams: tuple[bytes, ...] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a user has in AWX: credentials, each a type with its inputs, and an inventory as AWX knows it.

    ``answers``: what they fill in of the survey; they leave the rest as it is.
    """

    credentials: Sequence[tuple[Any, Mapping[str, Any]]] = dataclasses.field(repr=False)
    inventory: Mapping[str, Any]
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def prepared(self, directory: Path, template: str, *, root: Path) -> dict[str, Any]:
        """Write the directory of a job that sees it as `root`; return how AWX calls ansible-runner."""
        definition = TEMPLATES[template]
        shutil.copytree(KIT / "project", directory / "project")
        injected = inject(directory, *self.credentials, root=root)
        _write_inventory(directory / "inventory/hosts", self.inventory)
        words = ["-vvvv", *(["--check"] if definition["job_type"] == "check" else []), "--diff", *injected.args]
        return {
            "private_data_dir": str(directory),
            "playbook": definition["playbook"],
            "cmdline": " ".join(words),
            "extravars": {**surveys.defaults(definition["survey_spec"]), **self.answers},
            "envvars": _found(injected.env),
            "settings": {"suppress_ansible_output": True},
        }


def clusters(kubeconfig: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return our credential for clusters."""
    return credential_type("Epinio clusters"), {"kubeconfig": kubeconfig}


def registries(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return our credential for registries."""
    return credential_type("Container registries"), {"config": json.dumps(config)}


def synchronized(credential: tuple[Any, Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    """Return what AWX keeps of the source of the inventory: hosts and groups with their variables."""
    [source] = definitions(epinio_awx_project_url="")["controller_inventory_sources"]
    injected = inject(folder, credential, root=folder)
    shutil.copytree(KIT / "project", folder / "project")
    listed = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-inventory")),
            *("--list", "--export", "--playbook-dir", str(folder / "project")),
            *("--inventory", str(folder / "project" / source["source_path"])),
        ],
        env={
            **_BARE,
            **injected.env,
            "HOME": str(folder),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        },
        cwd=folder / "project",
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    inventory: dict[str, Any] = json.loads(listed.stdout)
    return {**inventory, "_meta": {"hostvars": inventory["_meta"]["hostvars"]}}


def _found(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a job, in which it finds the collections."""
    return {**env, "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}


def _write_inventory(file: Path, inventory: Mapping[str, Any]) -> None:
    """Write what AWX makes of an inventory for a job: a script that prints it."""
    file.parent.mkdir()
    file.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n")
    file.chmod(0o700)


def run(job: Job, template: str, folder: Path) -> Ended:
    """Run a job where it is."""
    words = job.prepared(folder / "job", template, root=folder / "job")
    with _alone(folder):
        ended = ansible_runner.run(**words)
    return Ended(ended.status, _printed(folder / "job"), ())


def over_the_mesh(job: Job, template: str, folder: Path) -> Ended:
    """Run a job as AWX's mesh does: another process, with what is sent to it and nothing else, in another directory."""
    directory, worker, home = folder / "job", folder / "worker", folder / "home"
    home.mkdir()
    words = job.prepared(directory, template, root=worker)
    sent = folder / "sent"
    with sent.open("wb") as stream:
        ansible_runner.run(streamer="transmit", _output=stream, **words)
    worked = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-runner")), "worker", "--private-data-dir", str(worker)],
        input=sent.read_bytes(),
        env={**_BARE, "HOME": str(home)},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert worked.returncode == 0, worked.stdout + worked.stderr
    returned = io.BytesIO(worked.stdout)
    ended = ansible_runner.run(streamer="process", _input=returned, private_data_dir=str(directory), quiet=True)
    return Ended(ended.status, _printed(directory), (sent.read_bytes(), worked.stdout + worked.stderr))


def _printed(directory: Path) -> str:
    [stdout] = directory.glob("artifacts/**/stdout")  # "process" makes no folder for a job
    return stdout.read_text(encoding="utf-8")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Leave nothing of this process's own environment to a job but the way to its programs."""
    (folder / "home").mkdir(exist_ok=True)
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(_BARE, HOME=str(folder / "home"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

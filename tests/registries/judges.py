# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Epinio runs in an export, on the secrets that stand in the cluster: Helm for the chart, skopeo for the image.

The commands are those of Epinio's internal/api/v1/application/export.go. The API server links Helm and does there
what `helm registry login HOST --ca-file` and `helm push CHART oci://HOST/ORGANIZATION --ca-file` do
(internal/helm/client.go); skopeo runs in a pod with the docker config as its `--dest-authfile` and the certificate
secret under /etc/ssl/certs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import subprocess
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from . import programs

__all__ = ["Judgement", "helm", "skopeo"]

SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Whether it was pushed, and what the programs said."""

    pushed: bool
    said: str


def helm(
    program: Path,
    folder: Path,
    *,
    registry: str,
    organization: str,
    username: str,
    password: str,
    bundle: bytes | None,
    roots: Path | None,
) -> Judgement:
    """Log in with this Helm and push a chart that no registry has seen before. ``roots``: the system's roots."""
    folder.mkdir(parents=True)
    (folder / "chart.tgz").write_bytes(_chart())
    # `push` reads HELM_CONFIG_HOME alone, and not HELM_REGISTRY_CONFIG.
    environment = _environment(folder, roots)
    for kind in ("CONFIG", "CACHE", "DATA"):
        environment[f"HELM_{kind}_HOME"] = str(folder / kind.lower())
    trust: list[str] = []
    if bundle is not None:
        (folder / "bundle.pem").write_bytes(bundle)
        trust = ["--ca-file", str(folder / "bundle.pem")]
    host = registry.partition("/")[0]
    login = [str(program), "registry", "login", host, "--username", username, "--password-stdin", *trust]
    judgement = _run(login, environment, password)
    if judgement.pushed:
        push = [str(program), "push", str(folder / "chart.tgz"), f"oci://{registry}/{organization}", *trust]
        judgement = _run(push, environment)
    return judgement


def skopeo(
    folder: Path,
    *,
    registry: str,
    organization: str,
    config: bytes,
    mounted: Mapping[str, bytes] | None,
    roots: Path | None,
) -> Judgement:
    """Copy an image that no registry has seen before. ``mounted``: the keys of the certificate secret."""
    folder.mkdir(parents=True)
    image = _image()
    (folder / "image.tar").write_bytes(image)
    (folder / "auth.json").write_bytes(config)
    environment = _environment(folder, roots)
    if mounted is not None:
        (folder / "certs").mkdir()
        for key, value in mounted.items():
            (folder / "certs" / key).write_bytes(value)
        environment["SSL_CERT_DIR"] = str(folder / "certs")
    to = f"docker://{registry}/{organization}/rig-{uuid.uuid4().hex}:1"
    authfile = f"--dest-authfile={folder / 'auth.json'}"
    return _run([str(programs.skopeo()), "copy", authfile, f"docker-archive:{folder / 'image.tar'}", to], environment)


def _environment(folder: Path, roots: Path | None) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user counts."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }
    return {**environment, "SSL_CERT_FILE": str(roots)} if roots else environment


def _run(command: list[str], environment: Mapping[str, str], given: str = "") -> Judgement:
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return Judgement(done.returncode == 0, f"{done.stdout}{done.stderr}")


def _chart() -> bytes:
    name = f"rig-{uuid.uuid4().hex}"
    return _tar({f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.0.0\n".encode()}, "w:gz")


def _image() -> bytes:
    """Return an image of one small file, as `docker save` writes it."""
    layer = _tar({"unique": uuid.uuid4().bytes}, "w")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    return _tar(files, "w")


def _tar(files: Mapping[str, bytes], mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()

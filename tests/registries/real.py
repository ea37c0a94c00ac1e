# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real registries: distribution 2.8 and 3 on the loopback, each with its own storage."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.go_builds import Unavailable

from . import programs
from .authority import Authority, Identity
from .tokens import ISSUER, SERVICE

__all__ = ["HTPASSWD", "Registry", "htpasswd", "open_registry", "tokens"]

#: It runs as long as its standard input is open: whatever ends the tests, closes that.
KEEPER = '"$@" & child=$!; cat > /dev/null; kill -KILL $child'
LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
START_SECONDS = 30
CANCELLED = re.compile(r"/_uploads(/[0-9a-f-]{36}(/hashstates(/sha256(/0)?)?)?)?$")

#: User name and password, and what `htpasswd -nbB -C 4` made of them.
HTPASSWD = {
    "robot$epinio": 'Pä ss/"w+rd',
    "other": "other",
    "_json_key": '{\n "type": "service_account",\r\n "private_key": "made up"\n}',  # bcrypt reads 72 bytes and no more
}
_LINES = (
    "robot$epinio:$2y$04$MlCUt3XBX/emYnf3GC.IxuK7ddp4129FiUgeJIPVnK0A5pQi2pcS.\n"
    "other:$2y$04$vvSvHg873HUpcq.6fZlCOedc1AEEUqVLB/Uh8z7.Nv3EAH6rU.MMC\n"
    "_json_key:$2a$04$Rer3wk7.YXLPBt1VK3cVfup8dHc9zTe0hbvIXOVSxr.keoJwEWOe2\n"
)


@dataclasses.dataclass
class Registry:
    """A running registry; `address` is `127.0.0.1:port`."""

    port: int
    storage: Path
    log: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stored(self) -> list[str]:
        """Return what is in its storage, but for what distribution itself leaves of a cancelled upload session.

        That is the folder `_uploads` of the repository, and in it the state of a hash over nothing: after it has
        deleted the session, it closes it, which writes that state once more (registry/storage/blobwriter.go, Cancel
        and Close). No API shows either of them.
        """
        root = self.storage / "docker/registry/v2"
        left = {path for path in root.rglob("*") if CANCELLED.search(path.as_posix())}
        left |= {parent for path in left for parent in path.parents}
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path not in left)


def htpasswd(folder: Path) -> dict[str, Any]:
    """Return settings: log in with user name and password."""
    (folder / "htpasswd").write_text(_LINES)
    return {"auth": {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}}


def tokens(realm: str, authority: Authority, folder: Path) -> dict[str, Any]:
    """Return settings: log in at a token service."""
    (folder / "tokens.pem").write_bytes(authority.pem)
    options = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(folder / "tokens.pem")}
    return {"auth": {"token": options}}


@contextmanager
def open_registry(
    generation: int,
    folder: Path,
    *,
    identity: Identity | None = None,
    settings: Mapping[str, Any] | None = None,
    read_only: bool = False,
) -> Iterator[Registry]:
    """Run a registry, with TLS where it has an identity."""
    program = programs.registry(generation)
    storage = folder / "storage"
    storage.mkdir(parents=True)
    http: dict[str, Any] = {"addr": "127.0.0.1:0", "secret": "registry"}
    if identity:
        certificate, key = identity.write(folder)
        http["tls"] = {"certificate": str(certificate), "key": str(key)}
    config = {
        "version": 0.1,
        "log": {"level": "info"},
        "storage": {
            "filesystem": {"rootdirectory": str(storage)},
            "maintenance": {"uploadpurging": {"enabled": False}, "readonly": {"enabled": read_only}},
        },
        "http": http,
        **(settings or {}),
    }
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    log = folder / "registry.log"
    command = ["sh", "-c", KEEPER, "sh", str(program), "serve", str(folder / "config.yml")]
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment, start_new_session=True
        ) as process,
    ):
        try:
            yield Registry(_port(log), storage, log)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait()


def _port(log: Path) -> int:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = LISTENING.search(log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.02)
    raise Unavailable(f"the registry did not start within {START_SECONDS} s:\n{log.read_text()[-2000:]}")

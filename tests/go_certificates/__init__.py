# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Go's own crypto/x509 and encoding/pem take, asked of a program that is built once per machine."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..go_builds import build_once, cache_directory, run_go

__all__ = ["taken"]

SOURCES = Path(__file__).parent
GO = "1.26"


def taken(ders: Sequence[bytes] = (), pems: Sequence[bytes] = ()) -> list[int]:
    """Return how many certificates Go takes from each: 0 or 1 from DER, then whatever its pool takes from a PEM."""
    lines = [base64.b64encode(der).decode() for der in ders]
    lines += [f"-{base64.b64encode(pem).decode()}" for pem in pems]
    asked = subprocess.run([_program()], input="\n".join([*lines, ""]), capture_output=True, text=True, check=True)
    return [int(answer.partition(" ")[0]) for answer in asked.stdout.splitlines()]


def _program() -> Path:
    key = hashlib.sha256((SOURCES / "main.go").read_bytes()).hexdigest()[:20]
    target = cache_directory() / "go-certificates" / key
    return (
        build_once(target, lambda out: run_go(GO, ["build", "-v", "-o", f"{out}/", "."], cwd=SOURCES))
        / "go-certificates"
    )

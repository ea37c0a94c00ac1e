# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that judge manifests, each built once per machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.go_builds import Unavailable, build_once, build_program, cache_directory, run_go, say

__all__ = ["age_keygen", "prepare", "rendered_by_external_secrets", "require", "sops"]

GO = "1.26"
SOPS = "github.com/getsops/sops/v3/cmd/sops@v3.13.3"
AGE_KEYGEN = "filippo.io/age/cmd/age-keygen@v1.3.2"
EXTERNAL_SECRETS = Path(__file__).with_name("external_secrets")


def sops() -> Path:
    """Return sops."""
    return build_program(SOPS, GO) / "sops"


def age_keygen() -> Path:
    """Return what makes keys for age."""
    return build_program(AGE_KEYGEN, GO) / "age-keygen"


def rendered_by_external_secrets(
    asked: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]],
) -> list[dict[str, Any]]:
    """Return what External Secrets makes of each template (C(spec.target.template)) with the data of a store.

    Each is a mapping with `secret`, the Kubernetes object, or with `error`, what the engine has against it.
    """
    lines = [
        json.dumps({"Data": template["data"], **template["metadata"], "Store": store}) for template, store in asked
    ]
    ended = subprocess.run(
        [_external_secrets()], input="\n".join([*lines, ""]), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def require(*programs: Callable[[], object]) -> None:
    """Skip the test where a program cannot be had on this machine, or fail where CI is set."""
    try:
        for program in programs:
            program()
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        import pytest  # `prepare` runs without it

        pytest.skip(str(error))


def prepare() -> None:
    """Build them all; Unavailable says what cannot be had."""
    sops()
    age_keygen()
    _external_secrets()


def _external_secrets() -> Path:
    sources = sorted([EXTERNAL_SECRETS / "main.go", EXTERNAL_SECRETS / "go.mod", EXTERNAL_SECRETS / "go.sum"])
    key = hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()[:20]

    def make(out: Path) -> None:
        say("building External Secrets' template engine; some minutes on 2 cores the first time, then cached")
        command = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", f"{out}/", "."]
        run_go(GO, command, cwd=EXTERNAL_SECRETS)

    return build_once(cache_directory() / "external-secrets" / key, make) / "external-secrets"

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command while the guard refuses what it can in every namespace: `python -m tests.guard COMMAND…`.

What kubectl writes is spared: there, tests write by hand what the collection has to find.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance.kube import LABEL, Api
from tests.control_plane import Cluster, open_cluster

__all__ = ["NAME", "in_place", "until"]

FILE = Path(__file__).parents[1] / "extensions/kubernetes/admission-policy.yaml"
NAME = "epinio-export-destinations"
#: Policies reach the part of an API server that applies them after a moment.
SECONDS = 30
SPARED = {
    "name": "is-not-written-by-kubectl",
    "expression": "!request.options.?fieldManager.orValue('').startsWith('kubectl')",
}


def until(condition: Any, what: str) -> None:
    """Wait until something is so; TimeoutError where it does not come."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {SECONDS} s until {what}")
        time.sleep(0.1)


@contextmanager
def in_place(cluster: Cluster, namespace: str | None = None, *, spare_kubectl: bool = False) -> Iterator[None]:
    """Refuse what the guard refuses, in a namespace or in all."""
    policy, binding = yaml.safe_load(FILE.read_text(encoding="utf-8"))["items"]
    if spare_kubectl:
        policy["spec"]["matchConditions"].append(SPARED)
    selector = {"kubernetes.io/metadata.name": namespace} if namespace else {}
    binding["spec"] |= {
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": selector}},
    }
    with closing(Api(cluster)) as api:
        cluster.apply(policy, binding)
        try:
            until(lambda: _refuses(api, namespace or "default"), "the guard refuses")
            yield
            assert _refuses(api, namespace or "default")
        finally:
            cluster.run("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", NAME)


def _refuses(api: Api, namespace: str) -> bool:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "guarded", "labels": {LABEL: "yes"}}}
    try:
        api.send("POST", f"/{namespace}/secrets?dryRun=All", secret)
    except AssertionError as error:
        return "label_not_true" in str(error)
    return False


def main() -> int:
    """Return the exit code of the command."""
    with open_cluster() as cluster, in_place(cluster, spare_kubectl=True):
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image, built once, and the cluster that it writes to."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import base_image
from tests.acceptance.clusters import api, cluster, namespace
from tests.execution_environment import image
from tests.go_builds import Unavailable

__all__ = ["api", "cluster", "namespace"]

#: Where the session keeps both collections as they are installed, and ours as a tarball.
COLLECTIONS, TARBALLS = Path(os.environ.get("EE_COLLECTIONS", "")), Path(os.environ.get("EE_TARBALLS", ""))


@pytest.fixture(scope="session")
def buildah() -> Iterator[image.Buildah]:
    """Give buildah with the image of the definition in its store, and leave nothing of it behind."""
    try:
        base_image.require()
        base = base_image.base()
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    # Beside the tarball, and so gone with the next run at the latest.
    with tempfile.TemporaryDirectory(prefix="image-", dir=TARBALLS) as folder:
        scratch = Path(folder)
        made = image.Buildah(scratch)
        made.import_base(base)
        foreign = image.collection_tarball(COLLECTIONS / "ansible_collections/kubernetes/core", scratch, scratch)
        definition = scratch / "execution-environment.yml"
        definition.write_text(yaml.safe_dump(image.definition([*TARBALLS.glob("*.tar.gz"), foreign])))
        create = ("ansible-builder", "create", "--file", definition, "--context", scratch / "context")
        subprocess.run([*create, "--output-filename", "Containerfile"], check=True, capture_output=True)
        made.build(scratch / "context")
        yield made
        assert folder not in Path("/proc/mounts").read_text(encoding="utf-8")

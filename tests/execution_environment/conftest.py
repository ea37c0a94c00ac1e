# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image, built once, and the cluster that it writes to."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.acceptance.kube import Api
from tests.control_plane import Cluster, open_cluster
from tests.execution_environment import image
from tests.go_builds import Unavailable

#: Where the session keeps both collections as they are installed, and ours as a tarball.
COLLECTIONS, TARBALLS = Path(os.environ.get("EE_COLLECTIONS", "")), Path(os.environ.get("EE_TARBALLS", ""))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with open_cluster() as opened:
        yield opened


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Iterator[Api]:
    with closing(Api(cluster)) as opened:
        yield opened


@pytest.fixture
def namespace(api: Api) -> str:
    return api.namespace()


@pytest.fixture(scope="session")
def buildah() -> Iterator[image.Buildah]:
    """Give buildah with the image of the definition in its store."""
    try:
        image.check_machine()
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    with tempfile.TemporaryDirectory(prefix="epinio-registries-") as folder:
        scratch = Path(folder)
        made = image.Buildah(scratch / "store")
        made.import_base(image.base())
        foreign = image.collection_tarball(COLLECTIONS / "ansible_collections/kubernetes/core", scratch, scratch)
        definition = scratch / "execution-environment.yml"
        definition.write_text(yaml.safe_dump(image.definition([*TARBALLS.glob("*.tar.gz"), foreign])))
        create = ("ansible-builder", "create", "--file", definition, "--context", scratch / "context")
        subprocess.run([*create, "--output-filename", "Containerfile"], check=True, capture_output=True)
        made.build(scratch / "context")
        try:
            yield made
        finally:
            made("rmi", "--all", "--force")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run on a machine that can open no more files: it says what it wrote, and the next run makes the rest."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.kube import Secrets
from tests.control_plane import Cluster

NAMES = {f"acme-{number}" for number in range(40)}
LIST = [builders.item(name) for name in sorted(NAMES)]


@contextlib.contextmanager
def only(more: int) -> Iterator[None]:
    """Let this process open so many files more than it has open."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(file.name) for file in Path("/proc/self/fd").iterdir())
    fillers = [os.open(os.devnull, os.O_RDONLY)]
    while fillers[-1] < highest:  # numbers that are free below
        fillers.append(os.open(os.devnull, os.O_RDONLY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fillers) + 1 + more, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for number in fillers:
            os.close(number)


@pytest.mark.parametrize("more", [0, 2])
def test_what_was_written_is_said_where_no_more_files_can_be_opened(
    cluster: Cluster, secrets: Secrets, more: int
) -> None:
    options = {"kubeconfig": str(cluster.kubeconfig), "namespace": secrets.namespace, "destinations": LIST}
    ended: engine.Outcome | engine.Failure
    with only(more):
        try:
            ended = engine.run("export_registries", options)
        except engine.Failure as failure:
            ended = failure
    done, message = set(engine.actions(ended.result)), str(ended)
    in_doubt = set(message.partition("whether these were written: ")[2].rstrip(".").split(", "))
    # A machine may be so slow that two connections are enough.
    assert "Too many open files" in message or (more and done == NAMES)
    assert more or not done
    stored = set(secrets.all())
    assert done <= stored <= done | in_doubt
    rest = set(engine.actions(engine.run("export_registries", options).result))
    assert rest == NAMES - stored
    assert not engine.actions(engine.run("export_registries", options).result)

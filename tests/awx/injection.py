# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials as AWX puts them into a job: files in its private data directory, and variables that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from awx_plugins.interfaces import _temporary_private_container_api as container
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

__all__ = ["Injected", "inject"]


class Injected:
    """What AWX adds to a job. `safe_env` is what it stores in its database, `args` go to ansible-playbook."""

    def __init__(self) -> None:
        self.env: dict[str, Any] = {}
        self.safe_env: dict[str, Any] = {}
        self.args: list[str] = []


def inject(
    directory: Path, *credentials: tuple[Mapping[str, Any] | ManagedCredentialType, Mapping[str, Any]], root: Path
) -> Injected:
    """Inject (type, inputs) into a private data directory that the job sees as `root`."""
    (directory / "env").mkdir(parents=True, exist_ok=True)
    injected = Injected()
    with _seen_as(root):
        for given, inputs in credentials:
            one = given if isinstance(given, ManagedCredentialType) else _type(given)
            inject_credential(
                one, Credential(dict(inputs)), injected.env, injected.safe_env, injected.args, str(directory)
            )
    return injected


def _type(definition: Mapping[str, Any]) -> ManagedCredentialType:
    words = {key: definition[key] for key in ("name", "kind", "inputs", "injectors")}
    return ManagedCredentialType(namespace="", **words)


@contextmanager
def _seen_as(root: Path) -> Iterator[None]:
    """Files are below /runner in AWX's containers; its function for injectors takes no other place."""
    with mock.patch.object(container, "CONTAINER_ROOT", str(root)):
        yield

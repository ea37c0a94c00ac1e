# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other libraries keep to themselves: each of their private functions behind one here, and what is missing."""

from __future__ import annotations

import contextlib
import gc
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError, one_line
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask

__all__ = [
    "COLLECTION_MISSING",
    "IMPORT_ERROR",
    "HTTPHeaderDict",
    "auth_spec",
    "configuration",
    "has_old_urllib3",
    "headers",
    "kubernetes",
    "missing",
    "pool",
    "remove_files",
    "uncollected",
    "urllib3",
]


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: Python would look through all that Ansible has loaded, a seventh of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


#: The traceback of the import that failed, if any; and whether the collection is what is missing.
IMPORT_ERROR: str | None = None
COLLECTION_MISSING = False

with uncollected():
    try:
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as _core
    except ImportError:
        IMPORT_ERROR, COLLECTION_MISSING = traceback.format_exc(), True
    try:
        import urllib3
        from kubernetes import client as kubernetes
        from kubernetes.config import kube_config as _kube_config
        from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it nowhere else
    except ImportError:
        IMPORT_ERROR = traceback.format_exc()


def missing() -> str | None:
    """Return a sentence on what is not installed, with the command that installs it; none where all is there."""
    if COLLECTION_MISSING:
        return said("collection_missing")
    return said("library_missing", python=sys.executable) if IMPORT_ERROR is not None else None


def auth_spec(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return kubernetes.core's options under the names of the client, the environment's where none is ``given``."""
    with _known("kubernetes.core", "_create_auth_spec"):
        return _core._create_auth_spec(**given)  # type: ignore[no-any-return]


def configuration(auth: dict[str, Any], mask: Mask) -> Any:
    """Return the client's configuration. ClusterError also where there is none to be found."""
    with _known("kubernetes.core", "_create_configuration"):
        create = _core._create_configuration
    try:
        return create(auth)
    except Exception as error:  # noqa: BLE001 - what is in a kubeconfig may raise anything
        raise ClusterError(said("no_configuration", reason=mask.quote(one_line(error)))) from None


def headers(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers that say for whom is asked: text, or a list of texts, by name."""
    with _known("kubernetes.core", "_create_headers"):
        # K8S_AUTH_ACCEPT is looked up in a table that does not have it, unless it is given.
        found: dict[str, Any] = _core._create_headers(**{**given, "accept": "each request has its own"})
        found.pop("Accept", None)
        return found


def pool(client: Any) -> Any:
    """Return the connection pool of a client: urllib3's PoolManager."""
    with _known("The Python library kubernetes", "rest_client.pool_manager"):
        return client.rest_client.pool_manager


def has_old_urllib3() -> bool:
    """Return whether urllib3 is 1.26, which compares names itself and says less of a proxy."""
    return str(vars(urllib3)["__version__"]).startswith("1.")


def remove_files() -> None:
    """Remove the files into which the client wrote a kubeconfig's certificates and keys.

    It does so itself at exit, which the workers of Ansible never reach.
    """
    with _known("The Python library kubernetes", "_cleanup_temp_files"):
        _kube_config._cleanup_temp_files()


@contextlib.contextmanager
def _known(library: str, function: str) -> Iterator[None]:
    """Say which private function is not what it was."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it does now
        reason = f"{type(error).__name__} ({one_line(error)})"
        raise ClusterError(said("library_changed", library=library, function=function, reason=reason)) from None

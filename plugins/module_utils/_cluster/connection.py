# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From kubernetes.core's options to an API server, and nothing left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._cluster.api import Api
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError, said
from ansible_collections.epinio.registries.plugins.module_utils._cluster.lanes import LANES
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import is_secret_name


@contextlib.contextmanager
def connected(params: Mapping[str, Any]) -> Iterator[Api]:
    """Open an API server by kubernetes.core's options (and ``namespace``, ``timeout``); leave nothing behind."""
    if not is_secret_name(params["namespace"]):
        raise ClusterError(said("namespace_invalid", namespace=params["namespace"]))
    if not params["timeout"] > 0:
        raise ClusterError(said("timeout_invalid", timeout=params["timeout"]))
    try:
        with contextlib.closing(_opened(params)) as api:
            yield api
    except BaseException:
        with contextlib.suppress(ClusterError):  # what went wrong first is what is said
            _forget()
        raise
    _forget()


def _opened(params: Mapping[str, Any]) -> Api:
    # Only the given parameters: what is missing comes from K8S_AUTH_*, as in kubernetes.core.
    given = {key: value for key, value in params.items() if value is not None}
    auth = libraries.auth_spec(given)
    configuration = libraries.configuration(auth)
    if auth.get("api_key"):
        # The client's hook would put the kubeconfig's token back, with every request.
        configuration.refresh_api_key_hook = None
    if not configuration.verify_ssl:  # said once, by the run itself
        libraries.urllib3.disable_warnings(libraries.urllib3.exceptions.InsecureRequestWarning)
    configuration.retries = False
    configuration.connection_pool_maxsize = LANES
    return Api(
        libraries.kubernetes.ApiClient(configuration),
        headers=libraries.headers(given),
        namespace=params["namespace"],
        timeout=params["timeout"],
    )


def _forget() -> None:
    """Let the next item of a loop, which is in this process too, find nothing of this cluster."""
    libraries.kubernetes.Configuration.set_default(None)  # kubernetes.core loads a kubeconfig into it
    libraries.remove_files()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From kubernetes.core's options to an API server, and nothing left behind."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import (
    credentials,
    given,
    kubeconfig,
    libraries,
    transport,
)
from ansible_collections.epinio.registries.plugins.module_utils._cluster.api import Api
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.lanes import LANES
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._desired.arguments import LONGEST
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import is_namespace_name

#: Where a pod finds its service account's token.
_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_DEFAULT = "~/.kube/config"


@contextlib.contextmanager
def connected(params: Mapping[str, Any], mask: Mask) -> Iterator[Api]:
    """Open an API server by kubernetes.core's options (and ``namespace``, ``timeout``); leave nothing behind.

    ``mask`` learns the credentials.
    """
    if not is_namespace_name(params["namespace"]):
        raise ClusterError(said("namespace_invalid", namespace=mask(params["namespace"])))
    if not 0 < params["timeout"] <= LONGEST:
        raise ClusterError(said("timeout_invalid", timeout=params["timeout"]))
    with contextlib.closing(_opened(params, mask)) as api:
        yield api


def _opened(params: Mapping[str, Any], mask: Mask) -> Api:
    # What is empty or missing comes from K8S_AUTH_*, as in kubernetes.core.
    options = {key: value for key, value in params.items() if value not in (None, "", [], {})}
    auth = libraries.auth_spec(options)
    mask.learn(_secrets(auth))
    given.check(auth, options, mask)
    cluster, plugin = _load(auth, options, params["timeout"], mask)
    try:
        configuration, pool = _configured(auth, cluster, plugin, mask)
    except BaseException:
        with contextlib.suppress(ClusterError):  # what went wrong first is what is said
            _forget()
        raise
    _forget()
    return Api(
        configuration,
        pool,
        headers=libraries.headers(options),
        namespace=params["namespace"],
        timeout=params["timeout"],
        mask=mask,
    )


def _configured(
    auth: dict[str, Any], cluster: Mapping[str, Any], plugin: credentials.Plugin | None, mask: Mask
) -> tuple[Any, Any]:
    """Return the client's configuration, and the connections by it."""
    configuration = libraries.configuration(auth, mask)
    if auth.get("api_key"):
        # The client's hook would put the kubeconfig's token back, with every request.
        configuration.refresh_api_key_hook = None
    elif plugin is not None:
        configuration.refresh_api_key_hook = plugin.refresh
    if not configuration.verify_ssl:  # said once, by the run itself
        libraries.urllib3.disable_warnings(libraries.urllib3.exceptions.InsecureRequestWarning)
    if cluster.get("proxy-url") and not auth.get("proxy"):  # the oldest clients pass over it
        configuration.proxy = cluster["proxy-url"]
    mask.learn(_of_address(configuration.proxy))
    configuration.retries = False
    configuration.connection_pool_maxsize = LANES
    return configuration, transport.opened(configuration, server_name=cluster.get("tls-server-name"))


def _load(
    auth: dict[str, Any], options: Mapping[str, Any], timeout: float, mask: Mask
) -> tuple[Mapping[str, Any], credentials.Plugin | None]:
    """Put the kubeconfig into ``auth`` as a mapping, and return its cluster and its credential plugin.

    So it is read where this runs: the client reads C(KUBECONFIG) when it is imported. Nothing is read where the options
    are enough, or a pod has its service account (kubernetes.core, _create_configuration).
    """
    enough = auth.get("host") and (
        auth.get("api_key")
        or (auth.get("username") and auth.get("password"))
        or (auth.get("cert_file") and auth.get("key_file"))
    )
    in_pod = os.environ.get("KUBERNETES_SERVICE_HOST") and _TOKEN.is_file()
    if enough or (in_pod and not auth.get("kubeconfig") and not auth.get("context")):
        return {}, None
    value, where = auth.get("kubeconfig"), given.named("kubeconfig", options)
    if not value:
        variable = os.environ.get("KUBECONFIG")
        value, where = (variable, "KUBECONFIG") if variable else (_DEFAULT, "the default place")
        if not variable and not Path(_DEFAULT).expanduser().exists():
            raise ClusterError(said("configuration_none", path=_DEFAULT))
    if isinstance(value, str):
        config = kubeconfig.read(value, where, mask)
    else:
        kubeconfig.checked(value, where)
        config = value
    cluster, user = kubeconfig.in_use(config, auth.get("context"), where, mask)
    mask.learn(kubeconfig.secrets(user))
    if isinstance(user.get("auth-provider"), dict) and isinstance(value, str):
        auth["kubeconfig"] = value  # the client writes what such a provider gives into the file: persist_config
        return cluster, None
    plugin = None
    if isinstance(user.get("exec"), dict) and not (user.get("token") or user.get("tokenFile") or auth.get("api_key")):
        plugin = credentials.Plugin(user["exec"], cluster, timeout=timeout, mask=mask)
        user = {**{name: one for name, one in user.items() if name != "exec"}, **plugin.user()}
    auth["kubeconfig"] = _of_one(cluster, user)
    auth.pop("context", None)
    return cluster, plugin


def _of_one(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kubeconfig that knows no other cluster and no other user."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "one", "cluster": dict(cluster)}],
        "users": [{"name": "one", "user": dict(user)}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }


def _secrets(auth: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no text may hold of the options, wherever they come from."""
    yield from (str(auth[name]).strip() for name in ("api_key", "password") if auth.get(name))
    if auth.get("username") and auth.get("password"):
        yield base64.b64encode(f"{auth['username']}:{auth['password']}".encode("utf-8", "surrogatepass")).decode()
    yield from _of_address(auth.get("proxy"))
    yield from _of_address(auth.get("host"))
    yield from kubeconfig.of_key(auth.get("key_file"))
    for name in ("proxy_basic_auth", "basic_auth"):
        pair = str((auth.get("proxy_headers") or {}).get(name) or "")
        yield from (pair.partition(":")[2], base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode())


def _of_address(url: Any) -> Iterator[str]:
    """Yield the password of an address, and what HTTP Basic makes of it and the user."""
    try:
        parts = urlsplit(str(url or ""))
    except ValueError:
        return
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        yield from (password or user, base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogatepass")).decode())


def _forget() -> None:
    """Leave no file, and let the next item of a loop, which is in this process too, find nothing of this cluster."""
    libraries.kubernetes.Configuration.set_default(None)  # kubernetes.core loads a kubeconfig into it
    libraries.remove_files()

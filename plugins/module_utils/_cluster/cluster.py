# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one file that touches Kubernetes: connect, observe, apply a plan, translate errors."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import random
import re
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import PHASES, Change, Observed
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, masked, without_userinfo
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    MANAGED_LABEL,
    Secret,
    is_secret_name,
)


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


with uncollected():
    try:
        import urllib3
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as _core
        from kubernetes import client as _kubernetes
        from kubernetes.config import kube_config as _kube_config

        IMPORT_ERROR: str | None = None
    except ImportError:
        IMPORT_ERROR = traceback.format_exc()

__all__ = ["IMPORT_ERROR", "Cluster", "ClusterError", "Conflict", "Forbidden", "connect", "uncollected"]

#: Writes that run side by side; more gain little (each is one round trip to etcd).
WORKERS = 8
#: Items of one page of a LIST.
PAGE = 500
#: Pages of one LIST: more secrets than etcd holds.
_PAGES = 10_000
_ATTEMPTS = 8
_LONGEST_PAUSE = 5.0
#: Answers that ask for another attempt (k8s.io/apimachinery, api/errors): too many requests, internal, unavailable.
_REPEATED = frozenset({429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_JSON = "application/json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class ClusterError(Exception):
    """The API server could not be asked, or said no; the text says which, and what to do."""

    #: Whether the first answer to the request was this refusal, so that nothing can have been written.
    refused = False
    #: Whether the secret that was to be recreated is deleted, or may be.
    deleted = False


class Forbidden(ClusterError):
    """403: a permission is missing."""


class NotFound(ClusterError):
    """404."""


class Conflict(Exception):
    """Something else changed, created or deleted secrets since they were read.

    ``ours``: the changes whose request was sent more than once, so that the other may have been this very run.
    """

    refused = False
    deleted = False

    def __init__(self, ours: Collection[Change]) -> None:
        super().__init__()
        self.ours = ours


class Notes(Protocol):
    """Who is told how the writes go."""

    def begun(self, change: Change) -> None:
        """Take note that a change is about to be written."""

    def done(self, change: Change) -> None:
        """Take note that it was."""

    def failed(self, change: Change, error: ClusterError | Conflict) -> None:
        """Take note that it was not, or that nobody knows."""


@contextlib.contextmanager
def connect(params: Mapping[str, Any]) -> Iterator[Cluster]:
    """Open a cluster by kubernetes.core's options (and ``namespace``, ``timeout``); leave nothing behind.

    The kubernetes client writes certificate and key of a kubeconfig's user into temporary files and removes them at
    exit, which the workers of Ansible never reach: so they are removed here.
    """
    if not is_secret_name(params["namespace"]):
        raise ClusterError(f"{params['namespace']!a} is not a name of a namespace. Correct namespace.")
    if not params["timeout"] > 0:
        raise ClusterError(f"timeout is {params['timeout']:g} seconds. Set it to more than 0.")
    cluster = None
    try:
        # Only the given parameters: what is missing comes from K8S_AUTH_*, as in kubernetes.core.
        given = {key: value for key, value in params.items() if value is not None}
        try:
            auth = _core._create_auth_spec(**given)
            configuration = _core._create_configuration(auth)
        except Exception as error:  # noqa: BLE001 - a credential plugin may raise anything
            raise ClusterError(
                f"There is no usable Kubernetes configuration: {_one_line(error)}. "
                "Check kubeconfig, context, host and the K8S_AUTH_* variables."
            ) from None
        if auth.get("api_key"):
            # The client's hook would put the kubeconfig's token back, with every request.
            configuration.refresh_api_key_hook = None
        if not configuration.verify_ssl:  # said once, by the run itself
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        configuration.retries = False
        configuration.connection_pool_maxsize = WORKERS
        cluster = Cluster(
            _kubernetes.ApiClient(configuration),
            headers=_core._create_headers(**given),
            namespace=params["namespace"],
            timeout=params["timeout"],
        )
        yield cluster
    finally:
        if cluster is not None:
            cluster.close()
        # kubernetes.core loads a kubeconfig into the client's default; the next item of a loop is in this process too.
        _kubernetes.Configuration.set_default(None)
        _kube_config._cleanup_temp_files()


class Cluster:
    """The secrets of one namespace of one API server."""

    def __init__(self, client: Any, *, headers: Mapping[str, Any], namespace: str, timeout: float) -> None:
        self.namespace = namespace
        self.timeout = timeout
        self._configuration = client.configuration
        # Kept here: the hook that refreshes a token also puts the kubeconfig's server back.
        self._host: str = client.configuration.host
        self._pool = client.rest_client.pool_manager
        self._headers = headers
        self._reached = False
        self._path = f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets"

    @property
    def verified(self) -> bool:
        """Return whether the API server has to prove who it is, or is this machine."""
        parts = urlsplit(self._host)
        return bool(self._configuration.verify_ssl) if parts.scheme == "https" else parts.hostname in _LOOPBACK

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    # -- reading ---------------------------------------------------------------------------------------------------

    def list(self, selector: str | None, *, accept: str = _JSON) -> Sequence[Mapping[str, Any]]:
        """Return all secrets that a label selector matches, read in pages."""
        for _attempt in range(3):
            items: list[Mapping[str, Any]] = []
            query = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
            for _number in range(_PAGES):
                try:
                    found, token = _page(self.request("GET", self._path, query=query, accept=accept))
                except _Gone:  # the continue token is too old: begin again
                    break
                items += found
                if not token:
                    return items
                query["continue"] = token
            else:
                raise ClusterError("The API server's list of secrets has no end. Check host and proxy.")
        raise ClusterError("The API server expired the list of secrets three times while it was read. Run again.")

    def read(self, name: str) -> Secret | None:
        """Return one secret, or none; what Kubernetes allows no secret to be called is none."""
        if not is_secret_name(name):
            return None
        try:
            [secret], _token = _page({"items": [self.request("GET", f"{self._path}/{quote(name, safe='')}")]})
        except NotFound:
            return None
        return Secret.from_api(secret)

    def observe(
        self, *, wanted: Collection[str] = (), content: Collection[str] = (), alone: Collection[str] = ()
    ) -> Observed:
        """Read what a run has to know: two LISTs where these are enough.

        ``wanted``: names whose existence matters; ``content``: names whose content matters too; ``alone``: what else to
        read one by one where listing is not permitted.
        """
        try:
            found = {raw["metadata"]["name"]: Secret.from_api(raw) for raw in self._labelled()}
        except Forbidden as error:
            return self._observe_alone({*wanted, *content, *alone}, error)
        if not found:
            self._check_namespace()
        missing = {*wanted, *content} - found.keys()
        if not missing:
            return Observed(found)
        everything = self.list(None, accept=_METADATA_LIST)
        labels = {raw["metadata"]["name"]: raw["metadata"].get("labels") or {} for raw in everything}
        names = missing & labels.keys()
        # What carries a label was created since it was listed by that.
        labelled = {name for name in names if {API_EXPORT_LABEL, MANAGED_LABEL} & labels[name].keys()}
        read = names & {*content, *labelled}
        for name in sorted(read):
            secret = self.read(name)
            if secret is not None:
                found[name] = secret
        return Observed(found, frozenset(names - read))

    def observe_destinations(self, names: Sequence[str] | None = None) -> Observed:
        """Read every destination, or those of these names, and the certificate secrets that they name."""
        observed = self.observe(content=names or (), alone=names or ())
        if not observed.listed and names is None:
            raise ClusterError("Listing secrets is not permitted. Grant the verb list on secrets, or give names.")
        named = {secret.certificate_secret for secret in observed.destinations(names)} - {None, *observed.secrets}
        beside = [self.read(name) for name in sorted(filter(None, named))]
        found = {secret.name: secret for secret in beside if secret is not None}
        return dataclasses.replace(observed, secrets={**observed.secrets, **found})

    def _labelled(self) -> Iterator[Mapping[str, Any]]:
        yield from self.list(API_EXPORT_LABEL)
        yield from self.list(f"{MANAGED_LABEL},!{API_EXPORT_LABEL}")

    def _observe_alone(self, names: Iterable[str], denied: Forbidden) -> Observed:
        try:
            secrets = {name: self.read(name) for name in sorted(names)}
            named = {one.certificate_secret for one in secrets.values() if one is not None} - {None, *secrets}
            secrets.update({name: self.read(name) for name in sorted(filter(None, named))})
        except Forbidden:
            raise denied from None
        known = {name: secret for name, secret in secrets.items() if secret is not None}
        if not known:
            self._check_namespace()
        return Observed(known, listed=False)

    def _check_namespace(self) -> None:
        """Raise where the namespace is missing: the API server lists no secrets there, and no error."""
        try:
            self.request("GET", f"/api/v1/namespaces/{quote(self.namespace, safe='')}")
        except NotFound:
            raise self._no_namespace() from None
        except Forbidden:
            pass  # who may not look cannot be told

    def _no_namespace(self) -> ClusterError:
        return ClusterError(
            f"There is no namespace {self.namespace!r}. "
            "Install Epinio first, or set namespace to where it is installed."
        )

    # -- writing ---------------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], notes: Notes) -> None:
        """Make the changes, phase after phase, those of one phase side by side.

        ``notes`` are taken from this thread only. The first failure stops what was not begun, waits for what was, and
        is raised.
        """
        for phase in PHASES:
            todo = [change for change in changes if change.phase == phase]
            if len(todo) > 1:
                self._side_by_side(todo, notes)
            elif todo:
                notes.begun(todo[0])
                try:
                    self._write(todo[0])
                except (ClusterError, Conflict) as error:
                    notes.failed(todo[0], error)
                    raise
                notes.done(todo[0])

    def _side_by_side(self, todo: Sequence[Change], notes: Notes) -> None:
        from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

        failures: list[BaseException] = []
        waiting: dict[Future[None], Change] = {}
        left = iter(todo)
        with ThreadPoolExecutor(WORKERS) as pool:
            while True:
                while not failures and len(waiting) < WORKERS * 2:
                    change = next(left, None)
                    if change is None:
                        break
                    notes.begun(change)
                    waiting[pool.submit(self._write, change)] = change
                if not waiting:
                    break
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    change = waiting.pop(future)
                    error = future.exception()
                    if error is None:
                        notes.done(change)
                        continue
                    failures.append(error)
                    if isinstance(error, (ClusterError, Conflict)):
                        notes.failed(change, error)
        if failures:
            raise _together(failures)

    def _write(self, change: Change) -> None:
        path = f"{self._path}/{quote(change.name, safe='')}"
        if change.verb in ("delete", "recreate") and change.current is not None:
            metadata = change.current.metadata
            preconditions = {"uid": metadata.get("uid"), "resourceVersion": metadata.get("resourceVersion")}
            try:
                self.request("DELETE", path, body={"preconditions": preconditions}, change=change)
            except Conflict as conflict:
                conflict.deleted = bool(conflict.ours)
                raise
        if change.desired is None:
            return
        if change.verb == "replace":
            self.request("PUT", path, body=change.desired.body(self.namespace, change.current), change=change)
            return
        try:
            body = change.desired.body(self.namespace, change.current, fresh=True)
            self.request("POST", self._path, body=body, change=change)
        except (ClusterError, Conflict) as error:
            error.deleted = change.verb == "recreate"
            raise

    # -- one request -----------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        accept: str = _JSON,
        change: Change | None = None,
    ) -> Mapping[str, Any]:
        """Send one request, repeat it where the answer asks for that, and return the decoded answer.

        Everything together ends within ``timeout`` seconds. Raises ClusterError, or Conflict for a ``change`` that came
        too late.
        """
        url = f"{self._host}{path}{'?' + urlencode(query) if query else ''}"
        data = None if body is None else json.dumps(body).encode()
        deadline = time.monotonic() + self.timeout
        attempt = 0
        broken: Exception | None = None
        while True:
            attempt += 1
            pause = min(0.2 * 2**attempt, _LONGEST_PAUSE)
            try:
                response = self._pool.request(
                    method,
                    url,
                    body=data,
                    headers=self._request_headers(accept, data is not None),
                    timeout=urllib3.Timeout(total=max(deadline - time.monotonic(), 0.001)),
                    retries=False,
                )
                answer = self._decoded(response)
                self._reached = True
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                # What broke one attempt says more than that the next one had no time left.
                broken = error if broken is None or not isinstance(error, urllib3.exceptions.TimeoutError) else broken
                # A first connection that is refused is a wrong address or authority; a later one is a restart.
                hopeless = not self._reached and not isinstance(error, urllib3.exceptions.ProtocolError)
                if hopeless or attempt >= _ATTEMPTS or time.monotonic() + pause >= deadline:
                    raise ClusterError(self._why_unreachable(broken)) from None
            else:
                if response.status < 300:
                    return answer
                pause = _retry_after(response, pause)
                if response.status not in _REPEATED or attempt >= _ATTEMPTS or time.monotonic() + pause >= deadline:
                    refusal = self._refusal(method, response.status, answer, change, attempt > 1)
                    refusal.refused = response.status < 500 and attempt == 1
                    raise refusal
            time.sleep(pause * random.uniform(0.8, 1.0))  # noqa: S311 - not for secrets

    def _request_headers(self, accept: str, with_body: bool) -> Any:
        headers = urllib3.HTTPHeaderDict({"Accept": accept, "User-Agent": "epinio.registries"})
        if with_body:
            headers["Content-Type"] = _JSON
        for name, value in self._headers.items():
            for one in value if isinstance(value, list) else [value]:
                headers.add(name, one)
        # Asked anew for every request: the client refreshes an expiring token there.
        for setting in self._configuration.auth_settings().values():
            if setting["value"]:
                headers[setting["key"]] = setting["value"]
        if "authorization" not in headers and self._configuration.username and self._configuration.password:
            headers["authorization"] = self._configuration.get_basic_auth_token()
        return headers

    @staticmethod
    def _decoded(response: Any) -> Mapping[str, Any]:
        try:
            answer = json.loads(response.data)
        except (ValueError, RecursionError):
            if response.status < 300:
                raise ValueError("it answered with something else than JSON") from None
            return {"message": f"HTTP status {response.status}"}
        if not isinstance(answer, dict):
            raise ValueError("it answered with something else than a Kubernetes object")
        return answer

    def _why_unreachable(self, error: Exception) -> str:
        """Return what kept the request from being answered, and what to look at."""
        host = without_userinfo(self._host, MASK)
        reason: Any = error
        while isinstance(getattr(reason, "reason", None), Exception):
            reason = reason.reason
        text = _one_line(reason).replace(self._host, host)
        if "CERTIFICATE_VERIFY_FAILED" in text:
            return (
                f"The certificate of the API server at {host} is not trusted: {text}. "
                "Check ca_cert, or certificate-authority in the kubeconfig."
            )
        if re.search("alert.*(certificate|unknown.ca)", text, re.IGNORECASE):
            return (
                f"The API server at {host} does not accept the client certificate: {text}. It may have expired; "
                "check client_cert and client_key, or the user in the kubeconfig."
            )
        refused = isinstance(reason, urllib3.exceptions.NewConnectionError)
        if "timed out" in text or (isinstance(reason, urllib3.exceptions.TimeoutError) and not refused):
            return (
                f"The API server at {host} did not answer within {self.timeout:g} seconds. "
                "Check its state and the network, or set timeout higher."
            )
        if self._reached:
            return f"The connection to the API server at {host} broke: {text}. Run again; what is done stays done."
        return (
            f"The API server at {host} cannot be reached: {text}. Check host, proxy and the server in the kubeconfig."
        )

    def _refusal(
        self, method: str, status: int, answer: Mapping[str, Any], change: Change | None, repeated: bool
    ) -> ClusterError | Conflict:
        message = str(answer.get("message") or f"HTTP status {status}")
        # A quota, a webhook and a namespace that goes away answer 403 too, where only RBAC says who cannot do what.
        forbidden = status == 403 and (change is None or re.search('User "[^"]*" cannot ', message))
        details = answer.get("details")
        kind = details.get("kind") if isinstance(details, dict) else None
        if status == 404 and kind == "namespaces" and change is not None:
            return self._no_namespace()
        if change is not None and status in (404, 409):
            return Conflict([change] if repeated else [])
        if change is not None:  # an admission webhook may quote what it refuses, and what stands there
            message = masked(message, change.confidential())
        if status == 404:
            return NotFound(message)
        if status == 410:
            return _Gone(message)
        if status == 401:
            return ClusterError(
                f"The API server does not accept the credentials: {message}. "
                "Check the token, or the user in the kubeconfig; it may have expired."
            )
        if forbidden:
            return Forbidden(f"A permission is missing: {message}. The guide on least-privilege RBAC has the Role.")
        if status in (400, 403, 422):
            return ClusterError(f"The API server refused the request: {message.rstrip('.')}.")
        return ClusterError(f"The API server answered {method} with an error ({status}): {message}. Run again later.")


class _Gone(ClusterError):
    """410: the continue token of a list has expired."""


def _page(answer: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """Return the objects of a list and the token of its next page. Raises ClusterError where that is no such list."""
    items, metadata = answer.get("items") or [], answer.get("metadata") or {}
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    if isinstance(items, list) and all(map(_is_object, items)) and (token is None or isinstance(token, str)):
        return items, token
    raise ClusterError("The API server answered with something else than secrets. Check host and proxy.")


def _is_object(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return False
    maps = (item.get("data"), metadata.get("labels"), metadata.get("annotations"))
    return all(value is None or isinstance(value, dict) for value in maps)


def _together(failures: Sequence[BaseException]) -> BaseException:
    """Return what several failures come to: conflicts are mended by another round, anything else ends the run."""
    conflicts = [failure for failure in failures if isinstance(failure, Conflict)]
    ends = [failure for failure in failures if not isinstance(failure, Conflict)]
    return ends[0] if ends else Conflict([change for conflict in conflicts for change in conflict.ours])


def _retry_after(response: Any, otherwise: float) -> float:
    """Return how long to wait, seconds: as the server says (RFC 9110, Retry-After), or ``otherwise``."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else otherwise


def _one_line(error: Any) -> str:
    """Return the text of a foreign error as one line, without the Python objects that urllib3 names in it."""
    text = re.sub(r"(?<![\w.])<?[\w.]+(?: object at 0x\w+>|\(host=.{,300}?\)): ", "", str(error))
    return " ".join(text.split()).rstrip(".")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the API server: send it, repeat it where the answer asks for that, say why it failed."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Unreached,
    one_line,
    said,
)
from ansible_collections.epinio.registries.plugins.module_utils._cluster.lanes import Job, Lanes, Result
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, masked, without_userinfo

JSON = "application/json"
_ATTEMPTS = 8
_LONGEST_PAUSE = 5.0
#: Answers that ask for another attempt (k8s.io/apimachinery, api/errors): too many requests, internal, unavailable.
_REPEATED = frozenset({429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Api:
    """An API server, and the connections to it, which many requests may use at once."""

    def __init__(self, client: Any, *, headers: Mapping[str, Any], namespace: str, timeout: float) -> None:
        self.namespace = namespace
        self.timeout = timeout
        self.lanes = Lanes()
        self._configuration = client.configuration
        # Kept here: the hook that refreshes a token also puts the kubeconfig's server back.
        self._host: str = client.configuration.host
        self._pool = libraries.pool(client)
        self._headers = headers
        self._reached = False

    @property
    def verified(self) -> bool:
        """Return whether the API server has to prove who it is, or is this machine."""
        parts = urlsplit(self._host)
        return bool(self._configuration.verify_ssl) if parts.scheme == "https" else parts.hostname in _LOOPBACK

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def gather(self, jobs: Sequence[Job], work: Callable[[Job], Result]) -> list[Result]:
        """Work on the jobs side by side, and return what each came to, in their order.

        The first failure, in that order, is raised when all that began have ended. Only requests that no other one
        depends on belong here: they come to the API server in any order.
        """
        ended: dict[Job, Future[Result]] = {}

        def begun() -> Iterator[Job]:
            for job in jobs:
                if any(future.exception() for future in ended.values()):
                    return
                yield job

        def result(job: Job) -> Result:
            try:
                return ended[job].result()
            except Unreached:
                if not self._reached:
                    raise
                return work(job)  # the one beside it came through, so that the address is right

        self.lanes.run(begun(), work, ended.__setitem__)
        return [result(job) for job in jobs]

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        accept: str = JSON,
        change: Change | None = None,
    ) -> Mapping[str, Any]:
        """Send one request, repeat it where the answer asks for that, and return the decoded answer.

        Everything together ends within ``timeout`` seconds. Raises ClusterError, or Conflict for a ``change`` that came
        too late.
        """
        url = f"{self._host}{path}{'?' + urlencode(query) if query else ''}"
        data = None if body is None else json.dumps(body).encode()
        deadline = time.monotonic() + self.timeout
        broken: Exception | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            pause = min(0.2 * 2**attempt, _LONGEST_PAUSE)
            began = time.monotonic()
            try:
                response, answer = self._send(method, url, data, accept, deadline)
            except (libraries.urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                # What broke one attempt says more than that the next one had no time left.
                if broken is None or not isinstance(error, libraries.urllib3.exceptions.TimeoutError):
                    broken = error
                if self._hopeless(error) or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                    raise self._unreachable(broken, deleted=_stands_deleted(method, change)) from None
            else:
                if response.status < 300:
                    return answer
                if response.status == 429:
                    self.lanes.narrow(began)
                pause = _retry_after(response, pause)
                if response.status not in _REPEATED or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                    raise self._refusal(method, response.status, answer, change, repeated=attempt > 1)
            time.sleep(pause * random.uniform(0.8, 1.0))  # noqa: S311 - not for secrets
        raise AssertionError("the last attempt returns or raises")

    def _send(
        self, method: str, url: str, data: bytes | None, accept: str, deadline: float
    ) -> tuple[Any, Mapping[str, Any]]:
        """Send it once, and return the response and its decoded body."""
        response = self._pool.request(
            method,
            url,
            body=data,
            headers=self._request_headers(accept, data is not None),
            timeout=libraries.urllib3.Timeout(total=max(deadline - time.monotonic(), 0.001)),
            retries=False,
        )
        answer = _decoded(response)
        self._reached = True
        return response, answer

    def _request_headers(self, accept: str, with_body: bool) -> Any:
        headers = libraries.urllib3.HTTPHeaderDict({"Accept": accept, "User-Agent": "epinio.registries"})
        if with_body:
            headers["Content-Type"] = JSON
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

    def _hopeless(self, error: Exception) -> bool:
        """Return whether to give up: a first connection that is refused is a wrong address, a later one a restart."""
        return not self._reached and not isinstance(error, libraries.urllib3.exceptions.ProtocolError)

    def _unreachable(self, error: Exception, *, deleted: bool) -> ClusterError:
        """Return what kept the request from being answered, and what to look at."""
        host = without_userinfo(self._host, MASK)
        reason: Any = error
        while isinstance(getattr(reason, "reason", None), Exception):
            reason = reason.reason
        text = one_line(reason).replace(self._host, host)
        urllib3 = libraries.urllib3.exceptions
        refused = isinstance(reason, urllib3.NewConnectionError)
        if "CERTIFICATE_VERIFY_FAILED" in text:
            message = said("untrusted", host=host, reason=text)
        elif re.search("alert.*(certificate|unknown.ca)", text, re.IGNORECASE):
            message = said("client_certificate", host=host, reason=text)
        elif "timed out" in text or (isinstance(reason, urllib3.TimeoutError) and not refused):
            message = said("timed_out", host=host, timeout=self.timeout)
        elif self._reached:
            message = said("broken", host=host, reason=text)
        else:
            message = said("unreachable", host=host, reason=text)
        return (ClusterError if self._reached else Unreached)(message, deleted=deleted)

    def _refusal(
        self, method: str, status: int, answer: Mapping[str, Any], change: Change | None, *, repeated: bool
    ) -> ClusterError | Conflict:
        """Return what the API server's no means."""
        reason = str(answer.get("message") or f"HTTP status {status}")
        details = answer.get("details")
        kind = details.get("kind") if isinstance(details, dict) else None
        refused = status < 500 and not repeated
        deleted = _stands_deleted(method, change)
        if status == 404 and kind == "namespaces" and change is not None:
            return ClusterError(self.no_namespace, refused=refused, deleted=deleted)
        if change is not None and status in (404, 409):
            ours = [change] if repeated else []
            return Conflict(ours, refused=refused, deleted=deleted or (method == "DELETE" and repeated))
        # A quota, a webhook and a namespace that goes away answer 403 too, where only RBAC says who cannot do what.
        forbidden = status == 403 and (change is None or re.search('User "[^"]*" cannot ', reason))
        if change is not None:  # an admission webhook may quote what it refuses, and what stands there
            reason = masked(reason, change.confidential())
        error, message = ClusterError, said("answered", method=method, status=status, reason=reason)
        if status in (404, 410):
            error, message = NotFound if status == 404 else Gone, said("not_found", reason=reason)
        elif status == 401:
            message = said("credentials", reason=reason)
        elif forbidden:
            error, message = Forbidden, said("forbidden", reason=reason)
        elif status in (400, 403, 422):
            message = said("refused", reason=reason.rstrip("."))
        return error(message, refused=refused, deleted=deleted)

    @property
    def no_namespace(self) -> str:
        """What is said where the namespace is missing."""
        return said("no_namespace", namespace=self.namespace)


def _stands_deleted(method: str, change: Change | None) -> bool:
    """Return whether the secret is deleted already that this request would create again."""
    return method == "POST" and change is not None and change.verb == "recreate"


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


def _retry_after(response: Any, otherwise: float) -> float:
    """Return how long to wait, seconds: as the server says (RFC 9110, Retry-After), or ``otherwise``."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else otherwise

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the API server: send it, and repeat it where the answer asks for that."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import answers, libraries, transport
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError, Unreached
from ansible_collections.epinio.registries.plugins.module_utils._cluster.failures import REPEATED, Failures, Request
from ansible_collections.epinio.registries.plugins.module_utils._cluster.lanes import Job, Lanes, Result
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials

JSON = "application/json"
_ATTEMPTS = 8
_LONGEST_PAUSE = 5.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Api:
    """An API server, and the connections to it, which many requests may use at once."""

    def __init__(
        self,
        configuration: Any,
        pool: Any,
        *,
        headers: Mapping[str, Any],
        namespace: str,
        timeout: float,
        mask: Mask,
    ) -> None:
        self.namespace = namespace
        self.timeout = timeout
        self.lanes = Lanes()
        self._configuration = configuration
        # Kept here: the hook that refreshes a token also puts the kubeconfig's server back.
        self._host: str = configuration.host
        self._pool = pool
        self._headers = headers
        self._mask = mask
        self._reached = False
        self.failures = Failures(
            configuration,
            host=self._host,
            namespace=namespace,
            timeout=timeout,
            mask=mask,
            sends_credentials=self._sends_credentials,
        )

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
        fits: Callable[[Mapping[str, Any]], bool],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        accept: str = JSON,
        change: Change | None = None,
    ) -> Mapping[str, Any]:
        """Send one request, repeat it where the answer asks for that, and return the decoded answer.

        ``fits`` tells whether an answer is one to this request. Everything together ends within ``timeout`` seconds.
        Raises ClusterError, or Conflict for a ``change`` that came too late.
        """
        url = f"{self._host}{path}{'?' + urlencode(query) if query else ''}"
        data = None if body is None else json.dumps(body).encode()
        attempts = _Attempts(self.timeout)
        broken: Exception | None = None
        while True:
            attempts.begin()
            pause, sent = attempts.pause, Request(method, path, change, repeated=attempts.made > 1)
            try:
                response, content = self._send(method, url, data, accept, attempts.deadline)
            except (libraries.urllib3.exceptions.HTTPError, OSError, ValueError, MemoryError) as error:
                # What broke one attempt says more than that the next one had no time left.
                if broken is None or not isinstance(error, libraries.urllib3.exceptions.TimeoutError):
                    broken = error
                if self._hopeless(error) or attempts.over(pause):
                    raise self.failures.unanswered(broken, sent, reached=self._reached) from None
            else:
                answer = answers.decoded(content)
                fitting = response.status < 300 and answer is not None and fits(answer)
                self._reached |= fitting or answers.is_status(answer)
                if answer is not None and fitting:
                    return answer
                pause = _retry_after(response, pause)
                if response.status == 429:
                    self.lanes.narrow(attempts.began)
                cut_short = response.status < 300 and answer is None and self._reached
                if not (response.status in REPEATED or cut_short) or attempts.over(pause):
                    if answer is None or not answers.is_status(answer):
                        raise self.failures.foreign(response, content, sent, reached=self._reached)
                    raise self.failures.refusal(response.status, answer, sent)
            time.sleep(pause * random.uniform(0.8, 1.0))  # noqa: S311 - not for secrets

    def _send(self, method: str, url: str, data: bytes | None, accept: str, deadline: float) -> tuple[Any, bytes]:
        """Send it once, and return the response and its body."""
        response = self._pool.request(
            method,
            url,
            body=data,
            headers=self._request_headers(accept, data is not None),
            timeout=libraries.urllib3.Timeout(total=max(deadline - time.monotonic(), 0.001)),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        return response, transport.content(response)

    def _request_headers(self, accept: str, with_body: bool) -> Any:
        headers = libraries.HTTPHeaderDict({"Accept": accept, "User-Agent": "epinio.registries"})
        if with_body:
            headers["Content-Type"] = JSON
        for name, value in self._headers.items():
            for one in value if isinstance(value, list) else [value]:
                headers.add(name, str(one).encode("utf-8", "surrogatepass").decode("latin-1"))  # in UTF-8, as kubectl
        authorization = self._authorization()
        if authorization:
            headers["authorization"] = authorization
        return headers

    def _authorization(self) -> str | None:
        """Return what says who asks. Asked again for every request: an expiring token is refreshed there."""
        for setting in self._configuration.auth_settings().values():
            scheme, _blank, credential = str(setting["value"] or "").partition(" ")
            credential = credential.strip()  # kubectl too lets no white space around a token count
            if credential:
                self._mask.learn([credential])
                if not credential.isascii() or not credential.isprintable() or " " in credential:
                    raise ClusterError(said("header_broken", where="The token"))
                return f"{scheme} {credential}"
        if self._configuration.username and self._configuration.password:
            return Credentials(self._configuration.username, self._configuration.password).basic
        return None

    def _hopeless(self, error: Exception) -> bool:
        """Return whether to give up: a first connection that is refused is a wrong address, a later one a restart."""
        return not self._reached and not isinstance(error, libraries.urllib3.exceptions.ProtocolError)

    def _sends_credentials(self) -> bool:
        return bool(self._configuration.cert_file or self._authorization())


class _Attempts:
    """How often a request is sent, and until when."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.made = 0
        self.began = 0.0

    def begin(self) -> None:
        """Count an attempt that begins now."""
        self.made += 1
        self.began = time.monotonic()

    @property
    def pause(self) -> float:
        """Return how long to wait before the next one, seconds."""
        return min(0.2 * 2.0**self.made, _LONGEST_PAUSE)

    def over(self, pause: float) -> bool:
        """Return whether there is none after such a pause."""
        return self.made == _ATTEMPTS or time.monotonic() + pause >= self.deadline


def _retry_after(response: Any, otherwise: float) -> float:
    """Return how long to wait, seconds: as the server says (RFC 9110, Retry-After), or ``otherwise``."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else otherwise

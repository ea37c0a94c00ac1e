# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the API server: send it, repeat it where the answer asks for that, say why it failed."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import answers, libraries, transport
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Unreached,
    one_line,
)
from ansible_collections.epinio.registries.plugins.module_utils._cluster.lanes import Job, Lanes, Result
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import Case, said
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, without_userinfo

JSON = "application/json"
_ATTEMPTS = 8
_LONGEST_PAUSE = 5.0
#: Answers that ask for another attempt (k8s.io/apimachinery, api/errors): too many requests, internal, unavailable.
_REPEATED = frozenset({429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: What a 404 is about that is no matter of the address.
_KNOWN = frozenset({"secrets", "namespaces"})
#: As whom the API server takes a request without credentials (k8s.io/apiserver, user.Anonymous).
_ANONYMOUS = "system:anonymous"
#: What OpenSSL calls a first record that is not TLS, as from a server that speaks plain HTTP.
_NOT_TLS = re.compile("WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE")


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
        self._quoting = threading.Lock()
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
        deadline = time.monotonic() + self.timeout
        broken: Exception | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            pause = min(0.2 * 2**attempt, _LONGEST_PAUSE)
            began = time.monotonic()
            try:
                response, content = self._send(method, url, data, accept, deadline)
            except (libraries.urllib3.exceptions.HTTPError, OSError, ValueError, MemoryError) as error:
                # What broke one attempt says more than that the next one had no time left.
                if broken is None or not isinstance(error, libraries.urllib3.exceptions.TimeoutError):
                    broken = error
                if self._hopeless(error) or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                    raise self._unreachable(broken, deleted=_stands_deleted(method, change)) from None
            else:
                answer = answers.decoded(content)
                fitting = response.status < 300 and answer is not None and fits(answer)
                self._reached |= fitting or answers.is_status(answer)
                if answer is not None and fitting:
                    return answer
                if response.status == 429:
                    self.lanes.narrow(began)
                pause = _retry_after(response, pause)
                cut_short = response.status < 300 and answer is None and self._reached
                passing = response.status in _REPEATED or cut_short
                if not passing or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                    if answer is None or not answers.is_status(answer):
                        raise self._not_ours(method, path, response, content, change, repeated=attempt > 1)
                    raise self._refusal(method, path, response.status, answer, change, repeated=attempt > 1)
            time.sleep(pause * random.uniform(0.8, 1.0))  # noqa: S311 - not for secrets
        raise AssertionError("the last attempt returns or raises")

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
                headers.add(name, one)
        authorization = self._authorization()
        if authorization:
            headers["authorization"] = authorization
        return headers

    def _authorization(self) -> str | None:
        """Return what says who asks. Asked anew for every request: an expiring token is refreshed there."""
        for setting in self._configuration.auth_settings().values():
            scheme, _blank, credential = str(setting["value"] or "").partition(" ")
            credential = credential.strip()  # kubectl too lets no white space around a token count
            if credential:
                self._mask.learn([credential])
                if not credential.isascii() or not credential.isprintable() or " " in credential:
                    raise ClusterError(said("header_broken", where="The token"))
                return f"{scheme} {credential}"
        if self._configuration.username and self._configuration.password:
            return str(self._configuration.get_basic_auth_token())
        return None

    def quote(self, text: Any, *more: str) -> str:
        """Return a text of others without the secrets of the run, and without ``more``, fit for a sentence."""
        with self._quoting:  # lanes that fail side by side
            return self._mask.learn(more).quote(str(text))

    def _hopeless(self, error: Exception) -> bool:
        """Return whether to give up: a first connection that is refused is a wrong address, a later one a restart."""
        return not self._reached and not isinstance(error, libraries.urllib3.exceptions.ProtocolError)

    @property
    def _shown_host(self) -> str:
        return self.quote(without_userinfo(self._host, MASK))

    def _unreachable(self, error: Exception, *, deleted: bool) -> ClusterError:
        """Return what kept the request from being answered, and what to look at."""
        host = self._shown_host
        reason: Any = error
        proxied = False
        while isinstance(within := _within(reason), Exception):
            proxied |= isinstance(reason, libraries.urllib3.exceptions.ProxyError)
            reason = within
        text = one_line(reason) or type(reason).__name__
        quoted = self.quote(text.replace(self._host, without_userinfo(self._host, MASK)))
        urllib3 = libraries.urllib3.exceptions
        refused = isinstance(reason, urllib3.NewConnectionError)
        proxied |= isinstance(reason, urllib3.ProxyError) or "Tunnel connection failed" in text
        if proxied and "407" in text:
            message = said("proxy_login", proxy=self._proxy)
        elif re.search("CERTIFICATE_VERIFY_FAILED|hostname .* doesn't match", text):
            message = self._untrusted(quoted, proxied=proxied)
        elif re.search("alert.*(certificate|unknown.ca)", text, re.IGNORECASE):
            message = said("client_certificate", host=host, reason=quoted)
        elif "timed out" in text or (isinstance(reason, urllib3.TimeoutError) and not refused):
            message = said("timed_out", host=host, timeout=self.timeout)
        elif proxied:
            message = said("proxy_refused", proxy=self._proxy, host=host, reason=quoted)
        elif _NOT_TLS.search(text):
            message = said("not_tls", host=host)
        elif self._reached:
            message = said("broken", host=host, reason=quoted)
        else:
            message = said("unreachable", host=host, reason=quoted)
        return (ClusterError if self._reached else Unreached)(message, deleted=deleted)

    def _untrusted(self, reason: str, *, proxied: bool) -> str:
        if proxied:
            return said("proxy_untrusted", proxy=self._proxy, reason=reason)
        host = self._shown_host
        if libraries.urllib3.__version__.startswith("1.") and self._proxy.startswith("https:"):
            host = f"{host}, or of the proxy {self._proxy},"  # it does not say which of the two
        return said("untrusted", host=host, reason=reason)

    @property
    def _proxy(self) -> str:
        return self.quote(without_userinfo(self._configuration.proxy or "", MASK))

    def _not_ours(
        self, method: str, path: str, response: Any, content: bytes, change: Change | None, *, repeated: bool
    ) -> ClusterError:
        """Return what to say of an answer that no API server gives to this request."""
        more = () if change is None else tuple(change.confidential())
        status, kind = response.status, self.quote(response.headers.get("Content-Type") or "without a type", *more)
        text = self.quote(content[:4096].decode(errors="replace"), *more)[:300]
        host, path = self._shown_host, self.quote(path)
        state = {"refused": 300 <= status < 500 and not repeated, "deleted": _stands_deleted(method, change)}
        target = response.headers.get("Location")
        if status == 407:
            return ClusterError(said("proxy_login", proxy=self._proxy), **state)
        if status == 400 and self._host.startswith("http://") and "HTTPS" in text:
            wanted = self.quote(f"https://{urlsplit(self._host).netloc.rpartition('@')[2]}")
            return ClusterError(said("speaks_https", host=host, wanted=wanted), **state)
        if 300 <= status < 400 and target:
            target = self.quote(without_userinfo(target.partition("?")[0], MASK), *more)
            message = said("redirected", host=host, method=method, path=path, status=status, target=target)
            return ClusterError(message, **state)
        if status in _REPEATED and text:  # an API server that has too much to do says so in plain words
            return ClusterError(said("answered", method=method, status=status, reason=text.rstrip(".")), **state)
        answer = answers.decoded(content)
        if answer is None:
            what = f"{kind}: {text}" if text else "without a word"
        else:
            named, words = answer.get("kind"), answer.get("message")
            what = f"an object of kind {self.quote(named, *more)}" if isinstance(named, str) else "JSON of another kind"
            what += f": {self.quote(words, *more)}" if isinstance(words, str) and words else ""
        message = said("something_else", host=host, method=method, path=path, status=status, what=what.rstrip("."))
        return (ClusterError if self._reached else Unreached)(message, **state)

    def _refusal(
        self, method: str, path: str, status: int, answer: Mapping[str, Any], change: Change | None, *, repeated: bool
    ) -> ClusterError | Conflict:
        """Return what the API server's no means."""
        said_by_it = str(answer.get("message") or f"HTTP status {status}")
        # An admission webhook may quote what it refuses, and what stands there.
        reason = self.quote(said_by_it, *(() if change is None else change.confidential())).rstrip(".")
        details = answer.get("details")
        kind = details.get("kind") if isinstance(details, dict) else None
        refused = status < 500 and not repeated
        deleted = _stands_deleted(method, change)
        if status == 404 and kind == "namespaces" and change is not None:
            return ClusterError(self.no_namespace, refused=refused, deleted=deleted)
        if change is not None and ((status == 404 and kind == "secrets") or status == 409):
            ours = [change] if repeated else []
            return Conflict(ours, refused=refused, deleted=deleted or (method == "DELETE" and repeated))
        # A quota, a webhook and a namespace that goes away answer 403 too, where only RBAC says who cannot do what.
        forbidden = status == 403 and (change is None or re.search('User "[^"]*" cannot ', said_by_it))
        error, message = ClusterError, said("answered", method=method, status=status, reason=reason)
        if status in (401, 403) and (_ANONYMOUS in said_by_it or not self._sends_credentials):
            case: Case = "not_accepted" if self._sends_credentials else "anonymous"
            message = said(case, host=self._shown_host, reason=reason)
        elif (status == 404 and kind not in _KNOWN) or (forbidden and "cannot get path" in said_by_it):
            where = {"host": self._shown_host, "method": method, "path": self.quote(path)}
            message = said("something_else", **where, status=status, what=reason)
        elif status in (404, 410):
            error, message = NotFound if status == 404 else Gone, said("not_found", reason=reason)
        elif status == 401:
            message = said("credentials", reason=reason)
        elif forbidden:
            error, message = Forbidden, said("forbidden", reason=reason)
        elif status < 300 or status in (400, 403, 422):
            message = said("refused", reason=reason)
        return error(message, refused=refused, deleted=deleted, lasting=status in (400, 401, 403, 422))

    @property
    def _sends_credentials(self) -> bool:
        return bool(self._configuration.cert_file or self._authorization())

    @property
    def no_namespace(self) -> str:
        """What is said where the namespace is missing."""
        return said("no_namespace", namespace=self.namespace)


def _stands_deleted(method: str, change: Change | None) -> bool:
    """Return whether the secret is deleted already that this request would create again."""
    return method == "POST" and change is not None and change.verb == "recreate"


def _within(error: Any) -> Any:
    """Return what an error of urllib3 wraps, if anything."""
    return getattr(error, "reason", None) or getattr(error, "original_error", None)


def _retry_after(response: Any, otherwise: float) -> float:
    """Return how long to wait, seconds: as the server says (RFC 9110, Retry-After), or ``otherwise``."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else otherwise

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a request failed: what the API server said, or something between, or that nobody answered."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster import answers, libraries
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Unreached,
    one_line,
)
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import Case, said
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, without_userinfo

#: Answers that ask for another attempt (k8s.io/apimachinery, api/errors): too many requests, internal, unavailable.
REPEATED = frozenset({429, 500, 502, 503, 504})
#: What a 404 is about that has nothing to do with the address.
_KNOWN = frozenset({"secrets", "namespaces"})
#: As whom the API server takes a request without credentials (k8s.io/apiserver, user.Anonymous).
_ANONYMOUS = "system:anonymous"
#: What OpenSSL calls a first record that is not TLS, as from a server that speaks plain HTTP.
_NOT_TLS = re.compile("WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE")


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as far as its failure depends on it: ``repeated`` tells whether it was sent more than once."""

    method: str
    path: str
    change: Change | None
    repeated: bool = False

    @property
    def deleted(self) -> bool:
        """Return whether the secret is deleted already that this request creates again."""
        return self.method == "POST" and self.change is not None and self.change.verb == "recreate"

    @property
    def confidential(self) -> tuple[str, ...]:
        """Return what an answer may repeat of the request and no sentence may hold, beside the run's secrets."""
        return () if self.change is None else tuple(self.change.confidential())


class Failures:
    """Says why a request to this API server failed, without a secret."""

    def __init__(
        self,
        configuration: Any,
        *,
        host: str,
        namespace: str,
        timeout: float,
        mask: Mask,
        sends_credentials: Callable[[], bool],
    ) -> None:
        self._address = host
        self._proxy_address: str = configuration.proxy or ""
        self._namespace = namespace
        self._timeout = timeout
        self._mask = mask
        self._quoting = threading.Lock()
        self._sends_credentials = sends_credentials

    def _quote(self, text: Any, *more: str) -> str:
        """Return a text of others without the secrets of the run, and without ``more``, fit for a sentence."""
        with self._quoting:  # lanes that fail side by side
            return self._mask.learn(more).quote(str(text))

    @property
    def _host(self) -> str:
        return self._quote(without_userinfo(self._address, MASK))

    @property
    def _proxy(self) -> str:
        return self._quote(without_userinfo(self._proxy_address, MASK))

    @property
    def no_namespace(self) -> str:
        """What is said where the namespace is missing."""
        return said("no_namespace", namespace=self._namespace)

    def unanswered(self, error: Exception, request: Request, *, reached: bool) -> ClusterError:
        """Return what kept the request from being answered; ``reached``: whether another one was."""
        host = self._host
        reason: Any = error
        proxied = False
        while isinstance(within := _within(reason), Exception):
            proxied |= isinstance(reason, libraries.urllib3.exceptions.ProxyError)
            reason = within
        text = one_line(reason) or type(reason).__name__
        quoted = self._quote(text.replace(self._address, without_userinfo(self._address, MASK)))
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
            message = said("timed_out", host=host, timeout=self._timeout)
        elif proxied:
            message = said("proxy_refused", proxy=self._proxy, host=host, reason=quoted)
        elif _NOT_TLS.search(text):
            message = said("not_tls", host=host)
        elif reached:
            message = said("broken", host=host, reason=quoted)
        else:
            message = said("unreachable", host=host, reason=quoted)
        return (ClusterError if reached else Unreached)(message, deleted=request.deleted)

    def _untrusted(self, reason: str, *, proxied: bool) -> str:
        if proxied:
            return said("proxy_untrusted", proxy=self._proxy, reason=reason)
        host = self._host
        if libraries.has_old_urllib3() and self._proxy.startswith("https:"):
            host = f"{host}, or of the proxy {self._proxy},"  # it does not say which of the two
        return said("untrusted", host=host, reason=reason)

    def foreign(self, response: Any, content: bytes, request: Request, *, reached: bool) -> ClusterError:
        """Return what to say of an answer that no API server gives to this request."""
        more = request.confidential
        status, kind = response.status, self._quote(response.headers.get("Content-Type") or "without a type", *more)
        text = self._quote(content[:4096].decode(errors="replace"), *more)[:300]
        host, path, method = self._host, self._quote(request.path), request.method
        state = {"refused": 300 <= status < 500 and not request.repeated, "deleted": request.deleted}
        target = response.headers.get("Location")
        if status == 407:
            return ClusterError(said("proxy_login", proxy=self._proxy), **state)
        if status == 400 and self._address.startswith("http://") and "HTTPS" in text:
            wanted = self._quote(f"https://{urlsplit(self._address).netloc.rpartition('@')[2]}")
            return ClusterError(said("speaks_https", host=host, wanted=wanted), **state)
        if 300 <= status < 400 and target:
            target = self._quote(without_userinfo(target.partition("?")[0], MASK), *more)
            message = said("redirected", host=host, method=method, path=path, status=status, target=target)
            return ClusterError(message, **state)
        if status in REPEATED and text:  # an API server that has too much to do says so in plain words
            return ClusterError(said("answered", method=method, status=status, reason=text.rstrip(".")), **state)
        what = self._what(answers.decoded(content), more) or (f"{kind}: {text}" if text else "without a word")
        message = said("something_else", host=host, method=method, path=path, status=status, what=what.rstrip("."))
        return (ClusterError if reached else Unreached)(message, **state)

    def _what(self, answer: Mapping[str, Any] | None, more: tuple[str, ...]) -> str:
        """Return what an object of JSON calls itself, and what it says; nothing where it is not an object."""
        if answer is None:
            return ""
        named, words = answer.get("kind"), answer.get("message")
        what = f"an object of kind {self._quote(named, *more)}" if isinstance(named, str) else "JSON of another kind"
        return what + (f": {self._quote(words, *more)}" if isinstance(words, str) and words else "")

    def refusal(self, status: int, answer: Mapping[str, Any], request: Request) -> ClusterError | Conflict:
        """Return what the API server's no means."""
        method, change, deleted = request.method, request.change, request.deleted
        said_by_it = str(answer.get("message") or f"HTTP status {status}")
        # An admission webhook may quote what it refuses, and what is stored.
        reason = self._quote(said_by_it, *request.confidential).rstrip(".")
        details = answer.get("details")
        kind = details.get("kind") if isinstance(details, dict) else None
        refused = status < 500 and not request.repeated
        if status == 404 and kind == "namespaces" and change is not None:
            return ClusterError(self.no_namespace, refused=refused, deleted=deleted)
        if change is not None and ((status == 404 and kind == "secrets") or status == 409):
            ours = [change] if request.repeated else []
            return Conflict(ours, refused=refused, deleted=deleted or (method == "DELETE" and request.repeated))
        # A quota, a webhook and a namespace that goes away answer 403 too, where only RBAC says who cannot do what.
        forbidden = status == 403 and (change is None or re.search('User "[^"]*" cannot ', said_by_it))
        error, message = ClusterError, said("answered", method=method, status=status, reason=reason)
        if status in (401, 403) and (_ANONYMOUS in said_by_it or not self._sends_credentials()):
            case: Case = "not_accepted" if self._sends_credentials() else "anonymous"
            message = said(case, host=self._host, reason=reason)
        elif (status == 404 and kind not in _KNOWN) or (forbidden and "cannot get path" in said_by_it):
            where = {"host": self._host, "method": method, "path": self._quote(request.path)}
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


def _within(error: Any) -> Any:
    """Return what an error of urllib3 wraps, if anything."""
    return getattr(error, "reason", None) or getattr(error, "original_error", None)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log in to a registry as a client would, but once for all destinations with the same credentials."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._proof import challenge as _challenge
from ansible_collections.epinio.registries.plugins.module_utils._proof.challenge import Challenge
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM, SKOPEO, Client
from ansible_collections.epinio.registries.plugins.module_utils._proof.conversation import (
    Conversation,
    host_of,
    parsed,
)
from ansible_collections.epinio.registries.plugins.module_utils._proof.proxies import Proxies
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline, Unanswered
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import Stop
from ansible_collections.epinio.registries.plugins.module_utils._proof.wariness import shuns_realm

#: RFC 6750 allows fewer characters; anything that can stand in a header is passed on as it came.
_TOKEN = re.compile(r"[!-~]+")

Result = TypeVar("Result")


class Session:
    """What all legs that are checked in one call share.

    ``allow_http``: go on over plain HTTP, the password included, where the Helm of Epinio before 1.14.1 would.
    """

    def __init__(self, *, allow_http: bool) -> None:
        self.allow_http = allow_http
        self.proxies = Proxies()
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, Credentials], Account] = {}

    def account(self, host: str, credentials: Credentials) -> Account:
        """Return the account of these credentials at this registry."""
        with self._lock:
            return self._accounts.setdefault((host, credentials), Account(host))


class Account:
    """The credentials of one user at one registry, whoever uses them.

    Accounts lock after a few wrong passwords: a login that was not accepted is not repeated, nor one without an answer.
    """

    def __init__(self, host: str) -> None:
        self.lock = threading.Lock()
        self._host = host
        self._accepted = False
        self._refused: Stop | None = None

    def once(self, log_in: Callable[[], Result], deadline: Deadline) -> Result | None:
        """Log in, unless that was done: here, or for another destination, whose login is waited for."""
        if not self.lock.acquire(timeout=deadline.left()):
            raise Unanswered("time", "another destination still waits for the same login")
        try:
            if self._refused:
                raise self._refused
            result = None if self._accepted else log_in()
            self._accepted = True
            return result
        except Stop as stop:
            self._refused = stop
            raise
        except Unanswered as error:
            self._refused = Stop("inconclusive:login_not_repeated", host=self._host) if error.sent else None
            raise
        finally:
            self.lock.release()


class Login:
    """The login of one leg."""

    def __init__(self, client: Client, upload: Upload, session: Session, registry: Conversation) -> None:
        self._client = client
        self._upload = upload
        self._credentials = upload.credentials
        self._session = session
        self._registry = registry
        self._service: Challenge | None = None  # the token service that was named for this login; no other is asked

    def log_in(self, asked_for: Answer, method: str, path: str) -> tuple[str, Answer | None]:
        """Log in where the registry asked for it.

        Returns the header `Authorization`. Only a request can tell whether the registry accepts Basic: this one is
        repeated with it, and its answer returned too, unless another destination did so before.
        """
        challenge = self.challenge(asked_for)
        if challenge.scheme == "bearer":
            return self._bearer(challenge), None
        credentials = self._basic()
        proof = self._once(credentials, lambda: self._prove(credentials, method, path))
        return credentials.basic, proof

    def challenge(self, answer: Answer) -> Challenge:
        """Return the challenge that the client answers."""
        challenges = _challenge.parse(answer.headers.get_all("WWW-Authenticate") or [])
        self._registry.peculiar |= HELM.chosen(challenges) is not SKOPEO.chosen(challenges)
        chosen = self._client.chosen(challenges)
        if chosen is None:
            raise Stop("denied:no_common_scheme", host=self._registry.host)
        return chosen

    def token(self, actions: str = "") -> str:
        """Return a token of the service that this login was made at; without ``actions``: just log in.

        ``actions`` are those that it should allow: `pull`, `push`, `delete`, with commas between. See
        distribution.github.io/distribution/spec/auth: token for a password, oauth for an identity token.
        """
        registry, identity = self._registry, bool(self._credentials and self._credentials.identity_token)
        scope = f"repository:{self._upload.repository}:{actions}" if actions else ""
        answer = self._ask_for_token(scope)
        if answer.status in {401, 403} and self._credentials is None:
            raise self.missing()
        if answer.status in {401, 403} and scope:
            raise self.may_not_push(answer)
        if identity and answer.status in {400, 401, 403, 404, 405}:
            raise Stop("denied:identity_token", host=registry.there, status=answer.status, said=registry.said(answer))
        if answer.status in {401, 403}:
            raise self._refused(answer)
        body = parsed(answer.body) if answer.status == 200 else None
        found = [body.get(name) for name in ("token", "access_token")] if isinstance(body, dict) else []
        token = next((text for text in found if isinstance(text, str) and _TOKEN.fullmatch(text)), None)
        if token is None:
            raise registry.odd(answer, "inconclusive:token", host=registry.there)
        registry.keep_secret(token)
        return token

    def _ask_for_token(self, scope: str) -> Answer:
        """Ask as Helm and skopeo do (containers/image, docker_client.go, getBearerToken and getBearerTokenOAuth2)."""
        registry, credentials, service = self._registry, self._credentials, self._service
        if service is None:
            raise Stop("inconclusive:no_token_service", host=registry.host)
        realm = urlsplit(service.parameters["realm"])
        realm = realm._replace(netloc=realm.netloc.rpartition("@")[2], fragment="")
        more = {"service": service.parameters.get("service") or "", "scope": scope}
        more = {name: value for name, value in more.items() if value}
        if credentials and credentials.identity_token:
            grant = {"grant_type": "refresh_token", "refresh_token": credentials.identity_token}
            return registry.ask("POST", realm.geturl(), form={**more, **grant, "client_id": "containers/image"})
        query = [*parse_qsl(realm.query, keep_blank_values=True), *more.items()]
        url = realm._replace(query=urlencode(query)).geturl()
        return registry.ask("GET", url, credentials.basic if credentials else None)

    def missing(self) -> Stop:
        """Return what to say where the registry wants a login that this leg does not make."""
        host = self._registry.host
        return Stop("denied:login_asked_for_late" if self._credentials else "denied:no_credentials", host=host)

    def may_not_push(self, answer: Answer) -> Stop:
        """Return what to say where the login is good, and not enough."""
        return Stop("denied:push", place=self._upload.place, status=answer.status, said=self._registry.said(answer))

    def _refused(self, answer: Answer) -> Stop:
        registry = self._registry
        return Stop("denied:login", host=registry.there, status=answer.status, said=registry.said(answer))

    def _basic(self) -> Credentials:
        if self._credentials is None:
            raise self.missing()
        return self._credentials

    def _prove(self, credentials: Credentials, method: str, path: str) -> Answer:
        """Log in with Basic. Where /v2/ is not what asks for it, only the upload can tell."""
        answer = self._registry.ask(method, self._registry.origin + path, credentials.basic)
        if answer.status == 401 or (answer.status == 403 and method == "GET"):
            raise self._refused(answer)
        if method == "GET" and answer.status != 200:
            raise self._registry.odd(answer, "inconclusive:login")
        return answer

    def _bearer(self, challenge: Challenge) -> str:
        self._check_service(challenge.parameters.get("realm", ""))
        self._service = challenge
        if self._credentials:
            self._once(self._credentials, self.token)
        return "Bearer " + self.token("pull,push")

    def _check_service(self, realm: str) -> None:
        """Raise Stop where nobody may ask this token service, or this client does not."""
        registry, is_wary = self._registry, self._client.is_wary
        if not host_of(realm):
            raise Stop("inconclusive:no_token_service", host=registry.host)
        if registry.in_clear:
            raise Stop("inconclusive:token_in_clear_as_the_registry", host=registry.host)
        is_plain = urlsplit(realm).scheme != "https"
        registry.peculiar |= is_plain or shuns_realm(realm, registry.host)
        if is_plain and not is_wary:
            raise Stop("inconclusive:token_in_clear", host=registry.host)
        if is_plain:
            raise Stop("unreachable:token_in_clear", host=registry.host)
        if is_wary and shuns_realm(realm, registry.host):
            raise Stop("unreachable:internal_token_service", host=registry.host, target=registry.quote(host_of(realm)))

    def _once(self, credentials: Credentials, log_in: Callable[[], Result]) -> Result | None:
        account = self._session.account(self._registry.host, credentials)
        return account.once(log_in, self._registry.deadline)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether one leg of an export may push: log in, open an upload session as its client would, and cancel it.

The way is that of `CheckPushPermission` in google/go-containerregistry (pkg/v1/remote/check.go): a token alone proves
nothing (Docker Hub grants it to anyone), an accepted upload session does. Each leg does as its client does, but it is
more careful with the password: that goes out in clear only where `allow_http` says so, and not again once it was
refused. It goes to the registry, or to the token service that the registry names in its challenge (`realm`), which may
be another host. No other host is asked for anything, wherever the registry sends the upload.
"""

from __future__ import annotations

import ssl
from urllib.parse import quote, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._proof import verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM, SKOPEO, Client
from ansible_collections.epinio.registries.plugins.module_utils._proof.conversation import (
    Conversation,
    host_of,
    joined,
)
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Login, Session
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline, Kind, Unanswered
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Upload
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import Case, Finding, Stop
from ansible_collections.epinio.registries.plugins.module_utils._proof.wariness import shuns_upload

#: OpenSSL's verify codes: not yet valid or expired; another host name or address.
_UNTRUSTED: dict[int, Case] = {
    9: "untrusted:out_of_date",
    10: "untrusted:out_of_date",
    62: "untrusted:misnamed",
    64: "untrusted:misnamed",
}
_UNREACHABLE: dict[Kind, Case] = {
    "name": "unreachable:name",
    "time": "unreachable:time",
    "proxy": "unreachable:proxy",
    "proxy_login": "unreachable:proxy_login",
}


class Push:
    """One leg on its way: `run()`, once. ``peculiar`` then tells whether the other client may meet something else."""

    def __init__(
        self, client: Client, upload: Upload, session: Session, tls: ssl.SSLContext, deadline: Deadline
    ) -> None:
        host = client.hosts.get(upload.host, upload.host)
        self._client = client
        self._upload = upload
        self._registry = Conversation(host, upload.credentials, tls=tls, deadline=deadline, proxies=session.proxies)
        self._registry.peculiar = HELM.hosts.get(upload.host) != SKOPEO.hosts.get(upload.host)
        self._login = Login(client, upload, session, self._registry)
        self._allow_http = session.allow_http
        self._uploads = f"/v2/{quote(upload.repository)}/blobs/uploads/"
        self._opening = False

    @property
    def peculiar(self) -> bool:
        """Whether the other client may meet something else."""
        return self._registry.peculiar

    def run(self) -> Finding:
        """Go the whole way, and return what there is to say."""
        try:
            return self._run()
        except Stop as stop:
            return stop.finding
        except Unanswered as error:
            return self._unanswered(error)
        except TimeoutError:
            return self._unanswered(Unanswered("time", "the time is over"))

    def _run(self) -> Finding:
        authorization = None
        ping = self._ping()
        if ping.status == 401:
            authorization, _proof = self._login.log_in(ping, "GET", "/v2/")
        answer = self._open(authorization)
        if answer.status == 401 and ping.status == 200 and self._client.asks_late:
            self._registry.peculiar = True
            authorization, proof = self._login.log_in(answer, "POST", self._uploads)
            answer = proof or self._open(authorization)
        return self._judge(answer, authorization)

    def _ping(self) -> Answer:
        """Ask whether there is a registry, and how it wants to be logged in to."""
        registry = self._registry
        try:
            answer = registry.ask("GET", registry.origin + "/v2/")
        except Unanswered as error:
            if error.kind != "not_tls":
                raise
            self._fall_back()
            answer = registry.ask("GET", registry.origin + "/v2/")
        if answer.status == 404:
            raise Stop("unreachable:no_registry", host=registry.host)
        if answer.status == 403:
            raise Stop("denied:shut_out", host=registry.host, said=registry.said(answer))
        if answer.status not in {200, 401}:
            raise registry.odd(answer, "inconclusive:ping")
        return answer

    def _fall_back(self) -> None:
        """Speak plain HTTP from now on, where the client once did and that is asked for."""
        self._registry.peculiar = True
        if not self._client.fell_back or self._upload.bundle is not None:
            raise Stop("unreachable:no_tls", host=self._registry.host, client=self._client.name)
        if not self._allow_http:
            raise Stop("unreachable:no_tls_any_more", host=self._registry.host, client=self._client.name)
        self._registry.origin = f"http://{self._registry.host}"

    def _open(self, authorization: str | None) -> Answer:
        self._opening = True
        return self._registry.ask("POST", self._registry.origin + self._uploads, authorization)

    def _judge(self, answer: Answer, authorization: str | None) -> Finding:
        registry, place = self._registry, self._upload.place
        if answer.status in {401, 403}:
            logged_in = authorization and self._upload.credentials
            raise self._login.may_not_push(answer) if logged_in else self._login.missing()
        if answer.status == 404:
            raise Stop("repository_must_exist:not_found", place=place, said=registry.said(answer))
        if answer.status == 405:
            raise Stop("denied:read_only", host=registry.host, said=registry.said(answer))
        upload = joined(registry.origin + self._uploads, answer.headers.get("Location"))
        if answer.status != 202 or not upload:
            raise registry.odd(answer, "inconclusive:upload", place=place)
        note = verdicts.CANCELLED if self._cancel(upload, authorization) else verdicts.NOT_CANCELLED
        if registry.in_clear:
            return Finding.of("ok:accepted_in_clear", place=place, note=note)
        is_shunned = shuns_upload(upload, registry.origin)
        registry.peculiar |= is_shunned
        target = registry.quote(urlsplit(upload)._replace(path="", query="", fragment="").geturl())
        if is_shunned and self._client.is_wary:
            raise Stop("unreachable:upload_elsewhere", host=registry.host, target=target, note=note)
        if is_shunned and host_of(upload) == host_of(registry.origin):
            raise Stop("inconclusive:upload_elsewhere", host=registry.host, target=target, note=note)
        return Finding.of("ok:accepted", place=place, note=note)

    def _cancel(self, upload: str, authorization: str | None) -> bool:
        """End the upload session, and return whether it has ended.

        Some registries cannot (GHCR: 405). distribution wants a token that allows `delete`, which is asked for only
        then. Another host is not asked: it expires there by itself.
        """
        registry = self._registry
        if host_of(upload) != host_of(registry.origin):
            return False
        upload = registry.origin + urlsplit(upload)._replace(scheme="", netloc="", fragment="").geturl()
        try:
            answer = registry.ask("DELETE", upload, authorization)
            if answer.status == 401 and authorization and authorization.startswith("Bearer "):
                answer = registry.ask("DELETE", upload, f"Bearer {self._login.token('pull,push,delete')}")
        except (Unanswered, Stop):
            return False
        return answer.status in {200, 202, 204, 404}

    def _unanswered(self, error: Unanswered) -> Finding:
        registry, place = self._registry, self._upload.place
        if error.kind == "python":
            return Finding.of("inconclusive:python", host=registry.there, why=error)
        if error.kind == "untrusted":
            trusted = verdicts.ROOTS if self._upload.bundle is None else verdicts.CERTIFICATE
            case = _UNTRUSTED.get(error.code, "untrusted:unknown")
            return Finding.of(case, host=registry.there, trusted=trusted, why=error)
        if error.kind == "closed" and self._opening:
            return Finding.of("repository_must_exist:closed", place=place)
        if error.sent and self._opening:
            return Finding.of("inconclusive:upload_unanswered", place=place, why=error)
        case = _UNREACHABLE.get(error.kind, "unreachable:connection")
        return Finding.of(case, host=registry.there, why=error, through=registry.through)

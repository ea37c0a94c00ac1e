# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether one leg of an export may push: log in, open an upload session as its client would, and cancel it.

The way is that of `CheckPushPermission` in google/go-containerregistry (pkg/v1/remote/check.go): a token alone proves
nothing (Docker Hub grants it to anyone), an accepted upload session does. Where Helm (v3.19, oras-go v2.6) and skopeo
(containers/image v5) differ, each leg does as its client does; but a password goes out once, over TLS, and to no
other host.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._masking import masked
from ansible_collections.epinio.registries.plugins.module_utils._proof import challenge as _challenge
from ansible_collections.epinio.registries.plugins.module_utils._proof import verdicts as _verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.challenge import Challenge
from ansible_collections.epinio.registries.plugins.module_utils._proof.http import (
    Answer,
    Deadline,
    Proxies,
    Unanswered,
    exchange,
)
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import Finding, Stop

__all__ = ["HELM", "PROBE", "SKOPEO", "Client", "Credentials", "Leg", "Push", "Session"]

#: The repository, inside the organization, that an upload is asked for.
PROBE = "epinio-export-check"
_LONGEST_QUOTE = 200
#: An error that is longer is not worth reading; bytes.
_LONGEST_ERROR = 1 << 14
#: RFC 6750 allows fewer characters; anything that can stand in a header is passed on as it came.
_TOKEN = re.compile(r"[!-~]+")
_NOT_CANCELLED = "; it could not be cancelled, holds nothing, and expires by itself"


@dataclasses.dataclass(frozen=True)
class Credentials:
    """A user name and its password."""

    username: str = dataclasses.field(repr=False)
    password: str = dataclasses.field(repr=False)

    @property
    def pair(self) -> str:
        """What Basic sends, in base64 and, as Go has it, UTF-8 (RFC 7617)."""
        return f"{self.username}:{self.password}"

    @property
    def basic(self) -> str:
        """The header `Authorization`."""
        return "Basic " + base64.b64encode(self.pair.encode("utf-8", "surrogatepass")).decode()


def _first(challenges: list[Challenge]) -> Challenge | None:
    return next(
        (one for one in challenges[:1] if one.line == 0 and one.leads and one.scheme in {"basic", "bearer"}), None
    )


def _leading(challenges: list[Challenge]) -> Challenge | None:
    return next((one for one in challenges if one.leads and one.scheme in {"basic", "bearer"}), None)


@dataclasses.dataclass(frozen=True)
class Client:
    """What sets the two clients apart.

    ``hosts``: where it really goes. ``chosen`` picks the challenge that it answers: Helm looks at the first one of the
    first header alone (oras-go, auth/client.go), skopeo at the first one of each header (containers/image,
    docker_client.go). ``asks_late``: it also logs in where /v2/ is open and only the upload asks for it.
    ``falls_back``: without a bundle it speaks plain HTTP to a registry that does (helm, pkg/registry/fallback.go;
    `push` with a bundle has no such fallback). ``keeps_roots``: where it has a bundle, it trusts the system's roots as
    well. Helm does not. skopeo finds the bundle in /etc/ssl/certs, and the roots of its image elsewhere (Go's
    crypto/x509, root_linux.go): those of quay.io/skopeo/stable, Epinio's default, are not hidden by the mount.
    """

    leg: str
    name: str
    hosts: Mapping[str, str]
    chosen: Callable[[list[Challenge]], Challenge | None]
    asks_late: bool
    falls_back: bool
    keeps_roots: bool


_HUB = "registry-1.docker.io"
HELM = Client("chart", "Helm", {"docker.io": _HUB}, chosen=_first, asks_late=True, falls_back=True, keeps_roots=False)
SKOPEO = Client(
    "image",
    "skopeo",
    {"docker.io": _HUB, "index.docker.io": _HUB},
    chosen=_leading,
    asks_late=False,
    falls_back=False,
    keeps_roots=True,
)


@dataclasses.dataclass(frozen=True)
class Leg:
    """What a leg pushes to, and with what.

    ``place`` is `host[:port]/path`: the repositories of chart or image are below it. Without ``credentials`` it goes
    anonymous. ``bundle`` is PEM, or None where the leg has only the system's roots.
    """

    place: str
    credentials: Credentials | None = None
    bundle: bytes | None = None


class _Login:
    """The one login of all legs and destinations with the same registry and credentials."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.accepted = False
        self.refused: Stop | None = None


class Session:
    """What all legs that are checked in one call share. ``allow_http``: send a password in clear where Helm would."""

    def __init__(self, *, allow_http: bool) -> None:
        self.allow_http = allow_http
        self.proxies = Proxies()
        self._lock = threading.Lock()
        self._logins: dict[tuple[str, Credentials], _Login] = {}

    def login(self, host: str, credentials: Credentials) -> _Login:
        """Return the login of these credentials at this registry."""
        with self._lock:
            return self._logins.setdefault((host, credentials), _Login())


class Push:
    """One leg on its way: `run()`, once. ``peculiar`` then tells whether the other client may meet something else."""

    def __init__(self, client: Client, leg: Leg, session: Session, tls: ssl.SSLContext, deadline: Deadline) -> None:
        host, _slash, path = leg.place.partition("/")
        self.peculiar = HELM.hosts.get(host) != SKOPEO.hosts.get(host)
        self._client = client
        self._leg = leg
        self._session = session
        self._tls = tls
        self._deadline = deadline
        self._credentials = leg.credentials
        self._secrets = [leg.credentials.pair, leg.credentials.password] if leg.credentials else []
        self._host = client.hosts.get(host, host)
        self._origin = f"https://{self._host}"
        self._uploads = f"/v2/{quote(path)}/{PROBE}/blobs/uploads/"
        self._scope = f"repository:{path}/{PROBE}:"
        self._asked = self._origin
        self._opening = False

    def run(self) -> Finding:
        """Go the whole way, and return what there is to say."""
        try:
            return self._run()
        except Stop as stop:
            return stop.finding
        except Unanswered as error:
            return self._unanswered(error).finding
        except TimeoutError:
            return self._unanswered(Unanswered("time", "the time is over")).finding

    def _run(self) -> Finding:
        authorization: str | None = None
        ping = self._ping()
        if ping.status == 401:
            authorization = self._log_in(ping)
        answer = self._open(authorization)
        if answer.status == 401 and ping.status == 200 and self._client.asks_late:
            self.peculiar = True
            authorization, answer = self._log_in_late(answer)
        return self._judge(answer, authorization)

    # Is there a registry, and how does it want to be logged in to

    def _ping(self) -> Answer:
        try:
            answer = self._ask("GET", self._origin + "/v2/")
        except Unanswered as error:
            if error.kind != "not_tls":
                raise
            if self._leg.bundle is not None or not self._client.falls_back:
                raise _verdicts.no_tls(self._host, self._client.name, bundle=self._leg.bundle is not None) from None
            self.peculiar = True
            self._origin = f"http://{self._host}"
            answer = self._ask("GET", self._origin + "/v2/")
        if answer.status == 404:
            raise _verdicts.no_registry(self._host)
        if answer.status == 403:
            raise _verdicts.shut_out(self._host, self._said(answer))
        if answer.status not in {200, 401}:
            raise self._odd(answer, f"{self._host} does not answer as a registry")
        return answer

    # Logging in

    def _log_in(self, ping: Answer) -> str:
        challenge = self._challenge(ping)
        if challenge.scheme == "bearer":
            return self._bearer(challenge)
        credentials = self._basic()
        self._once(credentials, lambda: self._prove(credentials, "GET", "/v2/"))
        return credentials.basic

    def _log_in_late(self, answer: Answer) -> tuple[str, Answer]:
        challenge = self._challenge(answer)
        if challenge.scheme == "bearer":
            authorization = self._bearer(challenge)
            return authorization, self._open(authorization)
        credentials = self._basic()
        proof = self._once(credentials, lambda: self._prove(credentials, "POST", self._uploads))
        return credentials.basic, proof or self._open(credentials.basic)

    def _challenge(self, answer: Answer) -> Challenge:
        challenges = _challenge.parse(answer.headers.get_all("WWW-Authenticate") or [])
        self.peculiar |= _first(challenges) is not _leading(challenges)
        chosen = self._client.chosen(challenges)
        if chosen is None:
            raise _verdicts.no_common_scheme(self._host)
        return chosen

    def _basic(self) -> Credentials:
        if self._credentials is None:
            raise self._anonymous()
        if self._in_clear and not self._session.allow_http:
            raise _verdicts.password_in_clear(self._host)
        return self._credentials

    def _prove(self, credentials: Credentials, method: str, path: str) -> Answer:
        """Log in with Basic. Where /v2/ is not what asks for it, only the upload can tell."""
        answer = self._ask(method, self._origin + path, credentials.basic)
        if answer.status == 401 or (answer.status == 403 and method == "GET"):
            raise self._refused(answer)
        if method == "GET" and answer.status != 200:
            raise self._odd(answer, f"{self._host} does not answer the login")
        return answer

    def _bearer(self, challenge: Challenge) -> str:
        realm = challenge.parameters.get("realm", "")
        if not _host(realm):
            raise _verdicts.no_token_service(self._host)
        if self._in_clear or urlsplit(realm).scheme != "https":
            raise _verdicts.token_service_in_clear(self._host, registry_too=self._in_clear)
        if self._credentials:
            self._once(self._credentials, lambda: self._token(challenge, None))
        return "Bearer " + self._token(challenge, f"{self._scope}pull,push")

    def _token(self, challenge: Challenge, scope: str | None) -> str:
        """Return a token (distribution.github.io/distribution/spec/auth/token); without a scope: just log in."""
        realm = urlsplit(challenge.parameters["realm"])
        query = parse_qsl(realm.query, keep_blank_values=True)
        query += [
            (name, value)
            for name, value in (("service", challenge.parameters.get("service")), ("scope", scope))
            if value
        ]
        url = realm._replace(netloc=realm.netloc.rpartition("@")[2], query=urlencode(query), fragment="").geturl()
        answer = self._ask("GET", url, self._credentials.basic if self._credentials else None)
        if answer.status in {401, 403}:
            if self._credentials is None:
                raise self._anonymous()
            raise self._refused(answer) if scope is None else self._may_not_push(answer)
        body = _parsed(answer.body) if answer.status == 200 else None
        found = [body.get(name) for name in ("token", "access_token")] if isinstance(body, dict) else []
        token = next((text for text in found if isinstance(text, str) and _TOKEN.fullmatch(text)), None)
        if token is None:
            raise self._odd(answer, f"The token service {self._there} gives no token")
        self._secrets.append(token)
        return token

    def _once(self, credentials: Credentials, attempt: Callable[[], Any]) -> Any:
        """Log in with these credentials, unless that was done, here or for another destination.

        Accounts lock after a few wrong passwords: a login that was not accepted is not repeated, nor one without an
        answer.
        """
        login = self._session.login(self._host, credentials)
        if not login.lock.acquire(timeout=self._deadline.left()):
            raise Unanswered("time", "another destination still waits for the same login")
        try:
            if login.refused:
                raise login.refused
            result = None if login.accepted else attempt()
            login.accepted = True
            return result
        except Stop as stop:
            login.refused = stop
            raise
        except Unanswered as error:
            login.refused = _verdicts.not_repeated(self._host) if error.sent else None
            raise
        finally:
            login.lock.release()

    # The upload session

    def _open(self, authorization: str | None) -> Answer:
        self._opening = True
        return self._ask("POST", self._origin + self._uploads, authorization)

    def _judge(self, answer: Answer, authorization: str | None) -> Finding:
        if answer.status in {401, 403}:
            raise self._may_not_push(answer) if authorization and self._credentials else self._anonymous()
        if answer.status == 404:
            raise _verdicts.must_exist(
                self._leg.place, f"the registry knows no such repository (status 404).{self._said(answer)}"
            )
        if answer.status == 405:
            raise _verdicts.read_only(self._host, self._said(answer))
        upload = _joined(self._origin + self._uploads, answer.headers.get("Location"))
        if answer.status != 202 or not upload:
            raise self._odd(answer, f"{self._host} does not plainly accept an upload to {self._leg.place}")
        note = self._cancel(upload, authorization)
        if _host(upload) == _host(self._origin) and _address(upload) != _address(self._origin):
            raise _verdicts.sent_elsewhere(self._host, self._foreign(urlsplit(upload).scheme), note)
        return _verdicts.may_push(self._leg.place, note)

    def _cancel(self, upload: str, authorization: str | None) -> str:
        """End the upload session, and return what to add about it.

        Some registries cannot (GHCR: 405). distribution wants a token that allows `delete`, which is asked for only
        then.
        """
        if _host(upload) == _host(self._origin):
            upload = self._origin + urlsplit(upload)._replace(scheme="", netloc="", fragment="").geturl()
        elif urlsplit(upload).scheme != "https":
            return _NOT_CANCELLED
        else:
            authorization = None
        try:
            answer = self._ask("DELETE", upload, authorization)
            if answer.status == 401 and authorization and authorization.startswith("Bearer "):
                token = self._token(self._challenge(answer), f"{self._scope}pull,push,delete")
                answer = self._ask("DELETE", upload, f"Bearer {token}")
        except (Unanswered, Stop, KeyError):
            return _NOT_CANCELLED
        return ", which was cancelled" if answer.status in {200, 202, 204, 404} else _NOT_CANCELLED

    # Asking and saying

    @property
    def _in_clear(self) -> bool:
        return self._origin.startswith("http://")

    @property
    def _there(self) -> str:
        """The host that was asked last: the registry, or one that it named."""
        place = urlsplit(self._asked).netloc
        return place if place == self._host else self._foreign(place)

    def _ask(self, method: str, url: str, authorization: str | None = None) -> Answer:
        self._asked = url
        headers = {"Authorization": authorization} if authorization else {}
        proxies = self._session.proxies
        return exchange(method, url, headers=headers, tls=self._tls, deadline=self._deadline, proxies=proxies)

    def _foreign(self, text: str) -> str:
        """Return a text that the server chose, fit to be shown."""
        printable = "".join(c if c.isprintable() else " " for c in masked(text, self._secrets))
        return masked(" ".join(printable.split()), self._secrets)[:_LONGEST_QUOTE]

    def _said(self, answer: Answer) -> str:
        """Return what the server says, if that is an error in one of the shapes of registries and token services."""
        body = _parsed(answer.body) if len(answer.body) <= _LONGEST_ERROR else None
        errors = body.get("errors") if isinstance(body, dict) else None
        error = errors[0] if isinstance(errors, list) and errors else body
        if not isinstance(error, dict):
            return ""
        said = [error.get(key) for key in ("code", "message", "details", "error", "error_description")]
        text = self._foreign(": ".join(part for part in said if isinstance(part, str) and part))
        return f" It says: {text}" if text else ""

    def _refused(self, answer: Answer) -> Stop:
        return _verdicts.refused(self._there, answer.status, self._said(answer))

    def _may_not_push(self, answer: Answer) -> Stop:
        return _verdicts.may_not_push(self._leg.place, answer.status, self._said(answer))

    def _anonymous(self) -> Stop:
        return _verdicts.anonymous(self._host, has_credentials=self._credentials is not None)

    def _odd(self, answer: Answer, what: str) -> Stop:
        if 300 <= answer.status < 400:
            target = _host(_joined(self._asked, answer.headers.get("Location")))
            return _verdicts.redirected(self._there, answer.status, self._foreign(target))
        return _verdicts.odd(what, answer.status, self._said(answer))

    def _unanswered(self, error: Unanswered) -> Stop:
        if error.kind == "untrusted":
            return _verdicts.untrusted(self._there, error.code, str(error), bundle=self._leg.bundle is not None)
        if error.kind == "closed" and self._opening:
            why = "the registry closes the connection instead of an answer, as some do then."
            return _verdicts.must_exist(self._leg.place, why)
        if error.sent and self._opening:
            return _verdicts.half_opened(self._leg.place, str(error))
        proxy = self._session.proxies.of(urlsplit(self._asked))
        through = f" (through the proxy {proxy.hostname})" if proxy else ""
        return _verdicts.unreachable(self._there, error.kind, f"{error}{through}")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _joined(base: str, location: str | None) -> str:
    """Return where a `Location` leads, or nothing where that cannot be told."""
    try:
        joined = urljoin(base, location) if location else ""
    except ValueError:
        return ""
    return joined if _host(joined) else ""


def _host(url: str) -> str:
    """Return the host of a URL that can be asked, or nothing."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""


def _address(url: str) -> tuple[str, str, int | None]:
    """Return what two URLs of the same server have in common (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)

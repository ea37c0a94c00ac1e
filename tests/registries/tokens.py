# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token service as distribution's registries want one (https://distribution.github.io/distribution/spec/auth/token/).

Its tokens carry their certificate (`x5c`), which registries of both generations verify against `rootcertbundle`.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import jwt

from .authority import Authority, Identity
from .scripted import Request, Server, reply, serve

__all__ = ["ISSUER", "SERVICE", "TokenService", "token_service"]

ISSUER, SERVICE = "issuer.test", "registry.test"
LIFETIME = 300


class TokenService:
    """The service of some users, who have one password or more.

    `rights`: what each may do in the repositories that begin with a name.
    `identities`: the identity tokens, by user (https://distribution.github.io/distribution/spec/auth/oauth/).
    """

    def __init__(
        self,
        passwords: Mapping[str, Collection[str]],
        rights: Mapping[tuple[str, str], set[str]],
        identities: Mapping[str, str],
        *,
        strict: bool = False,
        anonymous: bool = False,
    ) -> None:
        """``strict`` refuses a token where it could only grant less than was asked for, as GitLab does."""
        self.authority = Authority("tokens")
        self._signer: Identity = self.authority.identity("tokens.test")
        self._passwords = passwords
        self._rights = rights
        self._users = {token: user for user, token in identities.items()}
        self._strict = strict
        self._anonymous = anonymous

    def answer(self, request: Request) -> bytes:
        asked = request.query if request.method == "GET" else request.form
        if request.method != "GET" and asked.get("grant_type") != ["refresh_token"]:
            return reply(405)
        user = self._user(request) if request.method == "GET" else self._users.get(asked["refresh_token"][0])
        if user is None:
            return reply(401, body=json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}))
        scopes = [scope for entry in asked.get("scope", []) for scope in entry.split()]
        granted = [self._granted(user, scope) for scope in scopes]
        if self._strict and any(
            set(scope.split(":")[2].split(",")) > set(one["actions"]) for scope, one in zip(scopes, granted)
        ):
            return reply(403, body=json.dumps({"errors": [{"code": "DENIED", "message": "access forbidden"}]}))
        return reply(200, body=json.dumps({"token": self._token(user, granted), "expires_in": LIFETIME}))

    def _user(self, request: Request) -> str | None:
        if request.authorization is None:
            return "" if self._anonymous else None
        pair = base64.b64decode(request.authorization.removeprefix("Basic ")).decode()
        name, _colon, password = pair.partition(":")
        return name if password in self._passwords.get(name, ()) else None

    def _granted(self, user: str, scope: str) -> dict[str, object]:
        kind, name, actions = scope.split(":")
        allowed = {
            action
            for (owner, prefix), rights in self._rights.items()
            if owner == user and f"{name}/".startswith(f"{prefix}/")
            for action in rights
        }
        return {"type": kind, "name": name, "actions": sorted(allowed & set(actions.split(",")))}

    def _token(self, user: str, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": SERVICE,
            "exp": now + LIFETIME,
            "nbf": now - 60,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "access": [one for one in access if one["actions"]],
        }
        return jwt.encode(claims, self._signer.key, algorithm="ES256", headers={"x5c": self._signer.x5c})


@contextmanager
def token_service(service: TokenService, identity: Identity | None, folder: Path) -> Iterator[Server]:
    """Run it, with this certificate if there is one; `/token` is its address."""
    with serve(service.answer, tls=identity.server_context(folder) if identity else None) as server:
        yield server

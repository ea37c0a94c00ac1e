# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An admission webhook, an API server and a registry that tell what they were told."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.faults import Answer, Exchange, Request
from tests.registries import scripted
from tests.registries.authority import Authority

#: What stands there before, and no option holds.
STORED = Canary("stored password")


def echo(transform: Callable[[Request], str], code: int = 422) -> Callable[[Exchange], None]:
    """Return a fault that tells in its message what it was asked."""
    return lambda exchange: exchange.reply(Answer.of_status(code, "Invalid", transform(exchange.request)))


def docker_config(request: Request) -> bytes:
    return base64.b64decode(json.loads(request.body)["data"][".dockerconfigjson"])


def entry(request: Request) -> dict[str, str]:
    [found] = json.loads(docker_config(request))["auths"].values()
    return dict(found)


#: What an admission webhook may say of a secret that it refuses, by the name of the secret.
ECHOES: dict[str, Callable[[Request], str]] = {
    "echo-body": lambda request: request.body.decode(),
    "echo-part-of-body": lambda request: request.body.decode()[: -len(request.body) // 5],
    "echo-escaped-body": lambda request: json.dumps(request.body.decode()),
    "echo-config": lambda request: docker_config(request).decode(),
    "echo-quoted-config": lambda request: quote(docker_config(request)),
    "echo-pretty-config": lambda request: json.dumps(json.loads(docker_config(request)), indent=2, ensure_ascii=False),
    "echo-auth": lambda request: entry(request)["auth"],
    "echo-basic": lambda request: f"Basic {entry(request)['auth'].rstrip('=')}",
    "echo-user": lambda request: base64.b64decode(entry(request)["auth"]).decode(),
    "echo-password": lambda request: entry(request)["password"],
    "echo-quoted-password": lambda request: quote_plus(entry(request)["password"]),
    "echo-python": lambda request: repr(entry(request)),
}


def stored(name: str) -> dict[str, Any]:
    """Return a secret that stands there before, with a password that no option holds."""
    config = builders.docker_config("registry.example.com", "robot", STORED.value)
    return builders.destination_secret(name, config=config)  # type: ignore[no-any-return]


def answer(request: Request) -> Callable[[Exchange], None] | None:
    """Choose what the proxy breaks: by the name of the secret, or by the namespace."""
    if "/namespaces/unauthorized/" in request.path:
        return echo(lambda seen: f"Who is {seen.headers['authorization']}?", 401)
    if request.method == "DELETE" and request.path.endswith("/quoted"):
        return echo(lambda _request: json.dumps(stored("quoted")), 403)
    if request.method in ("POST", "PUT"):
        name = json.loads(request.body)["metadata"]["name"].removeprefix("stored-")
        if name in ECHOES:
            return echo(ECHOES[name])
    return None


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Serve a registry that refuses everybody, and tells what it was told; its certificate is in the folder."""

    def tell(request: scripted.Request) -> bytes:
        seen = request.authorization or ""
        plain = base64.b64decode(seen.removeprefix("Basic ")).decode() if seen else ""
        errors = [{"code": "DENIED", "message": f"{seen} is {plain}"}]
        challenge = 'WWW-Authenticate: Basic realm="registry"'
        return scripted.reply(401, challenge, f"X-Seen: {quote(seen)}", body=json.dumps({"errors": errors}))

    authority = Authority("registry")
    (folder / "registry.crt").write_bytes(authority.pem)
    with scripted.serve(tell, tls=authority.identity().server_context(folder / "registry")) as server:
        yield server.host

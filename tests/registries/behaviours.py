# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What registries do that none of the rig's real ones does, each with a place where it was seen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, Union

from .scripted import Request, Script, reply

__all__ = [
    "ACCEPTED",
    "BASIC",
    "BEHAVIOURS",
    "OPEN",
    "UPLOADS",
    "Behaviour",
    "Said",
    "bearer",
    "errors",
    "granted",
    "script",
]

Said = Union[bytes, Callable[[Request], bytes]]

UPLOADS = "/v2/team/epinio-export-check/blobs/uploads/"
OPEN = reply(200)
GONE = reply(204)
BASIC = reply(401, 'WWW-Authenticate: Basic realm="registry"')
ACCEPTED = reply(202, f"Location: {UPLOADS}1?_state=a%2Fb")


def errors(code: str, message: str) -> str:
    """Return what registries put into the body of a refusal (OCI distribution specification, Error Codes)."""
    return json.dumps({"errors": [{"code": code, "message": message, "detail": {"ignored": True}}]})


def bearer(host: str, *parameters: str) -> bytes:
    """Return the challenge of a registry whose token service is at this `host:port`."""
    listed = [f'realm="https://{host}/token?keep=1"', 'service="registry"', *parameters]
    return reply(401, f"WWW-Authenticate: Bearer {','.join(listed)}")


def granted(**fields: Any) -> bytes:
    """Return the answer of a token service."""
    return reply(200, body=json.dumps(fields))


def script(
    *,
    ping: Said = BASIC,
    login: Said = OPEN,
    token: Said = b"",
    upload: Said = ACCEPTED,
    cancel: Said = GONE,
) -> Script:
    """Return the script of a registry that lets everyone push, but for what is given."""

    def answer(request: Request) -> bytes:
        if request.path == "/v2/":
            said = login if request.authorization else ping
        elif request.path == "/token":
            said = token if request.method == "GET" or "refresh_token" in request.form else reply(405)
        elif request.method == "HEAD":
            return reply(404) if request.authorization else _said(ping, request)
        else:
            said = {"POST": upload, "DELETE": cancel}[request.method]
        return _said(said, request)

    return answer


def _said(said: Said, request: Request) -> bytes:
    return said if isinstance(said, bytes) else said(request)


def _token_registry(**said: Said) -> Script:
    """Return the script of a registry that is its own token service."""

    def ping(request: Request) -> bytes:
        return bearer(request.headers["host"], 'scope="repository:user/image:pull"')

    return script(ping=ping, **{"token": granted(token="T"), **said})


def _denied_scope(request: Request) -> bytes:
    return reply(403) if "scope" in request.query else granted(token="T")


def _hub_upload(_request: Request) -> bytes:
    return reply(
        401,
        'WWW-Authenticate: Bearer error="insufficient_scope"',
        body=errors("UNAUTHORIZED", "authentication required"),
    )


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """``judged``: Helm and skopeo can be shown it (none of them gets further than the upload session)."""

    id: str
    seen: str
    script: Script
    verdict: str
    judged: bool = False


BEHAVIOURS = [
    Behaviour(
        "GHCR supports no DELETE",
        "https://github.com/podman-container-tools/skopeo/issues/1880",
        _token_registry(cancel=reply(405, body=errors("UNSUPPORTED", "The operation is unsupported."))),
        "ok",
    ),
    Behaviour(
        "Cloudflare's registry fails on DELETE",
        "https://github.com/cloudflare/serverless-registry/issues/86",
        script(cancel=reply(500)),
        "ok",
    ),
    Behaviour(
        "Nexus shouts",
        "https://github.com/devcontainers/cli/pull/884",
        script(ping=reply(401, 'WWW-Authenticate: BASIC realm="Sonatype Nexus Repository Manager"')),
        "ok",
    ),
    Behaviour(
        "Basic and Bearer in one header",
        "https://github.com/prowler-cloud/prowler/pull/12691",
        script(
            ping=reply(401, 'WWW-Authenticate: Basic realm="registry", Bearer realm="https://registry.invalid/token"')
        ),
        "ok",
    ),
    Behaviour(
        "ECR wants the repository to exist",
        "https://github.com/helm/helm/issues/10169",
        script(
            upload=reply(
                404,
                body=errors(
                    "NAME_UNKNOWN", "The repository with name 'team/x' does not exist in the registry with id '1'"
                ),
            )
        ),
        "repository_must_exist",
        judged=True,
    ),
    Behaviour(
        "ECR hangs up",
        "https://github.com/helm/helm/issues/11017",
        script(upload=b""),
        "repository_must_exist",
        judged=True,
    ),
    Behaviour(
        "Docker Hub gives anyone a token",
        "https://github.com/docker/hub-feedback/issues/1771 and https://github.com/seqeralabs/wave/issues/134",
        _token_registry(upload=_hub_upload),
        "denied",
        judged=True,
    ),
    Behaviour(
        "Docker Hub locks an account",
        "https://github.com/docker/hub-feedback/issues/642",
        _token_registry(token=reply(429, body=json.dumps({"details": "too many failed login attempts"}))),
        "inconclusive",
    ),
    Behaviour(
        "DigitalOcean gives no token",
        "https://github.com/docker/build-push-action/issues/586",
        _token_registry(token=_denied_scope),
        "denied",
        judged=True,
    ),
]

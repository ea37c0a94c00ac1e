# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries that send a client to a token service first, which then hears the password."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import check
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials

from tests.registries.authority import Authority
from tests.registries.behaviours import ACCEPTED, UPLOADS, Said, bearer, errors, granted, script
from tests.registries.scripted import Request, Server, always, reply, serve
from tests.support.checking import USER, address, message, one, target, verdicts

pytestmark = pytest.mark.usefixtures("direct", "trusted")


class TestBearer:
    """Token authentication, https://distribution.github.io/distribution/spec/auth/token/."""

    def run(
        self, tls: ssl.SSLContext, *, credentials: Credentials | None = USER, **said: Said
    ) -> tuple[dict[str, Any], Server]:
        said = {"token": granted(token="T0ken"), "upload": ACCEPTED, "cancel": reply(204), **said}
        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(address(server)), **said)
            return one(target(server, chart=credentials, image=credentials)), server

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"token": "T0ken"}, id="token"),
            pytest.param({"access_token": "T0ken"}, id="access_token"),
            pytest.param({"token": "T0ken", "access_token": "x"}, id="both: token counts"),
        ],
    )
    def test_may_push(self, tls: ssl.SSLContext, fields: dict[str, str]) -> None:
        result, server = self.run(tls, token=granted(**fields))
        assert verdicts(result) == ("ok",) * 3
        assert [(request.path, request.query, request.authorization) for request in server.requests[1:]] == [
            ("/token", {"keep": ["1"], "service": ["registry"]}, USER.basic),
            (
                "/token",
                {"keep": ["1"], "service": ["registry"], "scope": ["repository:team/epinio-export-check:pull,push"]},
                USER.basic,
            ),
            (UPLOADS, {}, "Bearer T0ken"),
            (f"{UPLOADS}1", {"_state": ["a/b"]}, "Bearer T0ken"),
        ]

    def test_a_token_is_not_a_permission(self, tls: ssl.SSLContext) -> None:
        """Docker Hub grants a token to anyone (docker/hub-feedback#1771, in go-containerregistry's check.go)."""
        result, _server = self.run(
            tls, upload=reply(401, body=errors("UNAUTHORIZED", "access to the resource is denied"))
        )
        assert verdicts(result) == ("denied",) * 3
        assert "it may not push" in message(result)

    def test_a_wrong_password_goes_out_once(self, tls: ssl.SSLContext) -> None:
        result, server = self.run(tls, token=reply(401, body=json.dumps({"details": "incorrect username or password"})))
        assert verdicts(result) == ("denied",) * 3
        assert f"localhost:{server.server_address[1]} refuses the login (status 401)." in message(result)
        assert "It says: incorrect username or password" in message(result)
        assert server.passwords == 1

    def test_a_refused_scope_is_not_a_refused_login(self, tls: ssl.SSLContext) -> None:
        def token(request: Request) -> bytes:
            return reply(403) if "scope" in request.query else granted(token="T")

        result, server = self.run(tls, token=token)
        assert verdicts(result) == ("denied",) * 3
        assert "The login is accepted, but it may not push" in message(result)
        assert server.passwords == 2

    def test_cancelling_takes_a_token_of_its_own(self, tls: ssl.SSLContext) -> None:
        """Distribution asks for `delete` (registry/handlers/app.go, appendAccessRecords)."""

        def token(request: Request) -> bytes:
            return granted(token="Delete" if "delete" in str(request) else "Push")

        def cancel(request: Request) -> bytes:
            return reply(204) if request.authorization == "Bearer Delete" else bearer(address(server))

        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(address(server)), token=token, cancel=cancel)
            result = one(target(server))
        assert result["verdict"] == "ok"
        assert message(result).endswith("which was cancelled.")
        assert server.requests[-2].query["scope"] == ["repository:team/epinio-export-check:pull,push,delete"]

    @pytest.mark.parametrize(
        "challenge",
        [
            pytest.param(reply(401), id="no challenge"),
            pytest.param(reply(401, "WWW-Authenticate: Bearer service=x"), id="no realm"),
        ],
    )
    def test_cancelling_without_a_token(self, tls: ssl.SSLContext, challenge: bytes) -> None:
        result, _server = self.run(tls, cancel=challenge)
        assert result["verdict"] == "ok"
        assert "could not be cancelled" in message(result)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"null", id="null"),
            pytest.param(b"[]", id="a list"),
            pytest.param(b"{}", id="no field"),
            pytest.param(b'{"token": ""}', id="an empty token"),
            pytest.param(b'{"token": 1}', id="a number"),
            pytest.param(b'{"token": "a\\r\\nb"}', id="a line end in it"),
            pytest.param(b'{"token": "\xc3\xa4"}', id="beyond ASCII"),
            pytest.param(b"[" * 100_000, id="nested too deeply"),
            pytest.param(b"\xff", id="not UTF-8"),
        ],
    )
    def test_an_answer_without_a_token(self, tls: ssl.SSLContext, body: bytes) -> None:
        result, server = self.run(tls, token=reply(200, body=body))
        assert verdicts(result) == ("inconclusive",) * 3
        assert "gives no token (status 200)" in message(result)
        assert server.passwords == 1

    @pytest.mark.parametrize(
        "status",
        [pytest.param(404, id="status 404"), pytest.param(429, id="status 429"), pytest.param(500, id="status 500")],
    )
    def test_an_odd_answer(self, tls: ssl.SSLContext, status: int) -> None:
        result, server = self.run(tls, token=reply(status))
        assert verdicts(result) == ("inconclusive",) * 3
        assert server.passwords == 1

    def test_a_redirect_of_the_token_service(self, tls: ssl.SSLContext) -> None:
        result, server = self.run(tls, token=reply(301, "Location: https://evil.example/token"))
        assert "redirects to evil.example (status 301)" in message(result)
        assert server.passwords == 1

    def test_without_credentials(self, tls: ssl.SSLContext) -> None:
        result, server = self.run(tls, credentials=None)
        assert verdicts(result) == ("ok",) * 3
        assert server.passwords == 0

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"token": reply(401)}, id="by the token service"),
            pytest.param({"upload": reply(401)}, id="by the registry"),
        ],
    )
    def test_without_credentials_refused(self, tls: ssl.SSLContext, said: dict[str, Said]) -> None:
        result, _server = self.run(tls, credentials=None, **said)
        assert verdicts(result) == ("denied",) * 3
        assert "This leg finds no credentials" in message(result)

    def test_a_login_without_an_answer_is_not_repeated(self, tls: ssl.SSLContext) -> None:
        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(address(server)), token=b"")
            first, second = check([target(server), target(server, name="b")], timeout=5)
        assert {first["verdict"], second["verdict"]} == {"unreachable", "inconclusive"}
        assert server.passwords == 1
        texts = message(first) + message(second)
        assert "the connection was closed without an answer" in texts
        assert (
            f"An earlier login at {server.host} with the same credentials got no answer, and was not repeated." in texts
        )

    @pytest.mark.parametrize(
        ("challenge", "text"),
        [
            pytest.param('Bearer realm="/token"', "asks for a token without saying where to get one", id="no host"),
            pytest.param(
                'Bearer realm="https://x:y/token"',
                "asks for a token without saying where to get one",
                id="a port that is no number",
            ),
            pytest.param(
                'Bearer realm="https://[/token"', "asks for a token without saying where to get one", id="no URL"
            ),
            pytest.param("Bearer", "asks for a token without saying where to get one", id="no realm"),
        ],
    )
    def test_a_realm_that_gets_no_password(self, tls: ssl.SSLContext, challenge: str, text: str) -> None:
        def ping(request: Request) -> bytes:
            return reply(401, f"WWW-Authenticate: {challenge.format(host=request.headers['host'])}")

        with serve(script(ping=ping), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("inconclusive",) * 3
        assert text in message(result)
        assert server.passwords == 0

    def test_a_realm_in_clear(self, tls: ssl.SSLContext) -> None:
        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=reply(401, f'WWW-Authenticate: Bearer realm="http://{address(server)}/token"'))
            result = one(target(server))
        assert verdicts(result) == ("unreachable", "unreachable", "inconclusive")
        assert "begins with http://, and Helm asks none over plain HTTP" in message(result)
        assert "over plain HTTP, as its address says" in message(result, "image")
        assert server.passwords == 0

    def test_an_internal_token_service(self, tls: ssl.SSLContext) -> None:
        """The registry is asked at localhost, and names its token service at 127.0.0.1."""
        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(server.host), token=granted(token="T"))
            result = one(target(address(server)))
            own = one(target(server))
        assert verdicts(result) == ("unreachable", "unreachable", "ok")
        assert message(result) == (
            f"{address(server)} names a token service at 127.0.0.1, an address of a private network and not its own, "
            "which Helm does not ask. Before Epinio 1.14.1 it does. Let the registry name its token service (`realm`) "
            "by a host name."
        )
        assert verdicts(own) == ("ok",) * 3

    def test_no_other_token_service_is_asked_later(self, tls: ssl.SSLContext) -> None:
        """The password would go to whatever the answer to a DELETE names."""
        with serve(script(token=granted(token="T")), tls=tls) as other:
            challenge = bearer(address(other))
            result, server = self.run(tls, cancel=challenge)
        assert "could not be cancelled" in message(result)
        assert other.requests == []
        assert server.requests[-2].query["scope"] == ["repository:team/epinio-export-check:pull,push,delete"]

    def test_a_user_in_the_realm_is_left_out(self, tls: ssl.SSLContext) -> None:
        def ping(request: Request) -> bytes:
            return reply(401, f'WWW-Authenticate: Bearer realm="https://eve:x@{request.headers["host"]}/token"')

        with serve(script(ping=ping, token=reply(401)), tls=tls) as server:
            result = one(target(server))
        assert server.asked[1] == "GET /token"
        assert server.requests[1].authorization == USER.basic
        assert message(result).startswith(f"{server.host} refuses the login")

    def test_the_token_service_too(self, tls: ssl.SSLContext, tmp_path: Path, root: Authority) -> None:
        """It stands on another host, with a certificate of another CA."""
        other = Authority("other")
        with (
            serve(script(token=granted(token="T")), tls=other.identity().server_context(tmp_path)) as tokens,
            serve(script(ping=bearer(address(tokens))), tls=tls) as server,
        ):
            alone = one(target(server, bundle=root.pem))
            both = one(target(server, bundle=root.pem + other.pem))
        assert verdicts(alone) == ("untrusted",) * 3
        assert message(alone).startswith(f"localhost:{tokens.server_address[1]} cannot be trusted by the certificate")
        assert verdicts(both) == ("ok",) * 3

    def test_a_login_that_could_not_be_sent_is_made_by_the_other_leg(self, tls: ssl.SSLContext, tmp_path: Path) -> None:
        other = Authority("other")
        registry_tls = other.identity().server_context(tmp_path)
        with (
            serve(script(token=granted(token="T")), tls=tls) as tokens,
            serve(script(ping=bearer(address(tokens))), tls=registry_tls) as server,
        ):
            result = one(target(server, bundle=other.pem))
        assert verdicts(result) == ("untrusted", "untrusted", "ok")
        assert tokens.passwords == 2

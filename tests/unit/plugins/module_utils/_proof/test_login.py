# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in: which password goes where, and how often."""

from __future__ import annotations

import dataclasses
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Session
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import check
from ansible_collections.epinio.registries.plugins.module_utils._proof.push import Push
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload

from tests.registries.authority import Authority
from tests.registries.behaviours import ACCEPTED, BASIC, OPEN, UPLOADS, Said, bearer, errors, granted, script
from tests.registries.scripted import Request, Server, always, reply, serve
from tests.support.checking import USER, address, message, one, target, verdicts

pytestmark = pytest.mark.usefixtures("direct", "trusted")


class TestBasic:
    def test_a_wrong_password_goes_out_once(self, tls: ssl.SSLContext) -> None:
        refused = reply(401, "WWW-Authenticate: Basic", body=errors("UNAUTHORIZED", "authentication required"))
        with serve(script(login=refused), tls=tls) as server:
            first, second = check([target(server), target(server, organization="other", name="test")], timeout=5)
        assert verdicts(first) == verdicts(second) == ("denied",) * 3
        assert message(first) == message(first, "image") == message(second)
        assert message(first) == (
            f"{server.host} refuses the login (status 401). It was tried once for all destinations with this registry "
            "and these credentials. It says: UNAUTHORIZED: authentication required Check user name and password: "
            "whether they are for this registry, and have not expired or been locked."
        )
        assert server.passwords == 1

    def test_the_login_of_many_destinations_is_one(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            results = check([target(server, organization=f"team{index}") for index in range(20)], timeout=20)
        assert {result["verdict"] for result in results} == {"ok"}
        assert server.asked.count("GET /v2/") == 21

    def test_each_user_logs_in(self, tls: ssl.SSLContext) -> None:
        def login(request: Request) -> bytes:
            return OPEN if request.authorization == USER.basic else BASIC

        with serve(script(login=login), tls=tls) as server:
            other = Credentials("other", "password")
            results = check([target(server, chart=other, image=other), target(server)], timeout=5)
        assert [result["verdict"] for result in results] == ["denied", "ok"]

    def test_legs_with_other_credentials(self, tls: ssl.SSLContext) -> None:
        def login(request: Request) -> bytes:
            return OPEN if request.authorization == USER.basic else reply(403)

        with serve(script(login=login), tls=tls) as server:
            result = one(target(server, image=Credentials("robot$epinio", "old")))
        assert verdicts(result) == ("denied", "ok", "denied")
        assert server.passwords == 4

    def test_a_leg_without_credentials(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server, image=None))
        assert verdicts(result) == ("denied", "ok", "denied")
        assert message(result, "image") == (
            f"This leg finds no credentials for {server.host}, which takes no upload without. "
            "Write the destination with a user name and a password."
        )

    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            pytest.param(404, "inconclusive", id="not found"),
            pytest.param(500, "inconclusive", id="an error of the server"),
            pytest.param(302, "inconclusive", id="a redirect"),
        ],
    )
    def test_an_odd_answer_to_the_login(self, tls: ssl.SSLContext, status: int, verdict: str) -> None:
        with serve(script(login=reply(status)), tls=tls) as server:
            assert verdicts(one(target(server))) == (verdict,) * 3
        assert server.passwords == 1

    def test_waiting_for_the_login_of_another(self, tls: ssl.SSLContext) -> None:
        session = Session(allow_http=False)
        with serve(script(), tls=tls) as server:
            upload = Upload(f"{server.host}/team", USER)
            push = Push(HELM, upload, session, trust(None, system=True), Deadline(0.5))
            with session.account(server.host, USER).lock:
                finding = push.run()
        assert finding.verdict == "unreachable"
        assert finding.message.endswith("another destination still waits for the same login.")
        assert server.passwords == 0


class TestBearer:
    """Token authentication, https://distribution.github.io/distribution/spec/auth/token/."""

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


class TestAskedLate:
    def test_a_registry_that_asks_late(self, tls: ssl.SSLContext) -> None:
        def upload(request: Request) -> bytes:
            return ACCEPTED if request.authorization else BASIC

        with serve(script(ping=OPEN, upload=upload), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("denied", "ok", "denied")
        assert "does not ask for one where this leg heeds it" in message(result, "image")
        assert server.passwords == 2  # upload and cancel

    def test_a_registry_that_asks_late_and_refuses(self, tls: ssl.SSLContext) -> None:
        with serve(script(ping=OPEN, upload=BASIC), tls=tls) as server:
            first, second = check([target(server), target(server, name="b")], timeout=5)
        assert verdicts(first) == verdicts(second) == ("denied",) * 3
        assert server.passwords == 1

    def test_a_registry_that_asks_late_for_a_token(self, tls: ssl.SSLContext) -> None:
        def upload(request: Request) -> bytes:
            return ACCEPTED if request.authorization else bearer(address(server))

        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=OPEN, upload=upload, token=granted(token="T"))
            assert verdicts(one(target(server))) == ("denied", "ok", "denied")

    def test_several_destinations_that_are_asked_late(self, tls: ssl.SSLContext) -> None:
        def upload(request: Request) -> bytes:
            return ACCEPTED if request.authorization else BASIC

        with serve(script(ping=OPEN, upload=upload), tls=tls) as server:
            results = check([target(server, image=None), target(server, organization="other")], timeout=5)
        assert [verdicts(result)[1] for result in results] == ["ok", "ok"]


class TestIdentityToken:
    """skopeo sends it to a token service, and then no password (containers/image, docker_client.go)."""

    WITH = dataclasses.replace(USER, identity_token="Id/Token+1")

    def run(self, tls: ssl.SSLContext, token: Said, **said: Said) -> tuple[dict[str, Any], Server]:
        def answer(request: Request) -> bytes:
            return (
                granted(token="T") if request.method == "GET" else token if isinstance(token, bytes) else token(request)
            )

        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(address(server)), token=answer, **said)
            return one(target(server, image=self.WITH)), server

    def test_goes_to_the_token_service_instead(self, tls: ssl.SSLContext) -> None:
        result, server = self.run(tls, granted(access_token="Granted"))
        assert verdicts(result) == ("ok",) * 3
        login, push = [request for request in server.requests if request.method == "POST" and request.path == "/token"]
        form = {
            "service": ["registry"],
            "grant_type": ["refresh_token"],
            "refresh_token": ["Id/Token+1"],
            "client_id": ["containers/image"],
        }
        assert login.form == form
        assert push.form == {**form, "scope": ["repository:team/epinio-export-check:pull,push"]}
        assert {one.query["keep"][0] for one in (login, push)} == {"1"}
        assert {one.authorization for one in (login, push)} == {None}
        assert server.requests[-1].authorization == "Bearer Granted"

    @pytest.mark.parametrize(
        "status",
        [pytest.param(status, id=f"status {status}") for status in (400, 401, 403, 404, 405)],
    )
    def test_that_is_refused(self, tls: ssl.SSLContext, status: int) -> None:
        body = json.dumps({"error": "invalid_grant", "error_description": "not Id/Token+1"})
        result, server = self.run(tls, reply(status, body=body))
        assert verdicts(result) == ("denied", "ok", "denied")
        assert message(result, "image") == (
            f"{address(server)} refuses the `identitytoken` of the docker config, which skopeo sends instead of the "
            f"password (status {status}). It says: invalid_grant: not ******** Write the destination anew, with user "
            "name and password alone."
        )
        assert server.asked.count("POST /token?keep=1") == 1

    def test_that_may_not_push(self, tls: ssl.SSLContext) -> None:
        def token(request: Request) -> bytes:
            return reply(403) if "scope" in request.form else granted(token="T")

        result, _server = self.run(tls, token)
        assert "The login is accepted, but it may not push" in message(result, "image")

    def test_is_no_matter_where_the_registry_takes_the_password(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            assert verdicts(one(target(server, image=self.WITH))) == ("ok",) * 3
        assert {request.authorization for request in server.requests} == {None, USER.basic}


class TestInClear:
    def test_the_password_is_not_sent(self) -> None:
        with serve(script()) as server:
            result = one(target(server))
        assert verdicts(result) == ("unreachable",) * 3
        assert "Helm pushes over HTTPS alone, but for that of Epinio before 1.14.1." in message(result)
        assert server.passwords == 0

    def test_the_password_is_sent_where_that_is_asked_for(self) -> None:
        with serve(script()) as server:
            result = one(target(server), allow_http=True)
        assert verdicts(result) == ("unreachable", "ok", "unreachable")
        assert server.passwords == 3

    def test_a_token_service(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as tokens, serve(script(ping=bearer(address(tokens)))) as server:
            result = one(target(server), allow_http=True)
        assert verdicts(result) == ("unreachable", "inconclusive", "unreachable")
        assert "over plain HTTP, because the registry speaks that itself" in message(result)
        assert tokens.requests == []

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in: which password goes where, and how often."""

from __future__ import annotations

import dataclasses
import json
import ssl
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Session
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import check
from ansible_collections.epinio.registries.plugins.module_utils._proof.push import Push
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload

from tests.registries.behaviours import ACCEPTED, BASIC, OPEN, Said, bearer, errors, granted, script
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
            "and these credentials. It says: UNAUTHORIZED: authentication required Check user name and password. "
            "They may be for another registry, expired or locked."
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
            f"This leg finds no credentials for {server.host}, which accepts no upload without them. "
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


class TestAskedLate:
    def test_a_registry_that_asks_late(self, tls: ssl.SSLContext) -> None:
        def upload(request: Request) -> bytes:
            return ACCEPTED if request.authorization else BASIC

        with serve(script(ping=OPEN, upload=upload), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("denied", "ok", "denied")
        assert "does not ask for one where this leg looks" in message(result, "image")
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
            f"password (status {status}). It says: invalid_grant: not ******** Write the destination again, with only "
            "user name and password."
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
        assert "Helm pushes only over HTTPS, but for that of Epinio before 1.14.1." in message(result)
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

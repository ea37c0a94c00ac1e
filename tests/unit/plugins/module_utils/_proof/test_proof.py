# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof import proof as _registry
from ansible_collections.epinio.registries.plugins.module_utils._proof import push as _push
from ansible_collections.epinio.registries.plugins.module_utils._proof.http import Answer, Deadline, trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import (
    Attempt,
    Blocked,
    Credentials,
    Leg,
    attempt_of,
    check,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import read
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret

from tests.registries.authority import Authority
from tests.registries.behaviours import (
    ACCEPTED,
    BASIC,
    BEHAVIOURS,
    OPEN,
    UPLOADS,
    Behaviour,
    Said,
    bearer,
    errors,
    granted,
    script,
)
from tests.registries.scripted import Request, Server, always, reply, serve

USER = Credentials("robot$epinio", "Pä ss/w+rd")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority("root")


@pytest.fixture(scope="module")
def tls(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return root.identity().server_context(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", autouse=True)
def _system_roots(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the system trust the private CA: most tests here are not about trust."""
    roots = tmp_path_factory.mktemp("roots") / "roots.pem"
    roots.write_bytes(root.pem)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SSL_CERT_FILE", str(roots))
        yield


def target(
    server: Server | str,
    *,
    name: str = "prod",
    organization: str = "team",
    chart: Credentials | None = USER,
    image: Credentials | None = USER,
    bundle: bytes | None = None,
    mounted: bytes | None = None,
) -> Attempt:
    host = server if isinstance(server, str) else server.host
    place = f"{host}/{organization}"
    return Attempt(name, Leg(place, chart, bundle), Leg(place, image, bundle if mounted is None else mounted))


def address(server: Server) -> str:
    """Return its other address: a token service often stands on another host."""
    return f"localhost:{server.server_address[1]}"


def one(destination: Attempt, **options: Any) -> dict[str, Any]:
    [result] = check([destination], **{"timeout": 5, **options})
    return result


def verdicts(result: dict[str, Any]) -> tuple[str, str, str]:
    return result["verdict"], result["legs"]["chart"]["verdict"], result["legs"]["image"]["verdict"]


def message(result: dict[str, Any], leg: str = "chart") -> str:
    return f"{result['legs'][leg]['message']} {result['legs'][leg]['remedy']}".strip()


class TestBasic:
    def test_may_push(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server))
        sentence = f"{server.host}/team can be pushed to: the registry accepted an upload session, which was cancelled."
        assert result == {
            "name": "prod",
            "verdict": "ok",
            "legs": {leg: {"verdict": "ok", "message": sentence, "remedy": ""} for leg in ("chart", "image")},
            "duration": result["duration"],
        }
        assert 0 < result["duration"] < 5
        assert server.asked == ["GET /v2/", "GET /v2/", f"POST {UPLOADS}", f"DELETE {UPLOADS}1?_state=a%2Fb"]
        assert [request.authorization for request in server.requests] == [None, *[USER.basic] * 3]

    def test_a_path_in_the_registry_stands_before_the_organization(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            assert one(target(f"{server.host}/a/b"))["verdict"] == "ok"
        assert "POST /v2/a/b/team/epinio-export-check/blobs/uploads/" in server.asked

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
        ("status", "verdict"), [(404, "inconclusive"), (500, "inconclusive"), (302, "inconclusive")]
    )
    def test_an_odd_answer_to_the_login(self, tls: ssl.SSLContext, status: int, verdict: str) -> None:
        with serve(script(login=reply(status)), tls=tls) as server:
            assert verdicts(one(target(server))) == (verdict,) * 3
        assert server.passwords == 1


class TestUpload:
    @pytest.mark.parametrize(
        ("status", "body", "verdict", "text"),
        [
            (401, errors("DENIED", "no"), "denied", "but it may not push to {} (status 401). It says: DENIED: no"),
            (403, "", "denied", "The login is accepted, but it may not push to {} (status 403)."),
            (404, errors("NAME_UNKNOWN", "x"), "repository_must_exist", "There is nothing to push to in {} yet"),
            (405, errors("UNSUPPORTED", "x"), "denied", "takes no uploads (status 405). It says: UNSUPPORTED: x"),
            (429, errors("TOOMANYREQUESTS", "slow down"), "inconclusive", "It says: TOOMANYREQUESTS: slow down"),
            (500, "<html>", "inconclusive", "does not plainly accept an upload to {} (status 500). Check again"),
            (201, "", "inconclusive", "does not plainly accept an upload to {} (status 201)."),
            (202, "", "inconclusive", "does not plainly accept an upload to {} (status 202)."),
            (400, errors("NAME_INVALID", "bad"), "inconclusive", "NAME_INVALID"),
        ],
    )  # fmt: skip
    def test_answers(self, tls: ssl.SSLContext, status: int, body: str, verdict: str, text: str) -> None:
        with serve(script(upload=reply(status, body=body)), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == (verdict,) * 3
        assert text.format(f"{server.host}/team") in message(result)
        assert not [request for request in server.requests if request.method == "DELETE"]

    def test_another_success_is_none(self, tls: ssl.SSLContext) -> None:
        with serve(script(upload=reply(201, f"Location: {UPLOADS}1")), tls=tls) as server:
            assert verdicts(one(target(server))) == ("inconclusive",) * 3

    def test_a_redirect_is_not_followed(self, tls: ssl.SSLContext) -> None:
        with serve(script(upload=reply(307, "Location: https://other.example/x")), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("inconclusive",) * 3
        assert "redirects to other.example (status 307), which was not followed" in message(result)

    @pytest.mark.parametrize(
        ("head", "verdict"), [(b"", "repository_must_exist"), (b"HTTP/1.1 202 Accepted\r\nLocation: /", "inconclusive")]
    )
    def test_a_connection_that_ends(self, tls: ssl.SSLContext, head: bytes, verdict: str) -> None:
        with serve(script(upload=head), tls=tls) as server:
            assert verdicts(one(target(server))) == (verdict,) * 3

    def test_an_answer_that_is_cut_anywhere(self, tls: ssl.SSLContext) -> None:
        length = 0
        with serve(script(upload=lambda _request: ACCEPTED[:length]), tls=tls) as server:
            for length in range(len(ACCEPTED)):
                assert one(target(server))["verdict"] in {"repository_must_exist", "inconclusive"}, ACCEPTED[:length]
            length = len(ACCEPTED)
            assert one(target(server))["verdict"] == "ok"

    def test_no_answer(self, tls: ssl.SSLContext) -> None:
        def late(request: Request) -> bytes:
            time.sleep(3)
            return ACCEPTED

        with serve(script(upload=late), tls=tls) as server:
            result = one(target(server), timeout=0.7)
        assert verdicts(result) == ("inconclusive", "inconclusive", "inconclusive")
        assert "no answer in time" in message(result)


class TestCancel:
    @pytest.mark.parametrize(
        ("location", "asked"),
        [
            (f"{UPLOADS}1?_state=x", f"{UPLOADS}1?_state=x"),
            ("https://{host}" + f"{UPLOADS}1", f"{UPLOADS}1"),
            ("1?a=b", f"{UPLOADS}1?a=b"),
        ],
    )
    def test_where_the_registry_says(self, tls: ssl.SSLContext, location: str, asked: str) -> None:
        def upload(request: Request) -> bytes:
            return reply(202, "Location: " + location.format(host=request.headers["host"]))

        with serve(script(upload=upload), tls=tls) as server:
            assert one(target(server))["verdict"] == "ok"
        assert server.asked[-1] == f"DELETE {asked}"
        assert server.requests[-1].authorization == USER.basic

    @pytest.mark.parametrize("cancel", [reply(405), reply(401), reply(500), b"", reply(302, "Location: /")])
    def test_that_fails(self, tls: ssl.SSLContext, cancel: bytes) -> None:
        with serve(script(cancel=cancel), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("ok",) * 3
        assert message(result).endswith("it could not be cancelled, holds nothing, and expires by itself.")

    def test_another_host_gets_no_credentials(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as storage:
            elsewhere = f"https://localhost:{storage.server_address[1]}/uploads/1?sig=x"
            with serve(script(upload=reply(202, f"Location: {elsewhere}")), tls=tls) as server:
                assert one(target(server))["verdict"] == "ok"
        assert [(str(request), request.authorization) for request in storage.requests] == [
            ("DELETE /uploads/1?sig=x", None)
        ]

    def test_another_host_is_not_asked_in_clear(self, tls: ssl.SSLContext) -> None:
        with serve(script()) as storage:
            elsewhere = f"http://localhost:{storage.server_address[1]}/uploads/1"
            with serve(script(upload=reply(202, f"Location: {elsewhere}")), tls=tls) as server:
                result = one(target(server))
        assert result["verdict"] == "ok"
        assert "could not be cancelled" in message(result)
        assert storage.requests == []

    @pytest.mark.parametrize("location", ["http://[", "https://127.0.0.1:x/", "mailto:x", "https://:0/"])
    def test_a_location_that_leads_nowhere(self, tls: ssl.SSLContext, location: str) -> None:
        with serve(script(upload=reply(202, f"Location: {location}")), tls=tls) as server:
            assert verdicts(one(target(server))) == ("inconclusive",) * 3

    def test_an_upload_in_clear_proves_nothing(self, tls: ssl.SSLContext) -> None:
        """A registry behind a proxy that does not tell it of HTTPS (distribution, `X-Forwarded-Proto`)."""

        def upload(request: Request) -> bytes:
            return reply(202, f"Location: http://{request.headers['host']}{UPLOADS}1?_state=x")

        with serve(script(upload=upload), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("inconclusive",) * 3
        assert "wants the upload at another address of it, over http, which was cancelled." in message(result)
        assert server.asked[-1] == f"DELETE {UPLOADS}1?_state=x"


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
        "fields", [{"token": "T0ken"}, {"access_token": "T0ken"}, {"token": "T0ken", "access_token": "x"}]
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

    @pytest.mark.parametrize("challenge", [reply(401), reply(401, "WWW-Authenticate: Bearer service=x")])
    def test_cancelling_without_a_token(self, tls: ssl.SSLContext, challenge: bytes) -> None:
        result, _server = self.run(tls, cancel=challenge)
        assert result["verdict"] == "ok"
        assert "could not be cancelled" in message(result)

    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"[]", b"{}", b'{"token": ""}', b'{"token": 1}', b'{"token": "a\\r\\nb"}',
         b'{"token": "\xc3\xa4"}', b"[" * 100_000, b"\xff"],
    )  # fmt: skip
    def test_an_answer_without_a_token(self, tls: ssl.SSLContext, body: bytes) -> None:
        result, server = self.run(tls, token=reply(200, body=body))
        assert verdicts(result) == ("inconclusive",) * 3
        assert "gives no token (status 200)" in message(result)
        assert server.passwords == 1

    @pytest.mark.parametrize("status", [404, 429, 500])
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

    @pytest.mark.parametrize("said", [{"token": reply(401)}, {"upload": reply(401)}])
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
            ('Bearer realm="http://{host}/token"', "over plain HTTP, as its address says"),
            ('Bearer realm="/token"', "asks for a token without saying where to get one"),
            ('Bearer realm="https://x:y/token"', "asks for a token without saying where to get one"),
            ('Bearer realm="https://[/token"', "asks for a token without saying where to get one"),
            ("Bearer", "asks for a token without saying where to get one"),
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

    def test_a_user_in_the_realm_is_left_out(self, tls: ssl.SSLContext) -> None:
        def ping(request: Request) -> bytes:
            return reply(401, f'WWW-Authenticate: Bearer realm="https://eve:x@{request.headers["host"]}/token"')

        with serve(script(ping=ping, token=reply(401)), tls=tls) as server:
            result = one(target(server))
        assert server.asked[1] == "GET /token"
        assert server.requests[1].authorization == USER.basic
        assert message(result).startswith(f"{server.host} refuses the login")


class TestPing:
    @pytest.mark.parametrize(
        ("answer", "verdict", "text"),
        [
            (reply(404), "unreachable", "There is no registry at {} (status 404 for /v2/)."),
            (reply(403, body=errors("DENIED", "geo")), "denied", "talked to (status 403). It says: DENIED: geo"),
            (reply(429), "inconclusive", "does not answer as a registry (status 429)."),
            (reply(503), "inconclusive", "does not answer as a registry (status 503)."),
            (reply(308, "Location: https://new.example/v2/"), "inconclusive", "redirects to new.example (status 308)"),
            (reply(302), "inconclusive", "redirects to nowhere (status 302)"),
            (b"", "unreachable", "{} cannot be asked: the connection was closed without an answer."),
            (b"HTTP/1.1 401 Unauth", "unreachable", "{} cannot be asked: the answer is not HTTP, or it was cut short."),
            (reply(401), "denied", "what the registry asks for first is neither Basic nor Bearer"),
            (reply(401, "WWW-Authenticate: Negotiate"), "denied", "neither Basic nor Bearer"),
        ],
    )  # fmt: skip
    def test_answers(self, tls: ssl.SSLContext, answer: bytes, verdict: str, text: str) -> None:
        with serve(script(ping=answer), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == (verdict,) * 3
        assert text.format(server.host) in message(result)
        assert server.passwords == 0

    @pytest.mark.parametrize(
        ("lines", "legs"),
        [
            (["Negotiate", "Basic realm=x"], ("denied", "ok")),
            (["Negotiate, Basic realm=x"], ("denied", "denied")),
            (["Basic realm=x, Negotiate"], ("ok", "ok")),
            (["Basic realm=x", "Negotiate"], ("ok", "ok")),
            (["", "Basic realm=x"], ("denied", "ok")),
        ],
    )
    def test_each_client_reads_another_challenge(
        self, tls: ssl.SSLContext, lines: list[str], legs: tuple[str, str]
    ) -> None:
        with serve(script(ping=reply(401, *[f"WWW-Authenticate: {line}" for line in lines])), tls=tls) as server:
            assert verdicts(one(target(server)))[1:] == legs

    def test_an_open_registry(self, tls: ssl.SSLContext) -> None:
        with serve(script(ping=OPEN), tls=tls) as server:
            assert verdicts(one(target(server))) == ("ok",) * 3
        assert server.passwords == 0

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


class TestPlainHttp:
    def test_nobody_pushes_with_a_certificate(self, root: Authority) -> None:
        with serve(script()) as server:
            result = one(target(server, bundle=root.pem))
        assert verdicts(result) == ("unreachable",) * 3
        assert "and Helm pushes over HTTPS alone where the destination has a certificate." in message(result)
        assert "does not speak TLS, and skopeo pushes over HTTPS alone." in message(result, "image")
        assert server.passwords == 0

    def test_the_password_is_not_sent(self) -> None:
        with serve(script()) as server:
            result = one(target(server))
        assert verdicts(result) == ("unreachable", "inconclusive", "unreachable")
        assert "Helm would send it the password for anyone to read" in message(result)
        assert server.passwords == 0

    def test_the_password_is_sent_where_that_is_asked_for(self) -> None:
        with serve(script()) as server:
            result = one(target(server), allow_http=True)
        assert verdicts(result) == ("unreachable", "ok", "unreachable")
        assert server.passwords == 3

    def test_an_open_registry(self) -> None:
        with serve(script(ping=OPEN)) as server:
            assert verdicts(one(target(server))) == ("unreachable", "ok", "unreachable")

    def test_a_token_service(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as tokens, serve(script(ping=bearer(address(tokens)))) as server:
            result = one(target(server), allow_http=True)
        assert verdicts(result) == ("unreachable", "inconclusive", "unreachable")
        assert "over plain HTTP, because the registry speaks that itself" in message(result)
        assert tokens.requests == []


class TestTrust:
    def test_the_chart_leg_trusts_the_bundle_instead(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server, bundle=Authority("other").pem))
        assert verdicts(result) == ("untrusted", "untrusted", "ok")
        assert message(result) == (
            f"{server.host} cannot be trusted by the certificate of the destination: unable to get local issuer "
            "certificate. Put the CA certificates of the registry and of its token service into `certificate`, and let "
            "the server send its intermediate certificates."
        )

    def test_the_image_leg_trusts_all_keys_of_the_secret(self, tmp_path: Path) -> None:
        other, third = Authority("other"), Authority("third")
        with serve(script(), tls=third.identity().server_context(tmp_path)) as server:
            result = one(target(server, bundle=other.pem, mounted=other.pem + third.pem))
        assert verdicts(result) == ("untrusted", "untrusted", "ok")

    def test_a_bundle_that_both_trust(self, tmp_path: Path) -> None:
        other = Authority("other")
        with serve(script(), tls=other.identity().server_context(tmp_path)) as server:
            assert verdicts(one(target(server, bundle=other.pem))) == ("ok",) * 3
        assert len(server.requests) == 4

    def test_no_bundle(self, tmp_path: Path) -> None:
        with serve(script(), tls=Authority("other").identity().server_context(tmp_path)) as server:
            result = one(target(server))
        assert verdicts(result) == ("untrusted",) * 3
        assert "cannot be trusted by the system's roots" in message(result)

    def test_a_bundle_without_a_certificate(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server, bundle=b"nothing"))
        assert verdicts(result) == ("untrusted", "untrusted", "ok")
        assert message(result).startswith("The certificate of the destination holds no certificate that can be read.")

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

    @pytest.mark.parametrize(
        ("options", "names", "remedy"),
        [({"expired": True}, (), "Renew the certificate"), ({}, ("registry.example",), "Use a host name that")],
    )
    def test_other_faults(
        self, tmp_path: Path, root: Authority, options: dict[str, bool], names: tuple[str, ...], remedy: str
    ) -> None:
        with serve(script(), tls=root.identity(*names, **options).server_context(tmp_path)) as server:
            result = one(target(server))
        assert verdicts(result) == ("untrusted",) * 3
        assert remedy in message(result)


class TestSecrets:
    """A registry may give back what it was sent."""

    @pytest.mark.parametrize(
        "echo",
        [
            str,
            str.lower,
            lambda text: json.dumps(text)[1:-1],
            lambda text: base64.b64encode(text.encode()).decode(),
            lambda _text: base64.b64encode(USER.pair.encode()).decode(),
            lambda text: "x" * 190 + text,
            lambda text: text + "\x00\n\x1b[31m",
        ],
    )
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 429, 500])
    def test_are_not_shown(self, tls: ssl.SSLContext, echo: Callable[[str], str], status: int) -> None:
        canary = echo(USER.password)
        body = json.dumps({"errors": [{"code": canary, "message": f"{canary} and {canary}"}]})
        with serve(script(upload=reply(status, body=body)), tls=tls) as server:
            text = message(one(target(server)))
        for form in (USER.password, "Pä ss", base64.b64encode(USER.pair.encode()).decode(), canary):
            assert form.lower() not in text.lower()
        assert "********" in text
        assert text.isprintable()

    def test_are_not_shown_as_a_host(self, tls: ssl.SSLContext) -> None:
        user = Credentials("user", "SecretHost")
        with serve(script(login=reply(302, "Location: https://SecretHost.example/")), tls=tls) as server:
            text = message(one(target(server, chart=user, image=user)))
        assert "secrethost" not in text.lower()

    def test_a_token_is_one(self, tls: ssl.SSLContext) -> None:
        def upload(request: Request) -> bytes:
            return reply(403, body=errors("DENIED", f"not with {request.authorization}"))

        with serve(always(b""), tls=tls) as server:
            server.script = script(ping=bearer(address(server)), token=granted(token="T0ken"), upload=upload)
            assert "not with Bearer ********" in message(one(target(server)))

    def test_are_in_no_repr(self) -> None:
        assert USER.password not in repr(target("registry.example"))
        assert USER.username not in repr(USER)

    @pytest.mark.parametrize(
        "body",
        [
            "[]",
            '{"errors": []}',
            '{"errors": [[]]}',
            '{"errors": [{"code": 1}]}',
            '"x"',
            "{",
            pytest.param(json.dumps({"message": "x" * 20_000}), id="a long one"),
        ],
    )
    def test_other_bodies_are_not_quoted(self, tls: ssl.SSLContext, body: str) -> None:
        with serve(script(upload=reply(403, body=body)), tls=tls) as server:
            assert "It says" not in message(one(target(server)))


class TestHosts:
    @pytest.mark.parametrize(
        ("registry", "chart", "image"),
        [
            ("docker.io", "https://registry-1.docker.io", "https://registry-1.docker.io"),
            ("index.docker.io", "https://index.docker.io", "https://registry-1.docker.io"),
            ("registry.hub.docker.com", "https://registry.hub.docker.com", "https://registry.hub.docker.com"),
            ("quay.io/team", "https://quay.io", "https://quay.io"),
        ],
    )
    def test_each_client_goes_where_it_goes(
        self, registry: str, chart: str, image: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def unreachable(_method: str, url: str, **_options: object) -> None:
            asked.append(url)
            raise _push.Unanswered("connection", "no network")

        monkeypatch.setattr(_push, "exchange", unreachable)
        result = one(target(registry, image=Credentials("other", "user")))
        assert asked == [f"{chart}/v2/", f"{image}/v2/"]
        assert message(result).endswith("Check `registry` and its port, and that this machine can reach it.")

    def test_a_leg_that_epinio_does_not_let_get_there(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            whole = target(server)
            blocked = one(dataclasses.replace(whole, image=Blocked("The key has no dot.", "Write a full name.")))
            other = one(dataclasses.replace(whole, chart=Blocked("No.", "Yes.")))
        assert verdicts(blocked) == ("unreachable", "ok", "unreachable")
        assert message(blocked, "image") == "The key has no dot. Write a full name."
        assert verdicts(other) == ("unreachable", "unreachable", "ok")

    def test_the_proxy_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serve(always(reply(403))) as proxy:
            monkeypatch.setenv("https_proxy", f"http://user:secret@{proxy.host}")
            text = message(one(target("registry.invalid")))
        assert text == (
            "registry.invalid cannot be asked: the proxy refused with status 403 (through the proxy 127.0.0.1). "
            "Check `HTTPS_PROXY` and `NO_PROXY`."
        )


class TestMany:
    @staticmethod
    def hanging(_request: Request) -> bytes:
        time.sleep(30)
        return b""

    def test_five_of_a_hundred_hang(self, tls: ssl.SSLContext) -> None:
        with serve(self.hanging, tls=tls) as dead, serve(script(), tls=tls) as server:
            targets = [target(dead if index % 20 == 0 else server, name=str(index)) for index in range(100)]
            start = time.monotonic()
            results = check(targets, timeout=4)
            took = time.monotonic() - start
        assert [result["name"] for result in results] == [str(index) for index in range(100)]
        assert [result["verdict"] for result in results] == [
            "unreachable" if index % 20 == 0 else "ok" for index in range(100)
        ]
        assert took < 12  # one after the other, the five alone would take 20

    def test_a_slow_drip_is_cut_off(self, tls: ssl.SSLContext) -> None:
        def drip(request: Request) -> Iterator[bytes]:
            yield b"HTTP/1.1 401 Unauthorized\r\n"
            for index in range(200):
                yield f"X-{index}: y\r\n".encode()
                time.sleep(0.05)

        with serve(drip, tls=tls) as server:
            result = one(target(server), timeout=0.5)
        assert verdicts(result) == ("unreachable",) * 3
        assert "raise `timeout`" in message(result)
        assert result["duration"] < 3

    def test_no_more_than_so_many_at_a_time(self, tls: ssl.SSLContext) -> None:
        now, most = 0, 0

        def busy(request: Request) -> bytes:
            nonlocal now, most
            now += 1
            most = max(most, now)
            time.sleep(0.02)
            now -= 1
            return OPEN if request.method == "GET" else reply(403)

        with serve(busy, tls=tls) as server:
            results = check([target(server, name=str(index)) for index in range(12)], timeout=10, workers=3)
        assert {result["verdict"] for result in results} == {"denied"}
        assert 1 < most <= 3

    def test_a_time_for_all(self, tls: ssl.SSLContext) -> None:
        with serve(self.hanging, tls=tls) as dead:
            results = check([target(dead, name=name) for name in "abc"], timeout=20, total_timeout=0.4, workers=2)
        assert [result["verdict"] for result in results] == ["unreachable", "unreachable", "inconclusive"]
        assert message(results[2]).startswith("Not checked: the time for all destinations was over.")
        assert results[2]["duration"] == 0

    def test_a_time_that_is_over_between_two_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def late(*_arguments: object, **_options: object) -> Answer:
            time.sleep(0.15)
            headers = http.client.HTTPMessage()
            headers["WWW-Authenticate"] = "Basic"
            return Answer(401, headers)

        monkeypatch.setattr(_push, "exchange", late)
        result = one(target("registry.invalid"), timeout=0.1)
        assert message(result).startswith("registry.invalid cannot be asked: the time is over.")

    def test_none(self) -> None:
        assert check([]) == []

    def test_a_thread_that_does_not_come_back_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_registry, "_GRACE", 0.1)
        monkeypatch.setattr(_push, "exchange", lambda *_arguments, **_options: time.sleep(2))
        result = one(target("registry.invalid"), timeout=0.1)
        assert verdicts(result) == ("unreachable",) * 3
        assert message(result).startswith("There was no answer in time.")

    def test_waiting_for_the_login_of_another(self, tls: ssl.SSLContext) -> None:
        session = _push.Session(allow_http=False)
        with serve(script(), tls=tls) as server:
            leg = Leg(f"{server.host}/team", USER)
            push = _push.Push(_push.HELM, leg, session, trust(None, system=True), Deadline(0.5))
            with session.login(server.host, USER).lock:
                finding = push.run()
        assert finding.verdict == "unreachable"
        assert finding.message.endswith("another destination still waits for the same login.")
        assert server.passwords == 0

    def test_a_fault_of_ours_is_not_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_arguments: object, **_options: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(_push, "exchange", broken)
        with pytest.raises(ZeroDivisionError):
            check([target("registry.invalid")])


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.id)
def test_what_was_seen_elsewhere(behaviour: Behaviour, tls: ssl.SSLContext) -> None:
    with serve(behaviour.script, tls=tls) as server:
        assert verdicts(one(target(server))) == (behaviour.verdict,) * 3


class TestAttempts:
    """What Epinio reads becomes what is checked."""

    def read(self, *, auth: str | None = None, registry: str = "quay.io", **certificate: str) -> Attempt:
        entry = {"username": "user", "password": "pass"}
        if auth is not None:
            entry["auth"] = base64.b64encode(auth.encode()).decode()
        keys = {key.replace("_", "."): value.encode() for key, value in certificate.items()}
        data = {".dockerconfigjson": json.dumps({"auths": {registry: entry}}).encode()}
        if keys:
            data["certs"] = b"prod-certificate"
        secret = {
            "metadata": {
                "name": "prod",
                "labels": {"epinio.io/api-export-registry": "true"},
                "annotations": {"epinio.io/registry-namespace": "team"},
            },
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }
        beside = {"prod-certificate": Secret("prod-certificate", keys)}
        return attempt_of(read(Secret.from_api(secret), beside.get), keys or None)

    def test_both_legs(self) -> None:
        leg = Leg("quay.io/team", Credentials("user", "pass"))
        assert self.read(auth="user:pass") == Attempt("prod", leg, leg)

    def test_each_leg_takes_its_own_credentials(self) -> None:
        found = self.read(auth="user:old")
        assert found.image == Leg("quay.io/team", Credentials("user", "old"))
        assert found.chart == Leg("quay.io/team", Credentials("user", "pass"))

    def test_no_auth_is_no_login(self) -> None:
        assert self.read().image == Leg("quay.io/team")
        assert self.read(auth="user:").image == Leg("quay.io/team")

    def test_each_leg_trusts_its_own_certificates(self) -> None:
        certificate = Authority("root").pem.decode()
        found = self.read(auth="user:pass", tls_crt=certificate, other="more")
        assert isinstance(found.chart, Leg)
        assert isinstance(found.image, Leg)
        assert found.chart.bundle == certificate.encode()
        assert found.image.bundle == f"{certificate}\nmore".encode()

    def test_a_leg_that_goes_elsewhere_is_not_followed(self) -> None:
        found = self.read(auth="user:pass", registry="registry")
        assert found.chart == Leg("registry/team", Credentials("user", "pass"))
        assert isinstance(found.image, Blocked)
        assert "skopeo pushes to docker.io" in found.image.message

    def test_docker_hub_by_its_other_name(self) -> None:
        found = self.read(auth="user:pass", registry="index.docker.io")
        assert found.chart == Leg("index.docker.io/team", Credentials("user", "pass"))
        assert found.image == Leg("docker.io/team", Credentials("user", "pass"))

    def test_legs_that_do_not_get_to_the_registry(self) -> None:
        found = self.read(auth="user:pass", tls_crt="not PEM")
        assert found.chart == found.image
        assert isinstance(found.chart, Blocked)
        assert found.chart.message.startswith("No certificate in tls.crt can be read.")
        [result] = check([found])
        assert verdicts(result) == ("unreachable",) * 3
        assert message(result) == f"{found.chart.message} {found.chart.remedy}"

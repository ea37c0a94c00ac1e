# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One leg: what is said of each answer on its way."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof import stream
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Unanswered

from tests.registries.authority import Authority
from tests.registries.behaviours import ACCEPTED, BEHAVIOURS, OPEN, UPLOADS, Behaviour, errors, script
from tests.registries.scripted import Request, reply, serve
from tests.support.checking import USER, address, message, one, target, verdicts

pytestmark = pytest.mark.usefixtures("direct", "trusted")


class TestPing:
    @pytest.mark.parametrize(
        ("answer", "verdict", "text"),
        [
            pytest.param(
                reply(404), "unreachable", "There is no registry at {} (status 404 for /v2/).", id="no registry"
            ),
            pytest.param(
                reply(403, body=errors("DENIED", "geo")),
                "denied",
                "refuses every request (status 403). It says: DENIED: geo",
                id="shut out",
            ),
            pytest.param(
                reply(429), "inconclusive", "does not answer as a registry (status 429).", id="too many requests"
            ),
            pytest.param(reply(503), "inconclusive", "does not answer as a registry (status 503).", id="out of order"),
            pytest.param(
                reply(308, "Location: https://new.example/v2/"),
                "inconclusive",
                "redirects to new.example (status 308)",
                id="moved",
            ),
            pytest.param(reply(302), "inconclusive", "redirects to nowhere (status 302)", id="moved nowhere"),
            pytest.param(
                b"", "unreachable", "{} cannot be asked: the connection was closed without an answer.", id="no answer"
            ),
            pytest.param(
                b"HTTP/1.1 401 Unauth",
                "unreachable",
                "{} cannot be asked: the answer is not HTTP, or it was cut short.",
                id="half an answer",
            ),
            pytest.param(
                reply(401), "denied", "what the registry asks for first is neither Basic nor Bearer", id="no challenge"
            ),
            pytest.param(
                reply(401, "WWW-Authenticate: Negotiate"),
                "denied",
                "neither Basic nor Bearer",
                id="a scheme of neither client",
            ),
        ],
    )
    def test_answers(self, tls: ssl.SSLContext, answer: bytes, verdict: str, text: str) -> None:
        with serve(script(ping=answer), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == (verdict,) * 3
        assert text.format(server.host) in message(result)
        assert server.passwords == 0

    def test_an_answer_that_this_python_does_not_read(
        self, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unlike(*_arguments: object, **_options: object) -> None:
            raise Unanswered("python", "`http.client` is another", sent=True)

        monkeypatch.setattr(stream, "read_through", unlike)
        with serve(script(), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("inconclusive",) * 3
        assert message(result) == (
            f"The answer of {server.host} was not read: `http.client` is another. "
            "Run the check with a Python that this version of the collection supports."
        )

    def test_an_open_registry(self, tls: ssl.SSLContext) -> None:
        with serve(script(ping=OPEN), tls=tls) as server:
            assert verdicts(one(target(server))) == ("ok",) * 3
        assert server.passwords == 0

    def test_no_bundle(self, tmp_path: Path) -> None:
        with serve(script(), tls=Authority("other").identity().server_context(tmp_path)) as server:
            result = one(target(server))
        assert verdicts(result) == ("untrusted",) * 3
        assert "cannot be trusted by the system's roots" in message(result)

    @pytest.mark.parametrize(
        ("options", "names", "remedy"),
        [
            pytest.param({"expired": True}, (), "Renew the certificate", id="out of date"),
            pytest.param({}, ("registry.example",), "Use a host name that", id="another name"),
        ],
    )
    def test_other_faults(
        self, tmp_path: Path, root: Authority, options: dict[str, bool], names: tuple[str, ...], remedy: str
    ) -> None:
        with serve(script(), tls=root.identity(*names, **options).server_context(tmp_path)) as server:
            result = one(target(server))
        assert verdicts(result) == ("untrusted",) * 3
        assert remedy in message(result)


class TestUpload:
    def test_may_push(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server))
        sentence = f"A push to {server.host}/team works: the registry accepted an upload session, which was cancelled."
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

    @pytest.mark.parametrize(
        ("status", "body", "verdict", "text"),
        [
            pytest.param(
                401,
                errors("DENIED", "no"),
                "denied",
                "but it may not push to {} (status 401). It says: DENIED: no",
                id="not authorized",
            ),
            pytest.param(
                403, "", "denied", "The login is accepted, but it may not push to {} (status 403).", id="forbidden"
            ),
            pytest.param(
                404,
                errors("NAME_UNKNOWN", "x"),
                "repository_must_exist",
                "There is nothing to push to in {} yet",
                id="no repository",
            ),
            pytest.param(
                405,
                errors("UNSUPPORTED", "x"),
                "denied",
                "takes no uploads (status 405). It says: UNSUPPORTED: x",
                id="read-only",
            ),
            pytest.param(
                429,
                errors("TOOMANYREQUESTS", "slow down"),
                "inconclusive",
                "It says: TOOMANYREQUESTS: slow down",
                id="too many requests",
            ),
            pytest.param(
                500,
                "<html>",
                "inconclusive",
                "does not plainly accept an upload to {} (status 500). Check again",
                id="out of order",
            ),
            pytest.param(
                201,
                "",
                "inconclusive",
                "does not plainly accept an upload to {} (status 201).",
                id="created, not accepted",
            ),
            pytest.param(
                202,
                "",
                "inconclusive",
                "does not plainly accept an upload to {} (status 202).",
                id="accepted without a location",
            ),
            pytest.param(
                400, errors("NAME_INVALID", "bad"), "inconclusive", "NAME_INVALID", id="a name that is refused"
            ),
        ],
    )
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
        ("head", "verdict"),
        [
            pytest.param(b"", "repository_must_exist", id="before the answer"),
            pytest.param(b"HTTP/1.1 202 Accepted\r\nLocation: /", "inconclusive", id="within the answer"),
        ],
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
            pytest.param(f"{UPLOADS}1?_state=x", f"{UPLOADS}1?_state=x", id="a path"),
            pytest.param("https://{host}" + f"{UPLOADS}1", f"{UPLOADS}1", id="a whole URL"),
            pytest.param("1?a=b", f"{UPLOADS}1?a=b", id="a relative path"),
        ],
    )
    def test_where_the_registry_says(self, tls: ssl.SSLContext, location: str, asked: str) -> None:
        def upload(request: Request) -> bytes:
            return reply(202, "Location: " + location.format(host=request.headers["host"]))

        with serve(script(upload=upload), tls=tls) as server:
            assert one(target(server))["verdict"] == "ok"
        assert server.asked[-1] == f"DELETE {asked}"
        assert server.requests[-1].authorization == USER.basic

    @pytest.mark.parametrize(
        "cancel",
        [
            pytest.param(reply(405), id="not allowed"),
            pytest.param(reply(401), id="not authorized"),
            pytest.param(reply(500), id="out of order"),
            pytest.param(b"", id="no answer"),
            pytest.param(reply(302, "Location: /"), id="a redirect"),
        ],
    )
    def test_that_fails(self, tls: ssl.SSLContext, cancel: bytes) -> None:
        with serve(script(cancel=cancel), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("ok",) * 3
        assert message(result).endswith("it could not be cancelled, holds nothing, and expires by itself.")

    @pytest.mark.parametrize("scheme", [pytest.param("https", id="over TLS"), pytest.param("http", id="in clear")])
    def test_another_host_is_not_asked(self, tls: ssl.SSLContext, scheme: str) -> None:
        with serve(script(), tls=tls if scheme == "https" else None) as storage:
            elsewhere = f"{scheme}://{address(storage)}"
            with serve(script(upload=reply(202, f"Location: {elsewhere}/uploads/1?sig=x")), tls=tls) as server:
                result = one(target(server))
        assert verdicts(result) == ("unreachable", "unreachable", "ok")
        assert message(result).startswith(
            f"{server.host} accepted an upload session, but wants the upload at {elsewhere}, where Helm does not send "
            "it; it could not be cancelled, holds nothing, and expires by itself. Before Epinio 1.14.1 it does. "
        )
        assert "could not be cancelled" in message(result, "image")
        assert storage.connections == 0

    @pytest.mark.parametrize(
        "location",
        [
            pytest.param("http://[", id="no URL"),
            pytest.param("https://127.0.0.1:x/", id="a port that is no number"),
            pytest.param("mailto:x", id="no host"),
            pytest.param("https://:0/", id="port 0"),
        ],
    )
    def test_a_location_that_leads_nowhere(self, tls: ssl.SSLContext, location: str) -> None:
        with serve(script(upload=reply(202, f"Location: {location}")), tls=tls) as server:
            assert verdicts(one(target(server))) == ("inconclusive",) * 3

    def test_an_upload_in_clear_proves_nothing(self, tls: ssl.SSLContext) -> None:
        """A registry behind a proxy that does not tell it of HTTPS (distribution, `X-Forwarded-Proto`)."""

        def upload(request: Request) -> bytes:
            return reply(202, f"Location: http://{request.headers['host']}{UPLOADS}1?_state=x")

        with serve(script(upload=upload), tls=tls) as server:
            result = one(target(server))
        assert verdicts(result) == ("unreachable", "unreachable", "inconclusive")
        assert f"wants the upload at http://{server.host}, another address of it, which was" in message(result, "image")
        assert "where Helm does not send it, which was cancelled." in message(result)
        assert server.asked[-1] == f"DELETE {UPLOADS}1?_state=x"


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.id)
def test_what_was_seen_elsewhere(behaviour: Behaviour, tls: ssl.SSLContext) -> None:
    with serve(behaviour.script, tls=tls) as server:
        assert verdicts(one(target(server))) == (behaviour.verdict,) * 3

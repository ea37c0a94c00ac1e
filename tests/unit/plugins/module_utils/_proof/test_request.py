# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one request gives, or why it gives nothing."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import BODY_LIMIT

from tests.registries.scripted import Request, always, reply, serve
from tests.support.asking import PLAIN, ask, failure

pytestmark = pytest.mark.usefixtures("direct")


class TestAnswers:
    def test_gives_status_headers_and_body(self) -> None:
        with serve(always(PLAIN)) as server:
            answer = ask(f"http://{server.host}/v2/?a=b", Authorization="Basic x")
        assert (answer.status, answer.headers.get_all("X-KIND"), answer.body) == (200, ["plain", "twice"], b"body")
        assert server.asked == ["GET /v2/?a=b"]
        assert server.requests[0].authorization == "Basic x"
        assert server.requests[0].headers["connection"] == "close"

    def test_asks_for_the_root_where_there_is_no_path(self) -> None:
        with serve(always(PLAIN)) as server:
            ask(f"http://{server.host}")
        assert server.asked == ["GET /"]

    def test_shows_no_header_and_no_body(self) -> None:
        with serve(always(PLAIN)) as server:
            assert repr(ask(f"http://{server.host}/")) == "Answer(status=200)"

    def test_does_not_follow_redirects(self) -> None:
        with serve(always(reply(302, "Location: /elsewhere"))) as server:
            assert ask(f"http://{server.host}/").status == 302
        assert server.asked == ["GET /"]

    def test_reads_a_body_up_to_the_limit(self) -> None:
        def endless(request: Request) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while True:
                yield b"x" * 65536

        with serve(endless) as server:
            assert len(ask(f"http://{server.host}/", seconds=30).body) == BODY_LIMIT

    @pytest.mark.parametrize("status", [pytest.param(202, id="accepted"), pytest.param(204, id="no content")])
    def test_does_not_wait_for_a_body_that_says_nothing(self, status: int) -> None:
        def slow(request: Request) -> Iterator[bytes]:
            yield f"HTTP/1.1 {status} Fine\r\nContent-Length: 99\r\n\r\n".encode()
            time.sleep(5)

        with serve(slow) as server:
            assert ask(f"http://{server.host}/", seconds=2).body == b""

    @pytest.mark.parametrize(
        "framing",
        [
            pytest.param(b"Content-Length: 99\r\n\r\nabc", id="shorter than announced"),
            pytest.param(b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", id="a chunk of no length"),
        ],
    )
    def test_does_without_a_body_that_breaks_off(self, framing: bytes) -> None:
        with serve(always(b"HTTP/1.1 500 Oh\r\n" + framing)) as server:
            assert ask(f"http://{server.host}/").status == 500

    def test_reads_past_an_interim_answer(self) -> None:
        with serve(always(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN)) as server:
            assert ask(f"http://{server.host}/").status == 200


class TestFailures:
    def test_every_head_that_is_cut_short(self) -> None:
        head = b"HTTP/1.1 202 Accepted\r\nLocation: /v2/x/blobs/uploads/1\r\nContent-Length: 0\r\n\r\n"
        length = 0
        with serve(lambda _request: head[:length]) as server:
            for length in range(len(head)):
                error = failure(f"http://{server.host}/")
                assert (error.kind, error.sent) == ("closed" if length == 0 else "garbled", True), head[:length]
            length = len(head)
            assert ask(f"http://{server.host}/").status == 202

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
            pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", id="too many headers"),
            pytest.param(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", id="a long header"),
            pytest.param(b"HTTP/1.1 " + b"2" * 70_000 + b"\r\n\r\n", id="a long status line"),
        ],
    )
    def test_what_is_not_http(self, answer: bytes) -> None:
        with serve(always(answer)) as server:
            error = failure(f"http://{server.host}/")
        assert error.kind == "garbled"
        assert "OpenSSH" not in str(error)

    @pytest.mark.parametrize(
        "pieces",
        [
            pytest.param([], id="no byte"),
            pytest.param([b"HTTP/1.1 200 OK\r\n"], id="half a head"),
            pytest.param([b"H", b"T", b"T", b"P", b"/"] * 100, id="a byte now and then"),
        ],
    )
    def test_what_takes_too_long(self, pieces: list[bytes]) -> None:
        sent = []

        def slow(request: Request) -> Iterator[bytes]:
            for piece in pieces:
                yield piece
                sent.append(piece)
                time.sleep(0.05)
            time.sleep(3)

        with serve(slow) as server:
            error = failure(f"http://{server.host}/", seconds=0.3)
        assert (error.kind, error.sent) == ("time", True)
        assert len(sent) < 100

    def test_a_deadline_that_is_over(self) -> None:
        with serve(always(PLAIN)) as server:
            error = failure(f"http://{server.host}/", seconds=0)
        assert (error.kind, error.sent, server.requests) == ("time", False, [])

    def test_a_port_that_is_closed(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            error = failure(f"http://127.0.0.1:{unused.getsockname()[1]}/")
        assert (error.kind, str(error), error.sent) == ("connection", "Connection refused", False)

    def test_a_name_that_does_not_resolve(self) -> None:
        error = failure("https://registry.invalid/")
        assert (error.kind, str(error)) == ("name", "the name cannot be resolved")

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("http://127.0.0.1:99999/", id="a port too high"),
            pytest.param("http://127.0.0.1:1/\r\nX: y", id="a line end in it"),
            pytest.param("http://\udcff/", id="a surrogate"),
        ],
    )
    def test_a_url_that_cannot_be_asked(self, url: str) -> None:
        assert not failure(url).sent

    def test_a_connection_that_breaks(self) -> None:
        def reset(listener: socket.socket) -> None:
            connection = listener.accept()[0]
            connection.recv(1)  # the rest stays unread, so that closing resets
            connection.close()

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=reset, args=(listener,), daemon=True).start()
            error = failure(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert (error.kind, error.sent) == ("closed", True)


def test_another_library_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    known = http.client.HTTPResponse.__init__

    def other(self: Any, *arguments: Any, **options: Any) -> None:
        known(self, *arguments, **options)
        self.fp.close()
        self.fp = None

    monkeypatch.setattr(http.client.HTTPResponse, "__init__", other)
    with serve(always(PLAIN)) as server:
        error = failure(f"http://{server.host}/")
    assert (error.kind, error.sent) == ("python", True)
    assert str(error).startswith("`http.client` of Python 3.")

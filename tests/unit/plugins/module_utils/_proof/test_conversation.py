# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a registry says is quoted, and no secret with it."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials

from tests.registries.behaviours import bearer, errors, granted, script
from tests.registries.scripted import Request, always, reply, serve
from tests.support.checking import USER, address, message, one, target

pytestmark = pytest.mark.usefixtures("direct", "trusted")


class TestSecrets:
    """A registry may give back what it was sent."""

    @pytest.mark.parametrize(
        "echo",
        [
            pytest.param(str, id="as it was sent"),
            pytest.param(str.lower, id="in lower case"),
            pytest.param(lambda text: json.dumps(text)[1:-1], id="escaped for JSON"),
            pytest.param(lambda text: base64.b64encode(text.encode()).decode(), id="the password in base64"),
            pytest.param(lambda _text: base64.b64encode(USER.pair.encode()).decode(), id="user and password in base64"),
            pytest.param(lambda text: "x" * 190 + text, id="cut off in the middle"),
            pytest.param(lambda text: text + "\x00\n\x1b[31m", id="with control characters"),
        ],
    )
    @pytest.mark.parametrize(
        "status",
        [
            pytest.param(400, id="status 400"),
            pytest.param(401, id="status 401"),
            pytest.param(403, id="status 403"),
            pytest.param(404, id="status 404"),
            pytest.param(405, id="status 405"),
            pytest.param(429, id="status 429"),
            pytest.param(500, id="status 500"),
        ],
    )
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
            pytest.param("[]", id="a list"),
            pytest.param('{"errors": []}', id="no errors"),
            pytest.param('{"errors": [[]]}', id="an error that is a list"),
            pytest.param('{"errors": [{"code": 1}]}', id="a code that is no text"),
            pytest.param('"x"', id="a text"),
            pytest.param("{", id="no JSON"),
            pytest.param(json.dumps({"message": "x" * 20_000}), id="a long one"),
        ],
    )
    def test_other_bodies_are_not_quoted(self, tls: ssl.SSLContext, body: str) -> None:
        with serve(script(upload=reply(403, body=body)), tls=tls) as server:
            assert "It says" not in message(one(target(server)))


def test_the_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(always(reply(403))) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:secret@{proxy.host}")
        text = message(one(target("registry.invalid")))
    assert text == (
        "registry.invalid cannot be asked: the proxy refused with status 403 (through the proxy 127.0.0.1). "
        "Check `HTTPS_PROXY` and `NO_PROXY`."
    )


def test_a_proxy_that_wants_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(always(reply(407))) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:Secret+word@{proxy.host}")
        text = message(one(target("registry.invalid")))
    assert text == (
        "registry.invalid cannot be asked: the proxy wants a login, or another one (status 407) (through the proxy "
        "127.0.0.1). Put user name and password into the address of the proxy, as in "
        "`HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`, with %40 for @, %3A for : and %2F for / in them."
    )

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many destinations, each within its own time, and what is checked of each."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import ssl
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof import conversation, proof
from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import Attempt, Blocked, attempt_of, check
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import read
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret

from tests.registries.authority import Authority
from tests.registries.behaviours import OPEN, bearer, script
from tests.registries.scripted import Request, reply, serve
from tests.support.checking import address, message, one, target, verdicts

pytestmark = pytest.mark.usefixtures("direct", "trusted")


HEAD = b"HTTP/1.1 401 Unauthorized\r\n"
#: What never ends: after the first piece comes the second one, again and again.
DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "headers": (HEAD, b"X: y\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 500\r\n\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


def slowly(drip: tuple[bytes, bytes]) -> Iterator[bytes]:
    yield drip[0]
    for _piece in range(100):
        time.sleep(0.05)
        yield drip[1]


def packed_blanks(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    blanks = b" " * (1 << 20)
    return b"".join([*(packer.compress(blanks) for _mebibyte in range(size >> 20)), packer.flush()])


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

    @pytest.mark.parametrize("drip", [pytest.param(drip, id=name) for name, drip in DRIPS.items()])
    @pytest.mark.parametrize("method", [pytest.param("GET", id="on /v2/"), pytest.param("POST", id="on the upload")])
    def test_the_time_holds_whatever_drips(self, tls: ssl.SSLContext, method: str, drip: tuple[bytes, bytes]) -> None:
        good = script(ping=OPEN, upload=reply(403))

        def answer(request: Request) -> bytes | Iterator[bytes]:
            return slowly(drip) if request.method == method else good(request)

        with serve(answer, tls=tls) as server:
            result = one(target(server), timeout=0.6)
        assert result["duration"] < 2
        assert result["verdict"] != "ok"

    def test_the_time_holds_where_a_proxy_drips(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serve(lambda _request: slowly(DRIPS["status line"])) as proxy:
            monkeypatch.setenv("https_proxy", f"http://{proxy.host}")
            result = one(target("registry.invalid"), timeout=0.6)
        assert result["duration"] < 2
        assert message(result).startswith("registry.invalid cannot be asked: no answer in time (through the proxy")

    def test_a_packed_answer_is_not_unpacked(self, tls: ssl.SSLContext) -> None:
        """64 MiB of blanks: nobody asked for anything packed."""
        packed = reply(200, "Content-Encoding: gzip", body=packed_blanks(1 << 26))
        with serve(lambda _request: b"", tls=tls) as server:
            server.script = script(ping=bearer(address(server)), token=packed)
            result = one(target(server), timeout=20)
        assert "gives no token (status 200)" in message(result)
        assert {request.headers["accept-encoding"] for request in server.requests} == {"identity"}

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
        assert message(results[2]).startswith("Not checked, because the time for all destinations was over.")
        assert results[2]["duration"] == 0

    def test_a_time_that_is_over_between_two_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def late(*_arguments: object, **_options: object) -> Answer:
            time.sleep(0.15)
            headers = http.client.HTTPMessage()
            headers["WWW-Authenticate"] = "Basic"
            return Answer(401, headers)

        monkeypatch.setattr(conversation, "exchange", late)
        result = one(target("registry.invalid"), timeout=0.1)
        assert message(result).startswith("registry.invalid cannot be asked: the time is over.")

    def test_none(self) -> None:
        assert check([]) == []

    def test_a_thread_that_does_not_come_back_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proof, "_GRACE", 0.1)
        monkeypatch.setattr(conversation, "exchange", lambda *_arguments, **_options: time.sleep(2))
        result = one(target("registry.invalid"), timeout=0.1)
        assert verdicts(result) == ("unreachable",) * 3
        assert message(result).startswith("There was no answer in time.")

    def test_a_fault_of_ours_is_not_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_arguments: object, **_options: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(conversation, "exchange", broken)
        with pytest.raises(ZeroDivisionError):
            check([target("registry.invalid")])


class TestLegs:
    def test_a_leg_that_epinio_does_not_let_get_there(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            whole = target(server)
            blocked = one(dataclasses.replace(whole, image=Blocked("The key has no dot.", "Write a full name.")))
            other = one(dataclasses.replace(whole, chart=Blocked("No.", "Yes.")))
        assert verdicts(blocked) == ("unreachable", "ok", "unreachable")
        assert message(blocked, "image") == "The key has no dot. Write a full name."
        assert verdicts(other) == ("unreachable", "unreachable", "ok")

    def test_a_bundle_without_a_certificate(self, tls: ssl.SSLContext) -> None:
        with serve(script(), tls=tls) as server:
            result = one(target(server, bundle=b"nothing"))
        assert verdicts(result) == ("untrusted", "untrusted", "ok")
        assert message(result).startswith("The certificate of the destination holds no certificate that can be read.")

    def test_a_bundle_that_both_trust(self, tmp_path: Path) -> None:
        other = Authority("other")
        with serve(script(), tls=other.identity().server_context(tmp_path)) as server:
            assert verdicts(one(target(server, bundle=other.pem))) == ("ok",) * 3
        assert len(server.requests) == 4


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
        upload = Upload("quay.io/team", Credentials("user", "pass"))
        assert self.read(auth="user:pass") == Attempt("prod", upload, upload)

    def test_each_leg_takes_its_own_credentials(self) -> None:
        found = self.read(auth="user:old")
        assert found.image == Upload("quay.io/team", Credentials("user", "old"))
        assert found.chart == Upload("quay.io/team", Credentials("user", "pass"))

    def test_no_auth_is_no_login(self) -> None:
        assert self.read().image == Upload("quay.io/team")
        assert self.read(auth="user:").image == Upload("quay.io/team")

    def test_each_leg_trusts_its_own_certificates(self) -> None:
        certificate = Authority("root").pem.decode()
        found = self.read(auth="user:pass", tls_crt=certificate, other="more")
        assert isinstance(found.chart, Upload)
        assert isinstance(found.image, Upload)
        assert found.chart.bundle == certificate.encode()
        assert found.image.bundle == f"{certificate}\nmore".encode()

    def test_a_leg_that_goes_elsewhere_is_not_followed(self) -> None:
        found = self.read(auth="user:pass", registry="registry")
        assert found.chart == Upload("registry/team", Credentials("user", "pass"))
        assert isinstance(found.image, Blocked)
        assert "skopeo pushes to docker.io" in found.image.message

    def test_docker_hub_by_its_other_name(self) -> None:
        found = self.read(auth="user:pass", registry="index.docker.io")
        assert found.chart == Upload("index.docker.io/team", Credentials("user", "pass"))
        assert found.image == Upload("docker.io/team", Credentials("user", "pass"))

    def test_legs_that_do_not_get_to_the_registry(self) -> None:
        found = self.read(auth="user:pass", tls_crt="not PEM")
        assert found.chart == found.image
        assert isinstance(found.chart, Blocked)
        assert found.chart.message.startswith("No certificate in tls.crt can be read.")
        [result] = check([found])
        assert verdicts(result) == ("unreachable",) * 3
        assert message(result) == f"{found.chart.message} {found.chart.remedy}"

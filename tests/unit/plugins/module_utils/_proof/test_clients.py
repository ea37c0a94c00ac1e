# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sets Helm and skopeo apart."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof import conversation
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Unanswered
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials

from tests.registries.authority import Authority
from tests.registries.behaviours import OPEN, script
from tests.registries.scripted import reply, serve
from tests.support.checking import message, one, target, verdicts

pytestmark = pytest.mark.usefixtures("direct", "trusted")


@pytest.mark.parametrize(
    ("registry", "chart", "image"),
    [
        pytest.param("docker.io", "https://registry-1.docker.io", "https://registry-1.docker.io", id="Docker Hub"),
        pytest.param(
            "index.docker.io",
            "https://index.docker.io",
            "https://registry-1.docker.io",
            id="Docker Hub by its old name",
        ),
        pytest.param(
            "registry.hub.docker.com",
            "https://registry.hub.docker.com",
            "https://registry.hub.docker.com",
            id="Docker Hub by another name",
        ),
        pytest.param("quay.io/team", "https://quay.io", "https://quay.io", id="any other registry, with a path"),
    ],
)
def test_each_client_goes_where_it_goes(registry: str, chart: str, image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def unreachable(_method: str, url: str, **_options: object) -> None:
        asked.append(url)
        raise Unanswered("connection", "no network")

    monkeypatch.setattr(conversation, "exchange", unreachable)
    result = one(target(registry, image=Credentials("other", "user")))
    assert asked == [f"{chart}/v2/", f"{image}/v2/"]
    assert message(result).endswith("Check `registry` and its port, and that this machine can reach it.")


@pytest.mark.parametrize(
    ("lines", "legs"),
    [
        pytest.param(["Negotiate", "Basic realm=x"], ("denied", "ok"), id="another scheme in a header before"),
        pytest.param(["Negotiate, Basic realm=x"], ("denied", "denied"), id="another scheme in front"),
        pytest.param(["Basic realm=x, Negotiate"], ("ok", "ok"), id="another scheme behind"),
        pytest.param(["Basic realm=x", "Negotiate"], ("ok", "ok"), id="another scheme in a header behind"),
        pytest.param(["", "Basic realm=x"], ("denied", "ok"), id="an empty header before"),
    ],
)
def test_each_client_reads_another_challenge(tls: ssl.SSLContext, lines: list[str], legs: tuple[str, str]) -> None:
    with serve(script(ping=reply(401, *[f"WWW-Authenticate: {line}" for line in lines])), tls=tls) as server:
        assert verdicts(one(target(server)))[1:] == legs


class TestPlainHttp:
    def test_nobody_pushes_with_a_certificate(self, root: Authority) -> None:
        with serve(script()) as server:
            result = one(target(server, bundle=root.pem))
        assert verdicts(result) == ("unreachable",) * 3
        assert "does not speak TLS, and Helm pushes only over HTTPS. " in message(result)
        assert "does not speak TLS, and skopeo pushes only over HTTPS." in message(result, "image")
        assert server.passwords == 0

    def test_nobody_pushes_without_one_either(self) -> None:
        with serve(script(ping=OPEN)) as server:
            result = one(target(server))
        assert verdicts(result) == ("unreachable",) * 3
        assert "Helm pushes only over HTTPS, but for that of Epinio before 1.14.1." in message(result)
        assert server.asked == []

    def test_an_open_registry_for_an_earlier_epinio(self) -> None:
        with serve(script(ping=OPEN)) as server:
            result = one(target(server), allow_http=True)
        assert verdicts(result) == ("unreachable", "ok", "unreachable")
        assert "works in clear, before Epinio 1.14.1: the registry accepted" in message(result)


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

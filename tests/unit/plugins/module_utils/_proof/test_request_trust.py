# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose certificates a request trusts."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Unanswered

from tests.registries.authority import Authority, Identity
from tests.registries.scripted import always, serve
from tests.support.asking import PLAIN, ask, failure

pytestmark = pytest.mark.usefixtures("direct")


@pytest.fixture(scope="module")
def middle(root: Authority) -> Authority:
    return Authority("middle", root)


class TestTrust:
    def ask(self, folder: Path, identity: Identity, bundle: bytes | None, *, system: bool = False) -> str:
        with serve(always(PLAIN), tls=identity.server_context(folder)) as server:
            try:
                return str(ask(f"https://{server.host}/", tls=trust(bundle, system=system)).status)
            except Unanswered as error:
                return f"{error.kind} {error.code}{' sent' if error.sent else ''}"

    def test_the_bundle_alone(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity(), root.pem) == "200"
        assert self.ask(tmp_path, root.identity(), Authority("other").pem) == "untrusted 20"

    def test_the_system_alone(self, tmp_path: Path, root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "roots.pem").write_bytes(root.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
        other = Authority("other").pem
        assert self.ask(tmp_path, root.identity(), None, system=True) == "200"
        assert self.ask(tmp_path, root.identity(), other, system=True) == "200"
        assert self.ask(tmp_path, root.identity(), other, system=False) == "untrusted 20"

    def test_any_certificate_of_the_bundle_ends_a_chain(
        self, tmp_path: Path, root: Authority, middle: Authority
    ) -> None:
        identity = middle.identity()
        assert self.ask(tmp_path, identity, middle.pem) == "200"
        assert self.ask(tmp_path, identity, identity.certificate_pem.partition(b"\n-----BEGIN")[0]) == "200"
        assert self.ask(tmp_path, identity, root.pem) == "200"

    def test_an_incomplete_chain(self, tmp_path: Path, root: Authority, middle: Authority) -> None:
        identity = middle.identity(whole_chain=False)
        assert self.ask(tmp_path, identity, root.pem) == "untrusted 20"
        assert self.ask(tmp_path, identity, root.pem + middle.pem) == "200"

    def test_dates(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity(expired=True), root.pem) == "untrusted 10"
        outdated = Authority("root", valid=False)
        assert self.ask(tmp_path, outdated.identity(), outdated.pem) == "untrusted 10"

    def test_names(self, tmp_path: Path, root: Authority) -> None:
        assert self.ask(tmp_path, root.identity("registry.example"), root.pem) == "untrusted 64"

    def test_blocks_that_are_no_certificate(self, tmp_path: Path, root: Authority) -> None:
        junk = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        empty = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
        assert self.ask(tmp_path, root.identity(), junk + empty + root.identity().key_pem + root.pem) == "200"

    @pytest.mark.parametrize(
        "bundle",
        [
            pytest.param(None, id="no bundle"),
            pytest.param(b"", id="an empty one"),
            pytest.param(b"no PEM", id="no PEM"),
            pytest.param(b"-----BEGIN X-----\nAAAA\n-----END X-----\n", id="PEM of something else"),
        ],
    )
    def test_nothing(self, bundle: bytes | None) -> None:
        with pytest.raises(ValueError, match="no certificate to trust"):
            trust(bundle, system=False)

    def test_a_server_without_tls(self) -> None:
        with serve(always(PLAIN)) as server:
            error = failure(f"https://{server.host}/")
        assert (error.kind, error.sent) == ("not_tls", False)

    def test_a_server_that_breaks_off_the_handshake(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(5)

            def break_off() -> None:
                listener.accept()[0].close()

            threading.Thread(target=break_off, daemon=True).start()
            error = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        assert error.kind in {"tls", "connection"}
        assert not error.sent

    def test_a_server_with_nothing_in_common(self, tmp_path: Path, root: Authority) -> None:
        context = root.identity().server_context(tmp_path)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")  # the key is not RSA
        with serve(always(PLAIN), tls=context) as server:
            error = failure(f"https://{server.host}/", tls=trust(root.pem, system=False))
        assert (error.kind, error.sent) == ("tls", False)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every registry of the rig by its name, started when it is first asked for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .authority import Authority, Identity
from .front import Front, open_front
from .real import HTPASSWD, Registry, htpasswd, open_registry, tokens
from .tokens import TokenService, token_service

__all__ = ["REGISTRIES", "Place", "Rig"]

#: What each user may do where there is a token service; with `htpasswd`, everyone may do everything.
PASSWORDS = {**HTPASSWD, "pusher": "pusher", "reader": "reader", "writer": "writer"}
#: A second password of a user, which a token service takes beside the first: the one that it is to be changed to.
SECOND = {"pusher": 'second "one": 7f3a9c1e5b2d8046a1c3e5f7091b2d4e'}
#: The identity token of a user, which a token service takes instead of the password.
IDENTITIES = {"robot$epinio": "identity of the robot"}
RIGHTS = {
    ("robot$epinio", "team"): {"pull", "push", "delete"},
    ("_json_key", "team"): {"pull", "push", "delete"},
    ("pusher", "team"): {"pull", "push"},
    ("reader", "team"): {"pull"},
    ("writer", "team"): {"push"},
}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where clients find a registry, and its own certificate."""

    registry: Registry
    port: int
    identity: Identity | None = None


class Rig:
    """All registries, until `close()`. `root` signs for most of them, by way of `middle` for some."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = Authority("root")
        self.middle = Authority("middle", self.root)
        self.other = Authority("other")
        self.running = contextlib.ExitStack()
        self._places: dict[str, Place] = {}

    def close(self) -> None:
        self.running.close()

    def place(self, name: str) -> Place:
        """Return the registry of this name."""
        if name not in self._places:
            self._places[name] = REGISTRIES[name](self, self.folder / name)
        return self._places[name]

    def bundle(self, names: str, place: Place) -> bytes:
        """Return the PEM of what is named, in that order: `root middle other leaf junk`."""
        junk = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        leaf = place.identity.certificate_pem if place.identity else b""
        known = {"root": self.root.pem, "middle": self.middle.pem, "other": self.other.pem, "leaf": leaf, "junk": junk}
        return b"".join(known[name] for name in names.split())

    def open(
        self,
        generation: int,
        folder: Path,
        *,
        identity: Identity | None = None,
        settings: Mapping[str, Any] | None = None,
        read_only: bool = False,
    ) -> Place:
        opened = open_registry(generation, folder, identity=identity, settings=settings, read_only=read_only)
        registry = self.running.enter_context(opened)
        return Place(registry, registry.port, identity)

    def tokens(self, folder: Path, host: str, signer: Authority | None, *, strict: bool = False) -> dict[str, Any]:
        """Start a token service, with TLS where there is a signer, and return what a registry has to know about it."""
        passwords = {user: {password, SECOND.get(user, password)} for user, password in PASSWORDS.items()}
        service = TokenService(passwords, RIGHTS, IDENTITIES, strict=strict)
        identity = signer.identity() if signer else None
        server = self.running.enter_context(token_service(service, identity, folder / "service"))
        scheme = "https" if signer else "http"
        return tokens(f"{scheme}://{host}:{server.server_address[1]}/token", service.authority, folder)


Opener = Callable[[Rig, Path], Place]


def _basic(generation: int, identity: Callable[[Rig], Identity | None], *, read_only: bool = False) -> Opener:
    def opener(rig: Rig, folder: Path) -> Place:
        folder.mkdir()
        settings = htpasswd(folder)
        return rig.open(generation, folder, identity=identity(rig), settings=settings, read_only=read_only)

    return opener


def _tokens(
    generation: int,
    *,
    host: str = "127.0.0.1",
    signer: Callable[[Rig], Authority | None] = lambda rig: rig.root,
    strict: bool = False,
    tls: bool = True,
) -> Opener:
    def opener(rig: Rig, folder: Path) -> Place:
        folder.mkdir()
        settings = rig.tokens(folder, host, signer(rig), strict=strict)
        return rig.open(generation, folder, identity=rig.root.identity() if tls else None, settings=settings)

    return opener


def _anyone(generation: int, identity: Callable[[Rig], Identity | None]) -> Opener:
    return lambda rig, folder: rig.open(generation, folder, identity=identity(rig))


def _behind(front: Front) -> Opener:
    def opener(rig: Rig, folder: Path) -> Place:
        behind = _basic(3, _no_identity)(rig, folder)
        identity = rig.root.identity()
        context = identity.server_context(folder / "front")
        port = rig.running.enter_context(open_front(front, behind.registry.address, context))
        return Place(behind.registry, port, identity)

    return opener


def _no_identity(_rig: Rig) -> None:
    return None


def _good(rig: Rig) -> Identity:
    return rig.root.identity()


BASIC = 'Basic realm="registry"'

REGISTRIES: Mapping[str, Opener] = {
    "basic-2": _basic(2, _good),
    "basic-3": _basic(3, _good),
    "token-2": _tokens(2),
    "token-3": _tokens(3),
    "strict-token-3": _tokens(3, strict=True),
    "token-elsewhere-2": _tokens(2, host="localhost", signer=lambda rig: rig.other),
    "token-elsewhere-3": _tokens(3, host="localhost", signer=lambda rig: rig.other),
    "token-in-clear-3": _tokens(3, signer=lambda _rig: None),
    "plain-2": _basic(2, _no_identity),
    "plain-3": _basic(3, _no_identity),
    "plain-token-3": _tokens(3, tls=False),
    "plain-anyone-3": _anyone(3, _no_identity),
    "anyone-2": _anyone(2, _good),
    "anyone-3": _anyone(3, _good),
    "read-only-2": _basic(2, _good, read_only=True),
    "read-only-3": _basic(3, _good, read_only=True),
    "expired-3": _basic(3, lambda rig: rig.root.identity(expired=True)),
    "misnamed-3": _basic(3, lambda rig: rig.root.identity("registry.test")),
    "whole-chain-3": _basic(3, lambda rig: rig.middle.identity()),
    "incomplete-chain-2": _basic(2, lambda rig: rig.middle.identity(whole_chain=False)),
    "incomplete-chain-3": _basic(3, lambda rig: rig.middle.identity(whole_chain=False)),
    "front": _behind(Front()),
    "front-without-scheme": _behind(Front(tells_scheme=False)),
    "front-with-another-host": _behind(Front(upload_host="localhost")),
    "front-that-asks-late": _behind(Front(open_base=True)),
    "front-negotiate-line": _behind(Front(challenges=["Negotiate", BASIC])),
    "front-negotiate-in-front": _behind(Front(challenges=[f"Negotiate, {BASIC}"])),
    "front-negotiate-behind": _behind(Front(challenges=[f"{BASIC}, Negotiate"])),
    "front-without-challenge": _behind(Front(challenges=[])),
}

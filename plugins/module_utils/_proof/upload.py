# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a leg uploads to, and with what."""

from __future__ import annotations

import base64
import dataclasses

#: The repository, inside the organization, that an upload is asked for.
PROBE = "epinio-export-check"


@dataclasses.dataclass(frozen=True)
class Credentials:
    """A user name and its password; and where there is one, what skopeo sends to a token service instead."""

    username: str = dataclasses.field(repr=False)
    password: str = dataclasses.field(repr=False)
    identity_token: str = dataclasses.field(default="", repr=False)

    @property
    def pair(self) -> str:
        """What Basic sends, in base64 and, as Go has it, UTF-8 (RFC 7617)."""
        return f"{self.username}:{self.password}"

    @property
    def basic(self) -> str:
        """The header `Authorization`."""
        return "Basic " + base64.b64encode(self.pair.encode("utf-8", "surrogatepass")).decode()


@dataclasses.dataclass(frozen=True)
class Upload:
    """What a leg pushes to, and with what.

    ``place`` is `host[:port]/path`: the repositories of chart or image are below it. Without ``credentials`` it goes
    anonymous. ``bundle`` is PEM, or None where the leg has only the system's roots.
    """

    place: str
    credentials: Credentials | None = None
    bundle: bytes | None = None

    @property
    def host(self) -> str:
        """The registry, as `host[:port]`."""
        return self.place.partition("/")[0]

    @property
    def repository(self) -> str:
        """The repository that is asked for."""
        return f"{self.place.partition('/')[2]}/{PROBE}"

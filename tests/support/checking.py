# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check destinations at a scripted registry, and read what is found."""

from __future__ import annotations

from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._proof.proof import Attempt, check
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload

from tests.registries.scripted import Server

USER = Credentials("robot$epinio", "Pä ss/w+rd")


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
    return Attempt(name, Upload(place, chart, bundle), Upload(place, image, bundle if mounted is None else mounted))


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

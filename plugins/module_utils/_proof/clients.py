# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sets Helm (v3.19 with oras-go v2.6.2) and skopeo (containers/image v5) apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.epinio.registries.plugins.module_utils._proof.challenge import Challenge

_SCHEMES = frozenset({"basic", "bearer"})
_HUB = "registry-1.docker.io"


def _first(challenges: Sequence[Challenge]) -> Challenge | None:
    return next((one for one in challenges[:1] if one.line == 0 and one.leads and one.scheme in _SCHEMES), None)


def _leading(challenges: Sequence[Challenge]) -> Challenge | None:
    return next((one for one in challenges if one.leads and one.scheme in _SCHEMES), None)


@dataclasses.dataclass(frozen=True)
class Client:
    """One of the two.

    ``hosts``: where it really goes. ``chosen`` picks the challenge that it answers: Helm looks at the first one of the
    first header alone (oras-go, auth/client.go), skopeo at the first one of each header (containers/image,
    docker_client.go). ``asks_late``: it also logs in where /v2/ is open and only the upload asks for it. ``is_wary``:
    it does not go everywhere that the registry names (see `wariness.py`). ``fell_back``: before Epinio 1.14.1 it speaks
    plain HTTP, without a bundle, to a registry that does (helm, pkg/registry/fallback.go); with oras-go v2.6.2 it sends
    neither a login nor an upload then. ``keeps_roots``: where it has a bundle, it trusts the system's roots as well.
    Helm does not. skopeo finds the bundle in /etc/ssl/certs, and the roots of its image elsewhere (Go's crypto/x509,
    root_linux.go): those of quay.io/skopeo/stable, Epinio's default, are not hidden by the mount.
    """

    leg: str
    name: str
    hosts: Mapping[str, str]
    chosen: Callable[[Sequence[Challenge]], Challenge | None]
    asks_late: bool
    is_wary: bool
    fell_back: bool
    keeps_roots: bool


HELM = Client(
    "chart",
    "Helm",
    {"docker.io": _HUB},
    chosen=_first,
    asks_late=True,
    is_wary=True,
    fell_back=True,
    keeps_roots=False,
)
SKOPEO = Client(
    "image",
    "skopeo",
    {"docker.io": _HUB, "index.docker.io": _HUB},
    chosen=_leading,
    asks_late=False,
    is_wary=False,
    fell_back=False,
    keeps_roots=True,
)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no text of a run may hold: the secrets among its parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import google_key
from ansible_collections.epinio.registries.plugins.module_utils._masking import texts
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig


def secrets_of(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield passwords, what HTTP Basic makes of them, tokens."""
    yield from (str(params[option]) for option in ("api_key", "password") if params.get(option))
    yield from _of_kubeconfig(params.get("kubeconfig"))
    for item in params.get("destinations") or [params]:
        for password in texts(
            google_key.as_text(item.get("registry_password"))
        ):  # what is no text was refused, but may hold it
            yield password
            with contextlib.suppress(UnicodeEncodeError):  # then it was refused, and never sent
                yield dockerconfig.auth(str(item.get("registry_username")), password)


def _of_kubeconfig(kubeconfig: Any) -> Iterator[str]:
    users = kubeconfig.get("users") if isinstance(kubeconfig, dict) else None
    for entry in users if isinstance(users, list) else ():
        user = entry.get("user") if isinstance(entry, dict) else None
        yield from (value for value in (user.values() if isinstance(user, dict) else ()) if isinstance(value, str))

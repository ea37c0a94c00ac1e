# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no text of a run may hold: the secrets among its parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments, google_key
from ansible_collections.epinio.registries.plugins.module_utils._masking import texts
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig


def secrets_of(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the passwords of destinations, and what HTTP Basic makes of them; the connection knows its own."""
    for item in params.get("destinations") or [params]:
        # What is not text, or has an option's name misspelled, is refused, but may hold it.
        held = [item[key] for key in item if arguments.means(str(key), "registry_password")]
        for password in texts([*map(google_key.as_text, held)]):
            yield password
            with contextlib.suppress(UnicodeEncodeError):  # then it was refused, and never sent
                yield dockerconfig.auth(str(item.get("registry_username")), password)

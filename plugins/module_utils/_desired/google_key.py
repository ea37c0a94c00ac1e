# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Google service account's key as a password, also where Ansible made a mapping of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: What tells such a key file from any other mapping (https://cloud.google.com/iam/docs/keys-create-delete).
_TELLING = ("client_email", "private_key")


def as_text(password: Any) -> Any:
    """Return a key that is a mapping as one line of JSON, and anything else as it is.

    A template that gives JSON becomes a mapping before ansible-core 2.19, and with native Jinja.
    """
    return json.dumps(dict(password)) if isinstance(password, Mapping) and _is_key(password) else password


def _is_key(password: Mapping[Any, Any]) -> bool:
    texts = (*password, *password.values(), *map(password.get, _TELLING))
    return password.get("type") == "service_account" and all(isinstance(text, str) for text in texts)

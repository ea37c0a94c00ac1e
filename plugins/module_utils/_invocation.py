# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of the arguments of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS
from ansible_collections.epinio.registries.plugins.module_utils._masking import texts, without_userinfo

#: What AnsibleModule shows, too.
_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
#: A mistyped option may hold anything.
_UNKNOWN: Mapping[str, Any] = {"no_log": True}


def redacted(params: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return C(params) for C(invocation), without what the specification marks as secret, wherever it is.

    One walk, linear in the length of the lists: each item is compared with its own secrets, where AnsibleModule
    compares every string with every password.
    """
    hidden = (value for key, value in params.items() if spec.get(key, _UNKNOWN).get("no_log"))
    # White space around a secret may be missing where it is repeated.
    secrets = [text.strip() for value in hidden for text in texts(value) if text.strip()]
    return {key: _shown(key, value, spec.get(key, _UNKNOWN), secrets) for key, value in params.items()}


def _shown(key: str, value: Any, option: Mapping[str, Any], secrets: Sequence[str]) -> Any:
    if value is None:
        return None
    if "options" in option and isinstance(value, Mapping):
        return redacted(value, option["options"])
    if "options" in option and isinstance(value, list):
        return [redacted(item, option["options"]) for item in value if isinstance(item, Mapping)]
    if option.get("no_log") or not _fits(option, value) or _holds(value, secrets) or _is_misplaced(key, value):
        return _HIDDEN
    if key in ("host", "proxy") and isinstance(value, str):
        return without_userinfo(value, _HIDDEN)
    return value


def _fits(option: Mapping[str, Any], value: Any) -> bool:
    """Return whether this can be a value of the option; anything else may be a secret that lost its way."""
    kind = option.get("type", "str")
    if "options" in option or kind in ("dict", "list"):
        return isinstance(value, (Mapping, list))
    if kind == "bool":
        return isinstance(value, (bool, int)) or str(value).lower() in BOOLEANS
    if kind in ("int", "float"):
        return isinstance(value, (int, float)) or str(value).replace(".", "", 1).isdecimal()
    return True


def _holds(value: Any, secrets: Sequence[str]) -> bool:
    if isinstance(value, Mapping):
        return _holds([*value, *value.values()], secrets)
    if isinstance(value, list):
        return any(_holds(one, secrets) for one in value)
    return isinstance(value, str) and any(secret in value for secret in secrets)


def _is_misplaced(key: str, value: Any) -> bool:
    """Return whether this may be a secret in a place that shows: what is not a path, and not a certificate."""
    if key == "kubeconfig":
        return not isinstance(value, str) or "\n" in value or "{" in value
    text = value if isinstance(value, str) else ""
    return "PRIVATE KEY" in text or (key == "certificate" and "-----BEGIN" not in text)

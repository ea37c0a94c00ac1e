# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Ansible in and out: as plain Python, or all problems as one error."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError
from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import refused
from jinja2.exceptions import UndefinedError


def require_none(problems: Sequence[Problem], secrets: Iterable[str], *, done: str) -> None:
    """Raise the error of a filter where there are problems, with all of them and none of the secrets."""
    if problems:
        raise AnsibleFilterError(str(refused(problems, (), mask=Mask(secrets), done=done)))


def unknown(given: Mapping[str, Any], known: Sequence[str]) -> Sequence[Problem]:
    """Return a problem for each argument of a filter that it does not have."""
    return arguments.check(given, {name: {"type": "raw"} for name in known}).problems


def plain(value: Any, *, encrypted: Any = None) -> Any:
    """Return a value with inline vault values decrypted, and without the tags and lazy containers of Ansible.

    ``encrypted`` stands for what no vault password of the run decrypts; without it, that raises.
    """

    def read(get: Callable[[], Any]) -> Any:
        try:
            return plain(get(), encrypted=encrypted)
        except (AnsibleError, UndefinedError) as error:
            if encrypted is None or not _is_of_vault(error):
                raise
            return encrypted

    if isinstance(value, Mapping):
        return {str(key): read(lambda key=key: value[key]) for key in value}  # type: ignore[misc]
    if isinstance(value, (list, tuple)):
        return [read(lambda at=at: value[at]) for at in range(len(value))]  # type: ignore[misc]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime.date):  # no text: it was written without quotes
        return datetime.date(value.year, value.month, value.day)
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _is_of_vault(error: Exception) -> bool:
    """Return whether vault raised it: itself, or since ansible-core 2.19 by a marker where the value is looked at."""
    source = getattr(error, "source", None)
    return "Vault" in type(error).__name__ or type(source).__name__ == "VaultExceptionMarker"

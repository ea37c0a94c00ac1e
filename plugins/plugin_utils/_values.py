# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Ansible in and out: as plain Python, or all problems as one error."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import refused


def require_none(problems: Sequence[Problem], secrets: Iterable[str], *, done: str) -> None:
    """Raise the error of a filter where there are problems, with all of them and none of the secrets."""
    if problems:
        raise AnsibleFilterError(str(refused(problems, (), done=done).without(Mask(secrets))))


def plain(value: Any) -> Any:
    """Return a value as plain Python: inline vault values decrypted, tags and lazy containers of Ansible gone."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime.date):  # no text: it was written without quotes
        return datetime.date(value.year, value.month, value.day)
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)

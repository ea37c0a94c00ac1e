# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `extensions/awx/vars/awx.yml` defines, as Ansible would read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2.nativetypes import NativeEnvironment

__all__ = ["KIT", "credential_type", "definitions"]

KIT = Path(__file__).parents[2] / "extensions/awx"


class _Loader(yaml.SafeLoader):
    """Knows C(!unsafe)."""


class _Unsafe(str):
    """What Ansible does not read as a template."""


_Loader.add_constructor("!unsafe", lambda loader, node: _Unsafe(loader.construct_scalar(node)))


def definitions(**variables: Any) -> dict[str, Any]:
    """Return every variable of the file with its templates rendered."""
    values = yaml.load((KIT / "vars/awx.yml").read_text(encoding="utf-8"), _Loader)
    return {name: _rendered(value, {**values, **variables}) for name, value in values.items()}


def credential_type(name: str) -> dict[str, Any]:
    """Return one credential type: the one whose name begins so."""
    types = definitions(epinio_awx_project_url="")["controller_credential_types"]
    [found] = [one for one in types if one["name"].startswith(name)]
    return dict(found)


def _rendered(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _rendered(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rendered(inner, variables) for inner in value]
    if isinstance(value, _Unsafe):
        return str(value)
    if isinstance(value, str) and "{{" in value:
        return NativeEnvironment().from_string(value).render(variables)
    return value

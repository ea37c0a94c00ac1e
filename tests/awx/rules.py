# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX refuses of a credential type, as C(awx/main/fields.py) and the serializer of AWX 24.6 check it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["refusals"]

_IDENTIFIER = re.compile(r"^[a-zA-Z_]+[a-zA-Z0-9_]*$")
_FILE = re.compile(r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$")
_ASCII = re.compile(r"^[\x00-\x7f]*$")
_FIELD = {
    "id": str,
    "label": str,
    "help_text": str,
    "type": str,
    "format": str,
    "choices": list,
    "multiline": bool,
    "secret": bool,
    "default": (str, bool),
}
#: What only a text can be.
_OF_STRINGS = ("choices", "multiline", "format", "secret")
_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def refusals(credential_type: Mapping[str, Any]) -> list[str]:
    """Return everything that AWX has against a credential type."""
    inputs, injectors = credential_type.get("inputs", {}), credential_type.get("injectors", {})
    found = [] if credential_type.get("kind") in ("cloud", "net") else ["kind must be cloud or net"]
    found += [f"inputs has {key}" for key in inputs.keys() - {"fields", "required"}]
    found += _of_fields(inputs.get("fields", []))
    ids = {field.get("id") for field in inputs.get("fields", [])}
    found += [f"required names {name}, which is no field" for name in inputs.get("required", []) if name not in ids]
    return found or list(_of_injectors(injectors, ids))  # AWX looks at injectors where inputs are fine


def _of_fields(fields: list[Mapping[str, Any]]) -> Iterator[str]:
    seen = set()
    for field in fields:
        name = field.get("id")
        for key, value in field.items():
            if key not in _FIELD:
                yield f"{name} has {key}"
            elif not isinstance(value, _FIELD[key]):  # type: ignore[arg-type]
                yield f"{key} of {name} has another type"
        if not isinstance(name, str) or not _IDENTIFIER.match(name):
            yield f"{name} is no variable name"
        if "label" not in field:
            yield f"{name} has no label"
        if name == "tower":
            yield "tower is reserved"
        if name in seen:
            yield f"{name} is there twice"
        seen.add(name)
        kind = field.get("type", "string")
        if kind not in ("string", "boolean"):
            yield f"{name} is a {kind}"
        yield from (f"{key} of {name}, which is no string" for key in _OF_STRINGS if key in field and kind != "string")


def _of_injectors(injectors: Mapping[str, Any], fields: set[Any]) -> Iterator[str]:
    yield from (f"injectors has {key}" for key in injectors.keys() - {"file", "env", "extra_vars"})
    files, env = injectors.get("file", {}), injectors.get("env", {})
    yield from (f"{key} is no name of a file" for key in files if not _FILE.match(key))
    if "template" in files and len(files) > 1:
        yield "one file or several with names, not both"
    for key, template in env.items():
        if key.startswith("ANSIBLE_") or key in ENV_BLOCKLIST:
            yield f"{key} is not allowed in the environment"
        if not _IDENTIFIER.match(key) or not _ASCII.match(template):
            yield f"{key} is no variable of the environment"
    names = {key.partition(".")[2]: "EXAMPLE" for key in files if "." in key}
    filename = "EXAMPLE" if "template" in files else SimpleNamespace(**names)
    known = {**dict.fromkeys(fields, "EXAMPLE"), "tower": SimpleNamespace(filename=filename)}
    for kind, templates in injectors.items():
        for key, template in templates.items():
            try:
                _SANDBOX.from_string(template).render(known)
            except (UndefinedError, TemplateSyntaxError, SecurityError) as error:
                yield f"{kind} {key}: {error}"

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine in this process, called as both fronts call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure, Outcome

__all__ = ["Failure", "Outcome", "actions", "run"]


def run(module: str, options: Mapping[str, Any], *, check_mode: bool = False, diff: bool = False) -> Outcome:
    """Validate the options as Ansible does, and run the module of this short name."""
    valid = ArgumentSpecValidator(OPTIONS[module].argument_spec).validate(options)
    assert not valid.error_messages, valid.error_messages
    return engine.run(module, valid.validated_parameters, check_mode=check_mode, diff=diff)


def actions(result: Mapping[str, Any]) -> dict[str, str]:
    """Return what a result says was written, by name of the secret; what was kept is left out."""
    entries = [*result.get("destinations", ()), *result.get("certificates", ())]
    return {entry["name"]: entry["action"] for entry in entries if entry["action"] != "kept"}

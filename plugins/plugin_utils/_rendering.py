# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The front of the filters that render: arguments as Jinja gives them, manifests or an error back."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.epinio.registries.plugins.module_utils._desired.arguments import Encrypted
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._options import RENDERING
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine, render
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils._values import plain

_DISPLAY = Display()


def manifests(name: str, **given: Any) -> Any:
    """Return what the filter ``name`` makes of its arguments. AnsibleFilterError has every problem, and no secret."""
    options = RENDERING[name]
    try:
        args = render.with_stand_ins(name, plain(given, encrypted=Encrypted()))
        engine.check_shape(name, args, options.argument_spec, foreign={})
        valid = ArgumentSpecValidator(options.argument_spec).validate(args)
        if valid.error_messages:
            raise AnsibleFilterError(Mask(valid._no_log_values)("; ".join(valid.error_messages)))
        outcome = engine.run(name, valid.validated_parameters)
    except Failure as failure:
        for warning in failure.warnings:
            _DISPLAY.warning(warning)
        raise AnsibleFilterError(str(failure)) from None
    for warning in outcome.warnings:
        _DISPLAY.warning(warning)
    return wrap_var(outcome.result["manifests"])  # templates of others stand in them

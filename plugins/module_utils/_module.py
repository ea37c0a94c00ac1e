# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module front: the one place that calls C(exit_json) and C(fail_json)."""

from __future__ import annotations

from collections.abc import Iterable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._invocation import redacted
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure

__all__ = ["run_module"]


class _Module(AnsibleModule):  # type: ignore[misc]
    def _log_invocation(self) -> None:
        """Log nothing: AnsibleModule would write every argument to syslog, and compare each with every password."""


def run_module(name: str) -> None:
    """Run the module ``name`` (its short name) and leave the process."""
    options = OPTIONS[name]
    module = _Module(
        argument_spec=options.argument_spec,
        mutually_exclusive=options.mutually_exclusive,
        supports_check_mode=True,
    )
    if libraries.IMPORT_ERROR is not None:
        module.fail_json(msg=libraries.missing(), exception=libraries.IMPORT_ERROR)
    # Results hold no secret of a destination by construction, and AnsibleModule would compare each of their strings
    # with each password. What reaches the cluster stays on its list.
    module.no_log_values = {str(value) for value in map(module.params.get, ("api_key", "password")) if value}
    invocation = {"module_args": redacted(module.params, options.argument_spec)}
    try:
        outcome = engine.run(name, module.params, check_mode=module.check_mode, diff=module._diff)
    except Failure as failure:
        _warn(module, failure.warnings)
        module.fail_json(msg=str(failure), invocation=invocation, **failure.result)
    _warn(module, outcome.warnings)
    module.exit_json(invocation=invocation, **outcome.result)


def _warn(module: AnsibleModule, warnings: Iterable[str]) -> None:
    for warning in warnings:
        module.warn(warning)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module front: the one place that calls C(exit_json) and C(fail_json)."""

from __future__ import annotations

from collections.abc import Iterable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._invocation import redacted
from ansible_collections.epinio.registries.plugins.module_utils._options import CONNECTION, OPTIONS, Options
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure

__all__ = ["run_module"]


class _Module(AnsibleModule):  # type: ignore[misc]
    def __init__(self, name: str, options: Options) -> None:
        self._checked = (name, options.own)
        super().__init__(
            argument_spec=options.argument_spec,
            mutually_exclusive=options.mutually_exclusive,
            supports_check_mode=True,
        )

    def _load_params(self) -> None:
        """Check the arguments as they came: AnsibleModule changes some, and fails at others, while it is made."""
        super()._load_params()
        name, spec = self._checked
        args = {key: value for key, value in self.params.items() if not key.startswith("_ansible_")}
        try:
            engine.check_shape(name, args, spec, foreign=CONNECTION)
        except Failure as failure:  # no invocation: nobody knows what the options are that are unknown
            self.fail_json(msg=str(failure), invocation={}, **failure.result)

    def _log_invocation(self) -> None:
        """Log nothing: AnsibleModule would write every argument to syslog, and compare each with every password."""


def run_module(name: str) -> None:
    """Run the module ``name`` (its short name) and leave the process."""
    options = OPTIONS[name]
    module = _Module(name, options)
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

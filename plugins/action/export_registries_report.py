# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report is made where Ansible runs: it needs Jinja2, and the results of all hosts."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils._action import given
from ansible_collections.epinio.registries.plugins.plugin_utils._report import report


class ActionModule(ActionBase):  # type: ignore[misc]
    """Write what was found as a page, as JSON, as metrics."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Check the options and write the report."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        spec = OPTIONS["export_registries_report"].argument_spec
        arguments = given(self._task)
        self._task.args = {**self._task.args, "inputs": []}  # callbacks get the task, and need not store it all again
        try:
            engine.check_shape("export_registries_report", arguments, spec, foreign={})
            valid = ArgumentSpecValidator(spec).validate(arguments)
            if valid.error_messages:
                return {**result, "failed": True, "msg": "; ".join(valid.error_messages)}
            outcome = report(valid.validated_parameters, place=socket.gethostname(), check_mode=self._task.check_mode)
        except Failure as failure:
            return {**result, "failed": True, "msg": str(failure), **failure.result}
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        return {**result, **outcome.result}

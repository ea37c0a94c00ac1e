# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: every_result
type: aggregate
short_description: Write every result of a task as it is
description:
  - Writes a line of JSON for each result into the file that E(EVERY_RESULT) names, with all that callbacks can see.
author:
  - The epinio.registries contributors (@epinio)
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "every_result"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._write("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):  # noqa: ARG002 - Ansible calls it so
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._write("unreachable", result)

    def v2_runner_on_async_ok(self, result):
        self._write("async ok", result)

    def v2_runner_on_async_failed(self, result):
        self._write("async failed", result)

    def _write(self, outcome, result):
        line = {"task": result._task.get_name(), "outcome": outcome, "result": dict(result._result)}
        line["args"] = result._task_fields["args"]
        line["host"] = result._host.get_name()
        with Path(os.environ["EVERY_RESULT"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=repr) + "\n")

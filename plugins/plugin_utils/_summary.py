# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback front: takes note of every result, and says at the end what became of each cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins.callback import CallbackBase
from ansible_collections.epinio.registries.plugins.module_utils._runs.summary import Summary, place, results

_OURS = "epinio.registries."
_WRITING = {"export_registries", "export_registry", "export_registry_certificate"}
#: Under this name C(set_stats) would keep the data.
_STATS = "export_registries"
_COLORS = {
    "unreachable": constants.COLOR_UNREACHABLE,
    "failed": constants.COLOR_ERROR,
    "skipped": constants.COLOR_SKIP,
    "changed": constants.COLOR_CHANGED,
    "unchanged": constants.COLOR_OK,
}


class FleetSummary(CallbackBase):  # type: ignore[misc]
    """Hears of every result in Ansible's main process."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._summary = Summary()
        self._stats: Any = None
        self._data: dict[str, Any] = {}
        self._check_mode = False

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note what a task of ours did."""
        if self._note(result):
            self._publish()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note what a task of ours did before it failed, and why any task failed."""
        self._note(result)
        if not ignore_errors:
            failed = [one for one in results(result._result) if one.get("failed")] or [result._result]
            problems = [problem for one in failed for problem in one.get("problems", ())]
            self._summary.troubled(result._host.get_name(), _message(result, failed[0]), problems)
        self._publish()

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note a host that Ansible could not log in to."""
        self._summary.troubled(result._host.get_name(), _message(result, result._result))
        self._publish()

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note a cluster that a task of ours was to write to."""
        if _ours(result) in _WRITING:
            self._summary.line(result._host.get_name())
            self._publish()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Show the table."""
        rows = self._summary.table(stats.failures, stats.dark)
        if not rows:
            return
        self._stats = stats
        self._publish()
        self._display.banner("EPINIO EXPORT REGISTRIES" + (" (check mode)" if self._check_mode else ""))
        for state, line in rows:
            self._display.display(line, color=_COLORS.get(state))
        self._display.display("", screen_only=True)

    def _note(self, result: Any) -> bool:
        """Note what a task of ours did, and say whether it was one."""
        name, host = _ours(result), result._host.get_name()
        if name not in _WRITING and name != "export_registry_check":
            return False
        where = place(_arguments(result), os.environ)
        self._check_mode |= bool(result._task.check_mode)
        for one in results(result._result):
            if name in _WRITING:
                self._summary.wrote(host, one, where)
            else:
                self._summary.checked(host, one)
        return True

    def _publish(self) -> None:
        """Bring the data up to date, where Ansible keeps what C(set_stats) sets.

        At once: a stdout callback, such as that of ansible-runner, passes it on before the end is announced here.
        """
        stats = self._stats = self._stats or _stats_of_the_run()
        if stats is not None:
            self._data.clear()
            self._data.update(self._summary.data(stats.failures, stats.dark))
            stats.set_custom_stats(_STATS, self._data)


def _stats_of_the_run() -> Any:
    """Return the statistics that Ansible keeps. It hands them to callbacks only at the end, so its caller is asked."""
    frame: Any = sys._getframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, TaskQueueManager):
            return caller._stats
        frame = frame.f_back
    return None


def _ours(result: Any) -> str:
    """Return the short name of a module of this collection, or nothing."""
    action = str(getattr(result._task, "resolved_action", None) or result._task.action)
    return action[len(_OURS) :] if action.startswith(_OURS) else ""


def _arguments(result: Any) -> Mapping[str, Any]:
    """Return the arguments of a task as its worker sent them back: templated, with defaults, without secrets."""
    arguments = result._task_fields.get("args")
    return arguments if isinstance(arguments, Mapping) else {}


def _message(result: Any, failed: Mapping[str, Any]) -> str:
    message = str(failed.get("msg") or failed.get("censored") or "no reason was given")
    return message if _ours(result) else f"{result._task.get_name()}: {message}"

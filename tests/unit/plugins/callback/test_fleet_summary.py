# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest
from ansible.executor.stats import AggregateStats
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins.loader import callback_loader

CREATED = {"changed": True, "destinations": [{"name": "ghcr", "action": "created", "fields": []}], "certificates": []}


def told(host, action, result, *, check_mode=False, **arguments):
    """Return a result as a callback gets it."""
    resolved = f"epinio.registries.{action}" if action.startswith("export") else f"ansible.builtin.{action}"
    task = mock.Mock(action=action, resolved_action=resolved, check_mode=check_mode)
    task.get_name.return_value = f"Task of {action}"
    named = mock.Mock()
    named.get_name.return_value = host
    return SimpleNamespace(_host=named, _task=task, _result=result, _task_fields={"args": arguments})


class Run(TaskQueueManager):
    """A run that passes callbacks what it is given: no more of it is needed."""

    def __init__(self, callback):
        self.callback = callback
        self._stats = AggregateStats()

    def send(self, event, *arguments):
        getattr(self.callback, f"v2_{event}")(*arguments)

    def cleanup(self):
        """Do nothing."""


@pytest.fixture
def run():
    callback = callback_loader.get("epinio.registries.fleet_summary")
    callback._display = mock.Mock()
    return Run(callback)


def shown(run):
    run.send("playbook_on_stats", run._stats)
    display = run.callback._display
    return [call.args[0] for call in (*display.banner.call_args_list, *display.display.call_args_list)]


def test_a_run_without_the_collection_has_no_table(run):
    run.send("runner_on_ok", told("web", "ping", {"changed": False}))
    run.send("runner_on_skipped", told("web", "ping", {}))
    assert shown(run) == []
    assert run._stats.custom == {}


def test_one_cluster_that_changed(run):
    run.send("runner_on_ok", told("localhost", "export_registries", CREATED, context="prod", namespace="apps"))
    assert shown(run) == [
        "EPINIO EXPORT REGISTRIES",
        "cluster    created  changed  removed  kept  problems",
        "localhost        1        0        0     0         0  namespace apps of context prod: ghcr created",
        "",
    ]


def test_check_mode_stands_above_the_table(run):
    run.send("runner_on_ok", told("localhost", "export_registries", CREATED, check_mode=True))
    assert shown(run)[0] == "EPINIO EXPORT REGISTRIES (check mode)"


def test_data_is_there_before_the_end_is_announced(run):
    run._stats.increment("failures", "a")
    run.send("runner_on_failed", told("a", "export_registries", {"msg": "No.", "problems": [{"code": "x"}]}))
    run._stats.increment("dark", "b")
    run.send("runner_on_unreachable", told("b", "setup", {"msg": "No way."}))
    run.send("runner_on_skipped", told("c", "export_registry", {}))
    run.send("runner_on_skipped", told("c", "export_registry_check", {}))
    assert run._stats.custom["_run"]["export_registries"] == {
        "clusters": 3,
        "unreachable": ["b"],
        "failed": ["a"],
        "skipped": ["c"],
        "changed": [],
        "unchanged": [],
        "counts": {"created": 0, "changed": 0, "removed": 0, "kept": 0, "problems": 1},
    }
    assert shown(run)[2:4] == [
        "b              0        0        0     0         0  Task of setup: No way.",
        "a              0        0        0     0         1  No.",
    ]


def test_what_is_ignored_is_no_failure(run):
    run.send("runner_on_failed", told("a", "export_registries", {"msg": "No."}), True)
    assert shown(run)[2] == "a              0        0        0     0         0  as it should be"


def test_a_loop_of_which_one_item_failed(run):
    items = [CREATED, {"failed": True, "msg": "No.", "problems": [{}, {}]}]
    run._stats.increment("failures", "a")
    run.send("runner_on_failed", told("a", "export_registry", {"msg": "One or more items failed", "results": items}))
    assert shown(run)[2] == "a              1        0        0     0         2  No."


def test_what_no_log_hides_stays_hidden(run):
    run._stats.increment("failures", "a")
    run.send("runner_on_failed", told("a", "export_registries", {"censored": "hidden by no_log"}))
    assert shown(run)[2].endswith("  hidden by no_log")


def test_a_check_of_destinations(run):
    run.send("runner_on_ok", told("a", "export_registry_check", {"destinations": [{"verdict": "ok"}]}))
    assert shown(run)[2].endswith("  1 of 1 can be pushed to")


def test_without_a_run_around_it_the_end_tells(run):
    """Where Ansible calls a callback in another way, the data comes with the end."""
    run.callback.v2_runner_on_ok(told("a", "export_registries", CREATED))
    assert run._stats.custom == {}
    run.callback.v2_playbook_on_stats(run._stats)
    assert run._stats.custom["_run"]["export_registries"]["changed"] == ["a"]

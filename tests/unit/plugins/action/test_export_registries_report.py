# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.epinio.registries.plugins.action import export_registries_report
from ansible_collections.epinio.registries.tests.support import fleets


@pytest.fixture
def run():
    """Return a function that runs the task once more for each call."""

    def make(check_mode=False, **args):
        loader = DataLoader()
        task = Task.load({"action": {"module": "epinio.registries.export_registries_report"}}, loader=loader)
        task.args, task.check_mode = args, check_mode
        context = PlayContext()
        connection = connection_loader.get("local", context, None)
        templar = Templar(loader=loader)
        return [
            export_registries_report.ActionModule(task, connection, context, loader, templar, None).run(None, {})
            for _turn in range(2)
        ], task

    return make


def test_it_writes_the_report_however_often_it_is_tried(run, tmp_path):
    results, task = run(inputs=[fleets.showcase()], html=str(tmp_path / "a.html"))
    assert [one["destinations"] for one in results] == [17, 17]
    assert (tmp_path / "a.html").is_file()
    assert task.args == {"inputs": [], "html": str(tmp_path / "a.html")}


def test_check_mode_writes_nothing(run, tmp_path):
    results, _task = run(inputs=[fleets.showcase()], html=str(tmp_path / "a.html"), check_mode=True)
    assert results[0]["changed"]
    assert not list(tmp_path.iterdir())


def test_a_warning_of_the_report_is_one_of_the_task(run, tmp_path):
    results, _task = run(inputs=[], previous=str(tmp_path / "none.json"))
    assert "There is no earlier report" in results[0]["warnings"][0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param({}, "- inputs: It is missing or empty. Set inputs.", id="nothing to report on"),
        pytest.param({"inputs": [], "htlm": "x"}, "- unknown option htlm. Did you mean html?", id="a mistyped option"),
        pytest.param({"inputs": [], "html": 5}, "- html: It is a number, not text", id="a number for a path"),
        pytest.param(
            {"inputs": [], "json": "a.json\ufeff"}, "- json: It ends with an invisible character", id="a mark"
        ),
        pytest.param({"inputs": ["none.json"]}, "Nothing was written: 1 problem.", id="a problem of the report"),
    ],
)
def test_what_is_refused(run, args, said):
    results, _task = run(**args)
    assert results[0]["failed"]
    assert said in results[0]["msg"]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


def test_it_is_no_module_that_runs_elsewhere(run, api, tmp_path):
    result = run(dest=str(tmp_path / "list.yml"))
    assert result["failed"]
    assert result["msg"] == (
        "export_registries_file is an action plugin: Ansible runs it on the controller, and not as a module."
    )
    assert api.requests == []
    assert not (tmp_path / "list.yml").exists()

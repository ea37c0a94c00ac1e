# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils import _report
from ansible_collections.epinio.registries.tests.support import fleets


def report(*given, check_mode=False, **outputs):
    params = {"html": None, "json": None, "textfile": None, "previous": None, **outputs}
    params = {name: None if path is None else str(path) for name, path in params.items()}
    return _report.report({"inputs": list(given), **params}, place="runner", check_mode=check_mode)


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Return a function that gives the problems of a report, as (code, option, message)."""

    def call(*given, **outputs):
        with pytest.raises(Failure) as raised:
            report(*given, **outputs)
        assert str(raised.value).startswith("Nothing was written: ")
        assert raised.value.result["changed"] is False
        return [(one["code"], one["option"], one["message"]) for one in raised.value.result["problems"]]

    return call


def test_all_three_outputs(tmp_path):
    files = {name: tmp_path / name for name in _report.OUTPUTS}
    outcome = report(fleets.showcase(), **files)
    assert outcome.result == {
        "changed": True,
        "clusters": 7,
        "clusters_down": ["edge-lisbon"],
        "destinations": 17,
        "unusable": 3,
        "changes": None,
    }
    assert "edge-lisbon" in files["html"].read_text()
    assert json.loads(files["json"].read_text())["schema"] == 1
    assert "epinio_export_registries_cluster_up" in files["textfile"].read_text()
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(_report.OUTPUTS)


def test_check_mode_writes_nothing(tmp_path):
    assert report(fleets.showcase(), html=tmp_path / "html", check_mode=True).result["changed"] is True
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_it_counts():
    assert report(fleets.showcase()).result["changed"] is False


def test_slices_become_one_report(tmp_path):
    names = sorted(fleets.showcase())
    for number in range(3):
        part = {name: fleets.showcase()[name] for name in names[number::3]}
        report(part, json=tmp_path / f"slice-{number}.json")
    slices = [str(tmp_path / f"slice-{number}.json") for number in range(3)]
    files = {"html": tmp_path / "html", "json": tmp_path / "whole.json"}
    assert report(*slices, **files).result == {**report(fleets.showcase()).result, "changed": True}
    for _turn in range(2):
        assert json.loads(files["json"].read_text())["runs"] == 3
        assert "This report is of 3 runs" in files["html"].read_text()
        report(str(files["json"]), **files)
    assert report({"late": fleets.down()}, *slices).result["clusters"] == 8


def test_since_the_report_that_is_about_to_be_replaced(tmp_path):
    file = tmp_path / "audit.json"
    first = report(fleets.earlier(), json=file, previous=file)
    assert first.result["changes"] is None
    assert first.warnings == [
        f"previous: There is no earlier report in {str(file)!r}, so nothing is compared. "
        "It is there next time if json writes it, or is kept there."
    ]
    second = report(fleets.showcase(), json=file, previous=file, html=tmp_path / "html")
    assert second.warnings == []
    assert {"event": "broken", "cluster": "edge-lisbon", "name": None} in second.result["changes"]
    assert [one["event"] for one in json.loads(file.read_text())["changes"]] == [
        *("broken", "broken", "repaired", "new", "gone"),
    ]
    assert "Since " in (tmp_path / "html").read_text()


@pytest.mark.parametrize(
    ("generated", "clusters", "said"),
    [
        pytest.param("2020-01-01T00:00:00Z", ["a", "b"], [], id="of the same fleet"),
        pytest.param("2020-01-01T00:00:00Z", [], [], id="of no cluster"),
        pytest.param(
            "2999-01-01T00:00:00Z",
            ["a"],
            ["was made at 2999-01-01T00:00:00Z, which is later than now. Compare with an earlier one, or correct the"],
            id="of the future",
        ),
        pytest.param(
            "2999-01-01T00:00:00Z",
            ["b"],
            ["which is later than now", "has no cluster in common with this one, so everything is new or gone. Name a"],
            id="of the future, and of another fleet",
        ),
    ],
)
def test_an_earlier_report_that_tells_little(tmp_path, generated, clusters, said):
    file = tmp_path / "before.json"
    before = {"schema": 1, "generated": generated, "clusters": [{"name": name, "up": True} for name in clusters]}
    file.write_text(json.dumps(before))
    outcome = report({"a": fleets.cluster()}, previous=file)
    assert len(outcome.warnings) == len(said)
    for warning, words in zip(outcome.warnings, said):
        assert warning.startswith(f"previous: The report in {str(file)!r} ")
        assert words in warning
    assert {one["cluster"] for one in outcome.result["changes"]} == {"a"} ^ {*clusters}


def test_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    report({}, json="~/audit.json")
    assert report("~/audit.json").result["clusters"] == 0


def test_a_file_keeps_its_mode_and_a_new_one_is_as_the_umask_says(tmp_path):
    file = tmp_path / "audit.json"
    before = os.umask(0o027)
    try:
        report({}, json=file)
        assert file.stat().st_mode & 0o777 == 0o640
        file.chmod(0o604)
        report({"a": fleets.cluster()}, json=file)
        assert file.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(before)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "audit.prom"
    file.write_text("before")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(Failure) as raised:
        report({}, textfile=file)
    assert str(raised.value) == (
        f"textfile: {str(file)!r} cannot be written: No space left on device. "
        "Create its folder, or name another one that the user who runs Ansible may write to."
    )
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["audit.prom"]


def test_the_same_again_changes_nothing(tmp_path, monkeypatch):
    class Clock(_report.datetime.datetime):
        @classmethod
        def now(cls, _tz=None):
            return fleets.NOW

    monkeypatch.setattr(_report.datetime, "datetime", Clock)
    file = tmp_path / "audit.json"
    assert [report(fleets.showcase(), json=file).result["changed"] for _turn in range(2)] == [True, False]


def test_every_problem_at_once(tmp_path, refused):
    (tmp_path / "no.json").write_text("{")
    (tmp_path / "deep.json").write_text("[" * 100000)
    (tmp_path / "old.json").write_text('{"schema": 0}')
    (tmp_path / "odd.json").write_text('{"schema": 1, "generated": 5}')
    given = [str(tmp_path / f"{name}.json") for name in ("away", "no", "deep", "old", "odd")]
    found = refused(
        *given, {"a": []}, 5, html=tmp_path, json=tmp_path / "x/y", textfile=tmp_path / "x/y", previous=given[1]
    )
    unwritable = "report_file_unwritable"
    no_folder = f"{str(tmp_path / 'x/y')!r} cannot be written: there is no folder {str(tmp_path / 'x')!r}."
    assert found == [
        ("report_input_unreadable", "inputs", f"{given[0]!r} cannot be read: No such file or directory."),
        ("report_input_invalid", "inputs", f"{given[1]!r} does not hold JSON."),
        ("report_input_invalid", "inputs", f"{given[2]!r} does not hold JSON."),
        ("report_schema_unknown", "inputs", f"{given[3]!r} has a schema that is not known here. Its schema is 0."),
        ("report_input_invalid", "inputs", f"{given[4]!r} is not an input for a report. generated is not a text."),
        ("report_input_invalid", "inputs", "A mapping is not an input for a report. a is not a mapping."),
        ("report_input_invalid", "inputs", "A mapping is not an input for a report. The whole is not a mapping."),
        (unwritable, "html", f"{str(tmp_path)!r} cannot be written: it is a folder."),
        (unwritable, "json", no_folder),
        (unwritable, "textfile", no_folder),
        ("report_file_twice", "textfile", f"{str(tmp_path / 'x/y')!r} is named for two of the outputs."),
        ("report_input_invalid", "previous", f"{given[1]!r} does not hold JSON."),
    ]  # fmt: skip


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch, refused):
    monkeypatch.setattr(os, "access", lambda *_args: False)
    [(code, option, message)] = refused({}, html=tmp_path / "a.html")
    assert (code, option) == ("report_file_unwritable", "html")
    assert message.endswith("its folder may not be written to.")


def test_what_stands_for_credentials_is_in_no_output(tmp_path):
    files = {name: tmp_path / name for name in _report.OUTPUTS}
    token = "f00d" * 16
    one = fleets.cluster(*(fleets.destination(name, credential=token) for name in ("x", "y")))
    report({"a": one}, **files)
    assert not [name for name, file in files.items() if token in file.read_text()]
    assert {inner["credential"] for inner in json.loads(files["json"].read_text())["clusters"][0]["destinations"]} == {
        "A"
    }


def test_a_document_of_a_report_is_read_again(tmp_path):
    report(fleets.showcase(), json=tmp_path / "a.json")
    assert len(inputs.audit_of_document(json.loads((tmp_path / "a.json").read_text())).clusters) == 7

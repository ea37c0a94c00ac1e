# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`setup.yml` puts what `vars/awx.yml` says into AWX, with awx.awx, and nothing twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.canary import Canary
from tests.awx import surveys
from tests.awx.controller import TOKEN, Controller, open_controller
from tests.awx.definitions import KIT, definitions

URL = "https://git.example.com/team/epinio-registries.git"
PLAYBOOKS = {file.name for file in (KIT / "project").glob("*.yml")}
DEFINED = definitions(epinio_awx_project_url=URL)
#: Where the definitions of each variable go, in the order of setup.yml.
ENDPOINTS = {
    "controller_credential_types": "credential_types",
    "controller_projects": "projects",
    "controller_inventories": "inventories",
    "controller_inventory_sources": "inventory_sources",
    "controller_templates": "job_templates",
    "controller_schedules": "schedules",
}
#: What a definition says and its own request does not: the first goes elsewhere, the others say where to look.
APART = {
    "controller_templates": {"credentials", "survey_spec"},
    "controller_inventory_sources": {"organization"},
    "controller_schedules": {"organization"},
}


@pytest.fixture
def controller() -> Iterator[Controller]:
    with open_controller(PLAYBOOKS) as opened:
        yield opened


class Setup:
    """Runs setup.yml in an empty home."""

    def __init__(self, folder: Path, controller: Controller) -> None:
        self.canaries = [Canary("kubeconfig"), Canary("docker config")]
        self.leavings = folder / "leavings"
        self.leavings.mkdir()
        files = [folder / "kubeconfig", folder / "auth.json"]
        for file, canary in zip(files, self.canaries):
            file.write_text(f"# {canary.value}\n")
        names = ("epinio_awx_kubeconfig_file", "epinio_awx_docker_config_file")
        self.files = dict(zip(names, map(str, files)))
        self.environment = {
            "PATH": os.environ["PATH"],
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "CONTROLLER_HOST": controller.url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "LC_ALL": "C.UTF-8",
            **dict.fromkeys(("HOME", "TMPDIR", "ANSIBLE_HOME", "ANSIBLE_REMOTE_TEMP"), str(self.leavings)),
        }

    def __call__(self, *arguments: str, code: int = 0, **variables: str) -> str:
        given = [f"{name}={value}" for name, value in variables.items()]
        ended = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("-vvvv", "--diff", str(KIT / "setup.yml"), *arguments),
                *(word for one in given for word in ("--extra-vars", one)),
            ],
            env=self.environment,
            cwd=self.leavings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert ended.returncode == code, ended.stdout
        for canary in self.canaries:
            assert canary.found_in(ended.stdout.encode()) == []
            left = [file for file in self.leavings.rglob("*") if file.is_file()]
            assert [file for file in left if canary.found_in(file.read_bytes())] == []
        return ended.stdout


@pytest.fixture
def setup(tmp_path: Path, controller: Controller) -> Setup:
    return Setup(tmp_path, controller)


def test_the_first_run_makes_everything_and_the_second_changes_nothing(setup: Setup, controller: Controller) -> None:
    whole = {"epinio_awx_project_url": URL, **setup.files}
    first = setup(**whole)
    assert recap(first) == {**recap(first), "failed": 0, "changed": 7}, "one for each task that makes something"
    assert_made(controller)
    for credential, canary in zip(controller.all("credentials"), setup.canaries):
        assert set(credential["inputs"].values()) == {"$encrypted$"}
        assert any(canary.core in str(one.body) for one in controller.requests if one.path == "credentials/")

    before = list(controller.requests)
    assert recap(setup(**whole))["changed"] == 0
    assert recap(setup("--check", epinio_awx_project_url=URL))["changed"] == 0, "the files are needed once"
    assert controller.requests == before

    controller.all("schedules")[0]["enabled"] = True
    assert recap(setup(**whole, epinio_awx_update_secrets="true"))["changed"] == 2
    *secrets, schedule = controller.requests[len(before) :]
    assert {(one.method, one.path.partition("/")[0]) for one in secrets} == {("PATCH", "credentials")}
    assert len(secrets) == len(setup.canaries)
    assert (schedule.method, schedule.body["enabled"]) == ("PATCH", False)


def assert_made(controller: Controller) -> None:
    """Compare every request with the definition that it was sent for."""
    for variable, endpoint in ENDPOINTS.items():
        sent = [one.body for one in controller.requests if one.path == f"{endpoint}/"]
        assert len(sent) == len(DEFINED[variable])
        for definition, body in zip(DEFINED[variable], sent):
            rest = {key: value for key, value in definition.items() if key not in APART.get(variable, ())}
            assert {key: named(controller, key, body[key]) for key in rest} == rest
    for template in DEFINED["controller_templates"]:
        assert controller.credentials_of(template["name"]) == template["credentials"]
    specs = [one.body for one in controller.requests if one.path.endswith("survey_spec/")]
    assert specs == [template["survey_spec"] for template in DEFINED["controller_templates"]]


def named(controller: Controller, key: str, value: Any) -> Any:
    """Return the name where a request has the number of another object."""
    if not isinstance(value, int) or isinstance(value, bool) or key == "job_slice_count":
        return value
    kinds = ("organizations", "projects", "inventories", "credentials", "execution_environments", "job_templates")
    return next(one["name"] for kind in kinds for one in controller.all(kind) if one["id"] == value)


def recap(output: str) -> Mapping[str, int]:
    [line] = re.findall(r"^localhost +: (.*)$", output, re.M)
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


def test_without_an_address_nothing_is_asked(setup: Setup, controller: Controller) -> None:
    assert "Make a git repository of the folder project/" in setup(**setup.files, code=2)
    assert controller.requests == []


def test_without_credentials_it_says_which_one_is_missing(setup: Setup) -> None:
    """It has made the types by then, so that somebody can make the credentials in AWX and run it again."""
    assert "credentials/?name=Epinio+clusters returned 0 items" in setup(epinio_awx_project_url=URL, code=2)


def test_a_template_takes_one_credential_of_each_type() -> None:
    controller = Controller(PLAYBOOKS)
    kind = controller.add("credential_types", name="type", kind="cloud", inputs={"fields": []})["id"]
    one, other = (controller.add("credentials", name=name, credential_type=kind)["id"] for name in ("one", "other"))
    template = controller.add("job_templates", name="template")["id"]
    path = f"job_templates/{template}/credentials/"
    assert controller.answer("POST", path, {}, {"id": one}) == (204, None)
    status, answer = controller.answer("POST", path, {}, {"id": other})
    assert (status, "one type" in answer["error"]) == (400, True)


@pytest.mark.parametrize("template", DEFINED["controller_templates"], ids=lambda one: one["name"])
def test_a_survey_asks_for_scalars_that_the_playbook_knows(template: dict[str, Any]) -> None:
    assert surveys.refusal(template["survey_spec"]) is None
    role = yaml.safe_load((KIT.parents[1] / "roles/export_registries/meta/argument_specs.yml").read_text())
    known = {name for entry in role["argument_specs"].values() for name in entry["options"]}
    asked = {question["variable"] for question in template["survey_spec"]["spec"]}
    playbook = (KIT / "project" / template["playbook"]).read_text()
    assert [one for one in asked - known - {"export_registries_hosts"} if f"{{{{ {one} }}}}" not in playbook] == []
    for question in template["survey_spec"]["spec"]:
        option = role["argument_specs"]["main"]["options"].get(question["variable"], {})
        assert set(option.get("choices", question.get("choices", []))) == set(question.get("choices", []))


def test_a_job_may_be_limited_and_sliced_and_nothing_runs_at_night_by_itself() -> None:
    sliced = definitions(epinio_awx_project_url=URL, epinio_awx_slices=3)["controller_templates"]
    assert all(template["ask_limit_on_launch"] for template in sliced)
    by_playbook = {template["playbook"]: template["job_slice_count"] for template in sliced}
    assert by_playbook == {"configure.yml": 3, "verify.yml": 3, "rotate.yml": 1, "audit.yml": 1}
    assert [one["enabled"] for one in DEFINED["controller_schedules"]] == [False, False]
    assert DEFINED["controller_templates"][0]["name"] == DEFINED["controller_schedules"][0]["unified_job_template"]


@pytest.mark.parametrize("template", DEFINED["controller_templates"], ids=lambda one: one["name"])
def test_what_the_role_has_an_option_for_is_not_answered_by_default(template: dict[str, Any]) -> None:
    """Otherwise the inventory could not say it: variables of a job count before it."""
    role = yaml.safe_load((KIT.parents[1] / "roles/export_registries/meta/argument_specs.yml").read_text())
    options = {name for entry in role["argument_specs"].values() for name in entry["options"]}
    assert surveys.defaults(template["survey_spec"]).keys() & options == set()


@pytest.mark.parametrize(
    ("change", "variables"),
    [
        pytest.param({}, {"v": "a"}, id="a default"),
        pytest.param({"default": ""}, {"v": ""}, id="an empty text is a text"),
        pytest.param({"default": "", "min": 1}, {}, id="a text that is too short"),
        pytest.param({"default": None}, {}, id="no default"),
        pytest.param({"type": "multiplechoice", "choices": ["a"]}, {"v": "a"}, id="a choice"),
        pytest.param({"type": "multiplechoice", "choices": ["a"], "default": ""}, {}, id="no choice"),
        pytest.param({"type": "integer", "default": 0}, {"v": 0}, id="a number"),
        pytest.param({"type": "integer", "default": ""}, {}, id="no number"),
        pytest.param({"type": "multiselect", "choices": ["a"]}, {}, id="a default of many lines is none"),
    ],
)
def test_what_awx_makes_of_a_survey_that_nobody_fills_in(change: dict[str, Any], variables: dict[str, Any]) -> None:
    question = {"type": "text", "question_name": "Q", "variable": "v", "required": False, "default": "a", **change}
    assert surveys.defaults({"name": "n", "description": "d", "spec": [question]}) == variables


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"name": None}, "Field 'name'", id="no name"),
        pytest.param({"spec": []}, "any items", id="no question"),
        pytest.param({"spec": [{"type": "text"}]}, "'question_name' missing", id="half a question"),
        pytest.param({"type": "list"}, "no type of a question", id="a list"),
        pytest.param({"default": ["a"]}, "is no text", id="a default that is no scalar"),
        pytest.param({"type": "multiplechoice"}, "choices are missing", id="no choices"),
        pytest.param(
            {"type": "multiplechoice", "choices": ["a"], "default": "b"}, "choices listed", id="another choice"
        ),
        pytest.param({"max": "9"}, "integer", id="a limit as text"),
    ],
)
def test_what_awx_refuses_of_a_survey(change: dict[str, Any], why: str) -> None:
    question = {"type": "text", "question_name": "Q", "variable": "v", "required": False}
    whole = {"name": "n", "description": "d", "spec": [question]}
    assert surveys.refusal(whole) is None
    place = whole if change.keys() & whole.keys() else question
    place.update(change)
    assert why in str(surveys.refusal(whole))

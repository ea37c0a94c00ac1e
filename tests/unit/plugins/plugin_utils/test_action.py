# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import os
import tempfile
from types import MappingProxyType

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.plugin_utils import _action
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer


@pytest.fixture
def api():
    with ApiServer() as server:
        yield server


@pytest.fixture
def action(api, monkeypatch, tmp_path):
    """Return a function that makes the action of a task, with what it would execute as a module in ``executed``."""

    def make(module="export_registry", *, keywords=None, connection="local", **args):
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        # As after templating: the arguments are plain values.
        task = Task.load({"action": {"module": f"epinio.registries.{module}"}, **(keywords or {})}, loader=loader)
        task.args = {"host": api.url, "api_key": "t0ken", **args}
        context = PlayContext()
        transport = connection_loader.get("local", context, None)
        transport.transport = connection
        made = _action.ActionModule(task, transport, context, loader, Templar(loader=loader), None)
        made.executed = []
        monkeypatch.setattr(made, "_remove_tmp_path", lambda _path: None)

        def execute(**how):
            made.executed.append(how)
            return {"changed": False}

        monkeypatch.setattr(made, "_execute_module", execute)
        return made

    monkeypatch.delenv("K8S_AUTH_KUBECONFIG", raising=False)
    return make


def test_works_in_this_process(action, api):
    made = action(**builders.item("acme"))
    result = made.run(task_vars={})
    assert (result["changed"], made.executed) == (True, [])
    assert "acme" in api.secrets
    assert "invocation" not in result


@pytest.mark.parametrize(
    ("keywords", "connection"),
    [
        pytest.param({"environment": [{"PYTHONPATH": "b"}]}, "local", id="what only a new Python reads"),
        pytest.param({"environment": [{"A": "b"}, {"LD_PRELOAD": "c"}]}, "local", id="what only a new process reads"),
        pytest.param({"async": 10}, "local", id="in the background"),
        pytest.param({}, "ssh", id="on another machine"),
    ],
)
def test_executes_the_module_where_the_task_asks_for_a_process(action, api, keywords, connection):
    made = action(keywords=keywords, connection=connection, **builders.item("acme"))
    made.run(task_vars={})
    (how,) = made.executed
    assert how["module_name"] == "epinio.registries.export_registry"
    assert how["module_args"]["name"] == "acme"
    assert how["wrap_async"] is ("async" in keywords)
    assert api.requests == []


def test_the_engine_sees_the_environment_of_the_task(action, api, monkeypatch):
    """That of the play first, then that of the task; the worker's own is back afterwards."""
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_USER", "own")
    monkeypatch.delenv("K8S_AUTH_IMPERSONATE_GROUPS", raising=False)
    environment = [{"K8S_AUTH_IMPERSONATE_USER": "play"}, {"K8S_AUTH_IMPERSONATE_USER": "task"}]
    environment.append({"K8S_AUTH_IMPERSONATE_GROUPS": 5})
    made = action(keywords={"environment": environment}, **builders.item("acme"))
    assert made.run(task_vars={})["changed"] is True
    assert made.executed == []
    assert {(one["Impersonate-User"], one["Impersonate-Group"]) for one in api.headers} == {("task", "5")}
    assert os.environ["K8S_AUTH_IMPERSONATE_USER"] == "own"
    assert "K8S_AUTH_IMPERSONATE_GROUPS" not in os.environ


def test_executes_the_module_for_become_and_where_a_library_is_missing(action, api, monkeypatch):
    made = action(**builders.item("acme"))
    made._connection.become = object()
    made.run(task_vars={})
    monkeypatch.setattr(libraries, "IMPORT_ERROR", "Traceback")
    other = action(**builders.item("acme"))
    other.run(task_vars={})
    assert [len(made.executed), len(other.executed)] == [1, 1]
    assert api.requests == []


def test_check_mode_and_diff_come_from_the_task(action, api):
    result = action(keywords={"check_mode": True, "diff": True}, **builders.item("acme")).run(task_vars={})
    assert result["changed"] is True
    assert set(result["diff"]) == {"before", "after"}
    assert api.writes() == []


def test_failures_and_warnings(action):
    expired = builders.authority("old", days=-1, since=10)
    result = action(**builders.item("acme", certificate=expired)).run(task_vars={})
    assert result["warnings"][0].startswith("acme, certificate: ")
    result = action(**builders.item("Acme", certificate=expired)).run(task_vars={})
    assert result["failed"] is True
    assert result["problems"][0]["code"] == "name_invalid"
    assert result["warnings"]


def test_the_task_goes_back_with_plain_arguments_that_hold_no_secret(action):
    made = action(**{**builders.item("acme"), "labels": MappingProxyType({"team": "platform"}), "passwort": "s3cret"})
    made.run(task_vars={})
    assert made._task.args["labels"] == {"team": "platform"}
    assert isinstance(made._task.args["labels"], dict)
    assert made._task.args["name"] == "acme"
    assert "s3cret" not in json.dumps(made._task.args)


def test_a_second_try_of_the_same_task_has_the_password(action, api):
    made = action(**builders.item("acme"))
    assert [made.run(task_vars={})["changed"] for _try in range(2)] == [True, False]
    assert builders.stored(api.secrets["acme"])[2] == "s3cret"


def test_options_that_do_not_exist(action):
    result = action(nonsense=1, **builders.item("acme")).run(task_vars={})
    assert result["failed"]
    assert "nonsense" in result["msg"]


def test_a_password_in_the_wrong_option_is_not_quoted(action):
    result = action(**builders.item("acme", update_password="s3cret")).run(task_vars={})
    assert result["failed"]
    assert "acme, update_password: It does not take this value." in result["msg"]
    assert "s3cret" not in str(result)


@pytest.mark.parametrize("connection", ["local", "ssh"])
def test_a_date_is_refused_before_a_module_would_get_it_as_text(action, connection):
    made = action(connection=connection, **builders.item("acme", organization=datetime.date(2026, 11, 27)))
    result = made.run(task_vars={})
    assert [(one["code"], one["option"]) for one in result["problems"]] == [("not_text", "organization")]
    assert made.executed == []


def test_invocation_is_there_for_those_who_read_it(action, monkeypatch):
    made = action(**builders.item("acme"))
    monkeypatch.setattr(made._display, "verbosity", 3)
    result = made.run(task_vars={"ansible_inject_invocation": True})
    invocation = result["invocation"]["module_args"]
    assert invocation["registry_password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert invocation["name"] == "acme"


def test_kubeconfig_is_found_among_the_files_of_the_play(action, tmp_path):
    (tmp_path / "files").mkdir()
    for name in ("one", "two"):
        (tmp_path / "files" / name).write_text("x")
    made = action(keywords={"async": 10}, kubeconfig="one:two", **builders.item("acme"))
    made.run(task_vars={})
    assert made.executed[0]["module_args"]["kubeconfig"] == f"{tmp_path}/files/one:{tmp_path}/files/two"
    missing = action(kubeconfig="nowhere", **builders.item("acme")).run(task_vars={})
    assert missing["failed"]
    assert "Could not find" in missing["msg"]
    remote = action(connection="ssh", kubeconfig="one", **builders.item("acme"))
    remote.run(task_vars={})
    assert remote.executed[0]["module_args"]["kubeconfig"] == "one"


class Text(str):
    """Text with a tag, as templating hands it out."""


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param(True, id="a boolean"),
        pytest.param(1, id="a number"),
        pytest.param(1.5, id="a number with a point"),
        pytest.param("text", id="text"),
        pytest.param(Text("text"), id="text with a tag"),
        pytest.param([Text("a"), {"b": (Text("c"),)}], id="text with a tag in lists and mappings"),
        pytest.param({Text("key"): {"a": None}}, id="a key with a tag"),
    ],
)
def test_arguments_become_plain(value):
    def types(part):
        yield type(part)
        if isinstance(part, dict):
            for key, inner in part.items():
                yield from (*types(key), *types(inner))
        elif isinstance(part, list):
            for inner in part:
                yield from types(inner)

    plain = _action.plain(value)
    assert set(types(plain)) <= {type(None), bool, int, float, str, list, dict}
    assert plain == (value if not isinstance(value, list) else ["a", {"b": ["c"]}])


def test_an_encrypted_kubeconfig_leaves_no_file_and_its_paths_hold(action, api, tmp_path, monkeypatch):
    """As kubeadm and minikube write it: what it names is relative to where it is."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/token").write_text("fr0m-file\n")
    config = {
        "clusters": [{"name": "one", "cluster": {"server": api.url}}],
        "users": [{"name": "one", "user": {"tokenFile": "token"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    secret = [("default", VaultSecret(b"made-up"))]
    vaulted = VaultLib(secret).encrypt(json.dumps(config), secret=secret[0][1])
    (tmp_path / "files/config").write_bytes(vaulted)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    made = action("export_registry_info", host=None, api_key=None, kubeconfig="config")
    made._loader.set_vault_secrets(secret)
    result = made.run(task_vars={})
    assert "failed" not in result, result
    assert {headers["authorization"] for headers in api.headers} == {"Bearer fr0m-file"}
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("beside", [pytest.param("", id="alone"), pytest.param(":vaulted", id="beside a vaulted file")])
def test_a_kubeconfig_that_is_a_folder_is_an_error_that_says_so(action, tmp_path, beside):
    (tmp_path / "files/folder").mkdir(parents=True)
    secret = [("default", VaultSecret(b"made-up"))]
    (tmp_path / "files/vaulted").write_bytes(VaultLib(secret).encrypt("{}", secret=secret[0][1]))
    made = action("export_registry_info", host=None, api_key=None, kubeconfig=f"folder{beside}")
    made._loader.set_vault_secrets(secret)
    result = made.run(task_vars={})
    assert result["failed"]
    assert "folder" in result["msg"]
    assert "Traceback" not in str(result)


@pytest.mark.parametrize("variable", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG"])
def test_a_kubeconfig_in_the_environment_of_the_task_is_used_in_the_worker(action, api, tmp_path, variable):
    config = {
        "clusters": [{"name": "one", "cluster": {"server": api.url}}],
        "users": [{"name": "one", "user": {"token": "fr0m-task"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "current-context": "one",
    }
    (tmp_path / "config").write_text(json.dumps(config))
    keywords = {"environment": [{variable: str(tmp_path / "config")}]}
    made = action("export_registry_info", host=None, api_key=None, keywords=keywords)
    assert "failed" not in made.run(task_vars={})
    assert made.executed == []
    assert {headers["authorization"] for headers in api.headers} == {"Bearer fr0m-task"}

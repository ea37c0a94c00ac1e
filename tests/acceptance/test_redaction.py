# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No password, token or key that came from a variable is printed, logged or left behind, whatever happens.

Two settings are not among the cases, because Ansible itself shows what a module is told with them:
`ANSIBLE_KEEP_REMOTE_FILES=1` keeps the file that brings a module its arguments, and `ANSIBLE_DEBUG=1` prints them. The
worker needs no such file and no module, so there nothing shows even then.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.canary import Canary
from tests.acceptance.gossip import ECHOES, STORED, answer, registry, stored
from tests.acceptance.kube import Secrets
from tests.acceptance.plays import Play, Run
from tests.acceptance.redaction_tasks import Task, failing, one, roles, succeeding, wrong_options
from tests.faults import Proxy

LOUD = ("-vvvvv", "--diff")
LIBRARY = {"ANSIBLE_LIBRARY": str(Path(__file__).with_name("library"))}
KEY = builders.PRIVATE_KEY.decode()


# ------------------------------------------------------------------------------------------- what is looked for, where


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def token(name: str) -> Canary:
    word = token_hex(16)
    return Canary(name, word, word)


PASSWORD, OTHER = Canary("password"), Canary("other password")
API_KEY, TOKEN, PROXY_PASSWORD = token("api_key"), token("token in kubeconfig"), token("password of the proxy")
_MARK = token_hex(16)
#: OpenSSL passes over what stands before a key.
MARKED_KEY = Canary("client key", f"{_MARK}\n{KEY}", _MARK)
REAL_KEY = Canary("client key itself", KEY, KEY.splitlines()[1][:40])
EVERYTHING = (PASSWORD, OTHER, STORED, API_KEY, TOKEN, PROXY_PASSWORD, MARKED_KEY, REAL_KEY)


def channels(play: Play, *runs: Run) -> dict[str, bytes]:
    """Return everything that people and programs can read of these runs."""
    texts = {}
    for number, run in enumerate(runs):
        for name in ("stdout", "stderr", "log", "syslog"):
            texts[f"{name} {number}"] = getattr(run, name).encode()
        for line in run.results:
            result = dict(line["result"])
            texts[f"invocation of {line['task']!r}"] = json.dumps(result.pop("invocation", None)).encode()
            texts[f"result of {line['task']!r}"] = json.dumps(result).encode()
            texts[f"arguments of {line['task']!r}"] = json.dumps(line["args"]).encode()
    return {**texts, **{f"file {file.relative_to(play.leavings)}": data for file, data in play.left()}}


def leaks(texts: dict[str, bytes], *canaries: Canary) -> list[str]:
    """Return what is found, and where."""
    return [
        f"{channel}: {canary.name}, {form}"
        for channel, data in texts.items()
        for canary in canaries
        for form in canary.found_in(data)
    ]


def check(texts: dict[str, bytes]) -> None:
    found = leaks(texts, *EVERYTHING)
    assert not found, "\n".join(found)


# ------------------------------------------------------------------------------------------------- how all of it is run


@pytest.fixture
def gossip(tmp_path: Path) -> Iterator[str]:
    with registry(tmp_path) as host:
        yield host


@pytest.fixture
def given(proxy: Proxy, tmp_path: Path, gossip: str, secrets: Secrets) -> dict[str, Any]:
    """The variables of all plays, among them every canary, and what stands in the namespace before."""
    secrets.create(
        builders.secret("foreign", {"key": STORED.value.encode()}),
        builders.certificate_secret("gossip-ca", (tmp_path / "registry.crt").read_text()),
        builders.destination_secret(
            "gossip-by-hand",
            config=builders.docker_config(gossip, "robot", STORED.value),
            data={"certs": encoded("gossip-ca")},
        ),
        *(stored(name) for name in ("stored", "quoted", *(f"stored-{name}" for name in ECHOES))),
    )
    proxy.fault = answer

    server = {"server": proxy.connection["host"], "certificate-authority-data": encoded(proxy.ca_cert.read_text())}
    user = {
        "token": TOKEN.value,
        "client-certificate-data": encoded(builders.authority("somebody")),
        "client-key-data": encoded(MARKED_KEY.value),
    }
    return {
        "password": PASSWORD.value,
        "other": OTHER.value,
        "token": API_KEY.value,
        "key": MARKED_KEY.value,
        "proxy_password": PROXY_PASSWORD.value,
        "registry_ca": (tmp_path / "registry.crt").read_text(),
        "export_registries_namespace": secrets.namespace,
        "kubeconfig": {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        },
    }


@pytest.fixture
def run(play: Play, proxy: Proxy, secrets: Secrets, given: dict[str, Any]) -> Callable[..., Run]:
    """Run tasks through the proxy, in the worker or as modules, with everything that Ansible can tell."""

    def run_tasks(tasks: list[Task], front: str, *arguments: str, **environment: str) -> Run:
        connection = {**proxy.connection, "api_key": "{{ token }}", "namespace": secrets.namespace, "timeout": 5}
        defaults = {"group/epinio.registries.all": connection}
        asked = {"module_defaults": defaults, "environment": {"PYTHONUNBUFFERED": "1"} if front == "module" else {}}
        return play(
            *tasks,
            variables=given,
            arguments=(*LOUD, *arguments),
            play=asked,
            environment={**LIBRARY, "ANSIBLE_INJECT_INVOCATION": "1", **environment},
            code=None,
            syslog=True,
        )

    return run_tasks


def as_tasks(tasks: dict[str, Task], **more: Any) -> list[Task]:
    """Return tasks of a play, each with the registered result shown as users do when they look for a mistake."""
    made = []
    for name, task in tasks.items():
        [(module, options)] = task.items()
        options = {key: "{{ omit }}" if value is None else value for key, value in options.items()}
        made.append({"name": name, f"epinio.registries.{module}": options, "register": "result", **more})
        made.append({"name": f"result of {name}", "ansible.builtin.debug": {"var": "result"}})
    return made


#: A process for each takes its time: these stand for the others, unless everything is asked for.
AS_MODULE = (
    *("create", "change", "one", "certificate", "check", "kubeconfig"),
    *("bad options", "password in a dict", "wrong choice", "unfinished kubeconfig"),
    *("echo of the list", "unauthorized", "unreachable proxy with headers", "denied by the registry"),
)


def chosen(tasks: dict[str, Task], front: str, full: bool) -> dict[str, Task]:
    return {name: task for name, task in tasks.items() if full or front == "worker" or name in AS_MODULE}


@pytest.mark.parametrize("front", ["worker", "module"])
def test_success_tells_nothing(run: Any, play: Play, gossip: str, full: bool, front: str) -> None:
    tasks = chosen(succeeding(gossip), front, full)
    checked = {f"{name}, check mode": task for name, task in chosen({"create": tasks["create"]}, front, full).items()}
    ran = run([*as_tasks(checked, check_mode=True), *as_tasks(tasks)], front)
    assert ran.code == 0, ran.stdout[-5000:] + ran.stderr
    assert all(ran.result(name)["changed"] for name in (*checked, "create", "change", "one"))
    assert ("AnsiballZ_export_registries.py" in ran.stdout) == (front == "module")
    check(channels(play, ran))


def test_check_mode_tells_nothing(run: Any, play: Play, gossip: str, full: bool) -> None:
    tasks = {**succeeding(gossip), **chosen(failing(gossip), "module", full)}
    ran = run(as_tasks(tasks, ignore_errors=True), "worker", "--check")
    assert ran.code == 0, ran.stdout[-5000:] + ran.stderr
    check(channels(play, ran))


@pytest.mark.parametrize("front", ["worker", "module"])
@pytest.mark.parametrize(
    "kind", [pytest.param(wrong_options, id="wrong options"), pytest.param(failing, id="failing tasks")]
)
def test_failure_tells_nothing(run: Any, play: Play, gossip: str, full: bool, front: str, kind: Any) -> None:
    tasks = chosen(kind(gossip), front, full)
    ran = run(as_tasks(tasks, ignore_errors=True), front)
    assert ran.code == 0, ran.stdout[-5000:] + ran.stderr
    outcomes = {line["task"]: line["outcome"] for line in ran.results}
    assert [name for name in tasks if outcomes[name] != "failed"] == []
    check(channels(play, ran))


def test_a_role_tells_nothing(run: Any, play: Play) -> None:
    rescue = {"name": "failed", "ansible.builtin.debug": {"var": "ansible_failed_result"}}
    tasks = [{"block": [task], "rescue": [rescue]} for task in roles()["fail"]]
    ran = run([*roles()["succeed"], *tasks], "worker")
    assert ran.code == 0, ran.stdout[-5000:] + ran.stderr
    assert sum(line["task"] == "failed" for line in ran.results) == len(tasks), ran.stdout[-5000:]
    check(channels(play, ran))


@pytest.mark.parametrize("front", ["worker", "module"])
def test_arguments_tell_nothing_and_survive_a_second_try(run: Any, play: Play, secrets: Secrets, front: str) -> None:
    """Nor to a callback that shows them, to a rescue, or where C(until) or a loop run a task again."""
    write = "epinio.registries.export_registry"
    twice = {"register": "result", "until": "result.attempts > 1", "retries": 2, "delay": 0}
    shown = {"name": "shown", "ansible.builtin.debug": {"var": "ansible_failed_task.args"}}
    fails = [{"name": name, write: one("Bad"), "ignore_errors": name == "ignored"} for name in ("ignored", "rescued")]
    tasks = [
        {"name": "until", write: one("until"), **twice},
        {"name": "loop", write: one("{{ item }}"), "loop": ["loop-1", "loop-2"], **twice},
        {"block": fails, "rescue": [shown]},
    ]
    ran = run(tasks, front, ANSIBLE_DISPLAY_ARGS_TO_STDOUT="1", ANSIBLE_STRATEGY="free")
    assert ran.code == 0, ran.stdout[-5000:] + ran.stderr
    assert ran.result("until")["changed"] is False, "the second try writes the same"
    assert sum(line["task"] == "shown" for line in ran.results) == 1
    check(channels(play, ran))
    written = {name: raw for name, raw in secrets.all().items() if name.startswith(("until", "loop-"))}
    assert {builders.stored(raw)[2] for raw in written.values()} == {PASSWORD.value}
    assert len(written) == 3


def test_debugging_tells_nothing(run: Any, play: Play, gossip: str) -> None:
    """In the worker only: of a task that asks for a process, Ansible itself prints every argument then."""
    names = ("create", "change", "kubeconfig", "bad options", "echo of the list", "denied by the registry")
    tasks = {**succeeding(gossip), **wrong_options(gossip), **failing(gossip)}
    ran = run(as_tasks({name: tasks[name] for name in names}, ignore_errors=True), "worker", ANSIBLE_DEBUG="1")
    assert "worker is 1 (out of 1 available)" in ran.stdout, "there is debug output"
    check(channels(play, ran))


# ------------------------------------------------------------------------------------- what is looked for can be found


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(str, id="plain"),
        pytest.param(str.upper, id="upper case"),
        pytest.param(json.dumps, id="JSON"),
        pytest.param(repr, id="Python"),
        pytest.param(quote, id="a path"),
        pytest.param(quote_plus, id="a query"),
        pytest.param(lambda text: json.dumps(json.dumps({"a": text})), id="JSON within JSON"),
        *(
            pytest.param(lambda text, name=name: builders.auth(name, text), id=f"auth with {name} before")
            for name in ("a", "ab", "abc")
        ),
        pytest.param(lambda text: json.dumps(builders.docker_config("host", "user", text)), id="a docker config"),
        pytest.param(lambda text: encoded(json.dumps(builders.docker_config("host", "user", text))), id="base64 of it"),
        *(
            pytest.param(
                lambda text, name=name: encoded("some" + builders.auth(name, text))[3:-3],
                id=f"part of the base64 of auth with {name} before",
            )
            for name in ("a", "ab", "abc")
        ),
    ],
)
def test_a_canary_is_found_in_every_form(leak: Callable[[str], str]) -> None:
    assert PASSWORD.found_in(f"It is {leak(PASSWORD.value)}.".encode())
    assert not PASSWORD.found_in(f"It is {leak(OTHER.value)}.".encode())


def test_a_canary_is_found_in_every_channel(run: Any, play: Play) -> None:
    """A module that leaks on purpose is noticed wherever the others are searched."""
    for front in ("worker", "module"):
        ran = run([{"name": "leak", "leaky": {"word": "{{ password }}"}, "register": "result"}], front)
    found = {channel for channel, data in channels(play, ran).items() if PASSWORD.found_in(data)}
    files = {channel for channel in found if channel.startswith("file tmp/")}
    of_the_task = {f"{what} of 'leak'" for what in ("arguments", "invocation", "result")}
    assert found - files == {"stdout 0", "stderr 0", "log 0", "syslog 0", *of_the_task}
    assert len(files) == 2, "one of each run"

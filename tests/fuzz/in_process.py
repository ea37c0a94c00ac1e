# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fronts and the engine on an API server without a socket, which holds or answers what a test wants."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import urllib3
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.epinio.registries.plugins.module_utils._cluster import api, transport
from ansible_collections.epinio.registries.plugins.module_utils._proof import proof
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine as _engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils._action import ActionModule
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer

from tests.fuzz.oracle import TOKEN, assert_documented, assert_no_secret

__all__ = ["Ended", "Said", "connection", "engine", "front", "server"]

#: What an API server says to a request: (method, path) -> status, headers, body.
Said = Callable[[str, str], tuple[int, Mapping[str, str], bytes]]

_SERVER = ApiServer()  # never started


@contextlib.contextmanager
def server(secrets: Iterable[Mapping[str, Any]] = (), said: Said | None = None) -> Iterator[ApiServer]:
    """Let every connection lead to a server that holds these secrets, or says what it is told to say."""
    _SERVER.secrets = {}
    for raw in secrets:
        _SERVER.store(raw)

    def request(
        method: str, url: str, *, body: bytes | None, headers: Any, timeout: urllib3.Timeout, **options: Any
    ) -> urllib3.HTTPResponse:
        assert options == {"retries": False, "redirect": False, "preload_content": False}
        assert timeout.total > 0
        if said is not None:
            status, answered, data = said(method, url)
        else:
            status, answer = _SERVER.answer(method, url, headers, json.loads(body) if body else None)
            answered, data = {}, json.dumps(answer).encode()
        return urllib3.HTTPResponse(io.BytesIO(data), answered, status, preload_content=False)

    pool = SimpleNamespace(request=request, clear=lambda: None)
    with (
        mock.patch.object(transport, "opened", return_value=pool),
        mock.patch.object(api.time, "sleep"),
        mock.patch.object(proof, "check", _checked),
    ):
        yield _SERVER


def _checked(attempts: Sequence[proof.Attempt], **_options: Any) -> list[dict[str, Any]]:
    """Ask no registry."""
    assert_no_secret(attempts)
    return [{"name": attempt.name, "verdict": "ok", "legs": {}, "duration": 0.0} for attempt in attempts]


def connection(**options: Any) -> dict[str, Any]:
    """Return the options that lead to the server."""
    return {"host": "http://127.0.0.1", "api_key": TOKEN.value, "namespace": "epinio", "timeout": 5.0, **options}


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a run ended, as it is shown."""

    failed: bool
    message: str
    warnings: Sequence[str]
    result: Mapping[str, Any]


def _seen(ended: Ended) -> Ended:
    """Check what holds of every run: no secret, only documented problems, and JSON that Ansible can take."""
    shown = dataclasses.astuple(ended)
    assert_no_secret(*shown)
    assert json.loads(json.dumps(shown)) is not None
    assert all(isinstance(warning, str) for warning in ended.warnings)
    assert ended.message or not ended.failed
    problems = ended.result.get("problems", ())
    destinations = ended.result.get("destinations", ())
    assert_documented([*problems, *(problem for one in destinations for problem in one.get("problems", ()))])
    return ended


def engine(name: str, params: Mapping[str, Any], *, check_mode: bool = False, diff: bool = True) -> Ended:
    """Run the engine with validated parameters."""
    try:
        outcome = _engine.run(name, params, check_mode=check_mode, diff=diff)
    except Failure as failure:
        return _seen(Ended(True, str(failure), failure.warnings, failure.result))
    return _seen(Ended(False, "", outcome.warnings, outcome.result))


def _action_of(name: str, *, check_mode: bool) -> ActionModule:
    loader, context = DataLoader(), PlayContext()
    loader.set_basedir(str(Path(__file__).parent))
    keywords = {"action": {"module": f"epinio.registries.{name}"}, "check_mode": check_mode, "diff": True}
    return ActionModule(
        Task.load(keywords, loader=loader),
        connection_loader.get("local", context, None),
        context,
        loader,
        Templar(loader=loader),
        None,
    )


def front(name: str, args: Mapping[str, Any], *, check_mode: bool = False) -> Ended:
    """Run the action plugin in this process with the arguments of a task, which come back as with -vvv."""
    action = _action_of(name, check_mode=check_mode)
    action._task.args = dict(args)
    with mock.patch.object(type(action._display), "verbosity", 3, create=True):
        result = action.run(task_vars={"ansible_inject_invocation": True})
    return _seen(Ended(result.get("failed", False), result.get("msg", ""), result.get("warnings", ()), result))

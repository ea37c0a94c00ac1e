# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin that writes a file on the controller: it has no module that runs elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.epinio.registries.plugins.module_utils._cluster import libraries
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure, refused
from ansible_collections.epinio.registries.plugins.plugin_utils import _action, _list_file


class ActionModule(_action.ActionModule):
    """Reads the cluster in Ansible's worker, and writes the file there."""

    _supports_async = False

    def _asks_for_a_process(self, environment: Iterable[str]) -> bool:  # noqa: ARG002
        return False

    def _run_module(self, args: dict[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        if self._connection.transport == "local":
            raise AnsibleActionFail(str(libraries.missing()))
        raise AnsibleActionFail(
            f"{self._name} writes on the machine that runs Ansible, which has its vault passwords, and not with "
            f"connection: {self._connection.transport}. Give the task connection: local, or delegate_to: localhost."
        )

    def _run_here(self, args: dict[str, Any], with_invocation: bool) -> dict[str, Any]:
        params, invocation = self._validated(args, with_invocation)
        try:
            result = self._written(params)
        except Failure as failure:
            more = {**_action.warnings(failure.warnings), **failure.result}
            return {**invocation, "failed": True, "msg": str(failure), **more}
        except OSError as error:
            raise AnsibleActionFail(f"{params['dest']} cannot be written: {error.strerror or error}.") from None
        return {**invocation, **result}

    def _written(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Compare the file with the cluster, and write it where they differ. Raises Failure and OSError."""
        file = Path(os.path.realpath(self._loader.path_dwim(params["dest"])))
        there = file.read_bytes() if file.exists() else None
        with_vault = params["passwords"] == "vault"
        mode, vault, before = _each(
            lambda: _mode(params["mode"]),
            lambda: _list_file.Vault(self._loader._vault.secrets or (), params["vault_id"]) if with_vault else None,
            lambda: () if there is None else _list_file.read(there, str(file)),
        )
        exported = engine.export(params)
        result: dict[str, Any] = {"dest": str(file), **exported.facts}
        if vault is None:
            items, result["variables"] = _list_file.with_placeholders(exported.items)
        else:
            [items] = _each(lambda: _list_file.with_vault(exported.items, before, vault, str(file)))
        differs = there is None or not _list_file.same(before, items)
        edited = _list_file.warning(there, before, str(file)) if differs and there is not None else ()
        result["changed"] = differs or file.stat().st_mode & 0o7777 != mode
        if self._task.diff:
            result["diff"] = {
                "before_header": str(file),
                "after_header": str(file),
                "before": "" if there is None else _list_file.shown(before),
                "after": _list_file.shown(items, beside=before),
            }
        if result["changed"] and not self._task.check_mode:
            if differs:
                if params["backup"] and there is not None:
                    result["backup_file"] = _backed_up(file)
                _write(file, _list_file.text(items).encode())
            file.chmod(mode)
        return {**result, **_action.warnings([*exported.warnings, *edited])}


def _each(*steps: Callable[[], Any]) -> list[Any]:
    """Take each step, and return what they gave; Failure with all that refused to."""
    given, problems = [], []
    for step in steps:
        try:
            given.append(step())
        except _list_file.Refused as refusal:
            problems.append(refusal.problem)
    if problems:
        raise refused(problems, ())
    return given


def _mode(given: Any) -> int:
    """Return the mode of the file. Raises Refused where its owner could not read and write it."""
    try:
        mode = int(given, 8) if isinstance(given, str) else int(given)
    except (TypeError, ValueError):
        mode = 0
    if not 0o600 <= mode <= 0o777 or mode & 0o600 != 0o600:
        raise _list_file.Refused("mode_invalid", "mode")
    return mode


def _backed_up(file: Path) -> str:
    """Keep the file as it is under another name, as C(backup) of other modules does."""
    copy = f"{file}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S~')}"
    shutil.copy2(file, copy)
    return copy


def _write(file: Path, content: bytes) -> None:
    """Put a whole file in its place, or nothing; meanwhile nobody else can read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

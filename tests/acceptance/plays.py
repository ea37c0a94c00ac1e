# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs of ansible-playbook, and everything that they leave behind."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance import syslog_catcher

__all__ = ["Play", "Run"]

SECONDS = 300  # a run that takes longer hangs
CALLBACKS = Path(__file__).with_name("callback")
INVENTORY = "localhost ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'\n"


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run wrote. `results`: every result as callbacks see it, with the name of its task."""

    code: int
    stdout: str = dataclasses.field(repr=False)
    stderr: str = dataclasses.field(repr=False)
    log: str = dataclasses.field(repr=False)
    syslog: str = dataclasses.field(repr=False)
    results: Sequence[Mapping[str, Any]] = dataclasses.field(repr=False)

    def result(self, task: str) -> Any:
        """Return the only result of a task."""
        [found] = [line["result"] for line in self.results if line["task"] == task]
        return found


class Play:
    """Runs playbooks with a home and temporary folders of their own below `leavings`; inputs are elsewhere."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.inputs = folder / "inputs"
        self.outputs = folder / "outputs"
        self.leavings = folder / "leavings"
        self._environment = environment
        for made in (self.inputs, self.outputs, self.leavings):
            made.mkdir(parents=True)

    def __call__(
        self,
        *tasks: Mapping[str, Any],
        variables: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        play: Mapping[str, Any] | None = None,
        code: int | None = 0,
        syslog: bool = False,
        started: Callable[[int], None] = lambda _process: None,
    ) -> Run:
        """Run these tasks on localhost; `code` is the exit code that is asked for, None is any.

        `started` is given the process as soon as there is one.
        """
        number = len(list(self.inputs.glob("*.playbook.yml")))
        playbook, values = (self.inputs / f"{number}.{name}.yml" for name in ("playbook", "variables"))
        inventory = self.inputs / "inventory"
        inventory.write_text(INVENTORY)
        whole = {"hosts": "localhost", "gather_facts": False, **(play or {}), "tasks": tasks}
        playbook.write_text(json.dumps([whole], indent=1))
        values.write_text(json.dumps(variables or {}))
        log, results, caught = (self.outputs / f"{number}.{name}" for name in ("log", "results", "syslog"))
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(inventory), "-e", f"@{values}", *arguments, str(playbook)),
        ]
        places = {name: str(self.leavings / name) for name in ("home", "tmp", "local", "remote", "facts")}
        for place in ("home", "tmp"):
            Path(places[place]).mkdir(exist_ok=True)
        process = subprocess.Popen(
            syslog_catcher.command(caught, command) if syslog else command,
            env={
                **{name: value for name, value in self._environment.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
                "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                "ANSIBLE_CALLBACKS_ENABLED": "every_result",
                "EVERY_RESULT": str(results),
                "ANSIBLE_LOG_PATH": str(log),
                "ANSIBLE_LOCAL_TEMP": places["local"],
                "ANSIBLE_REMOTE_TEMP": places["remote"],
                "ANSIBLE_HOME": places["home"],
                "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": places["facts"],
                "ANSIBLE_RETRY_FILES_ENABLED": "true",
                "HOME": places["home"],
                "TMPDIR": places["tmp"],
                **(environment or {}),
            },
            cwd=self.leavings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started(process.pid)
        try:
            stdout, stderr = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert code in (None, process.returncode), stdout + stderr
        lines = results.read_text().splitlines() if results.exists() else ()
        return Run(
            process.returncode,
            stdout,
            stderr,
            log.read_text(),
            caught.read_text(errors="replace") if syslog else "",
            [json.loads(line) for line in lines],
        )

    def left(self) -> Iterator[tuple[Path, bytes]]:
        """Yield every file that the runs left behind, with its content."""
        for file in self.leavings.rglob("*"):
            if file.is_file():
                yield file, file.read_bytes()

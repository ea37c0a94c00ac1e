# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller front: runs the engine in the worker that Ansible has forked anyway, or executes the module.

Ansible loads this file in its main process, before it forks: what is imported at the top is paid once for all hosts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.vault import is_encrypted_file
from ansible.plugins.action import ActionBase
from ansible_collections.epinio.registries.plugins.module_utils._cluster import kubeconfig, libraries
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._invocation import redacted
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._options import CONNECTION, OPTIONS, Options
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils._values import plain

#: Where a task keeps what it was given.
_GIVEN = "_epinio_registries_given"
#: Variables that only a new process reads: Python, the dynamic linker and OpenSSL read them when they start.
_READ_AT_THE_START = ("PYTHON", "LD_", "OPENSSL_")


class ActionModule(ActionBase):  # type: ignore[misc]
    """One class for every module of the collection; the task says which."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the engine here, or the module where the task asks for another process."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        local = self._connection.transport == "local"
        arguments = given(self._task)
        try:
            if libraries.COLLECTION_MISSING:  # a module would take it from here: other interpreters have no other one
                raise AnsibleActionFail(str(libraries.missing()))
            engine.check_shape(self._name, arguments, self._options.own, foreign=CONNECTION)
            args = self._with_kubeconfig(arguments, local=local)
            environment = self._environment() if local else {}
            if local and not self._asks_for_a_process(environment) and libraries.IMPORT_ERROR is None:
                with libraries.uncollected(), _added(environment):
                    result.update(self._run_here(args, self._shows_invocation(task_vars)))
            else:
                result.update(self._run_module(args, task_vars))
        except AnsibleActionFail as failure:  # what is raised goes past failed_when and until
            result.update(failed=True, msg=str(failure))
        except Failure as failure:
            result.update(failed=True, msg=str(failure), **failure.result)
        finally:
            # The task goes back to the main process, and from there to callbacks and rescues.
            self._task.args = redacted(arguments, self._options.argument_spec)
        return result

    @property
    def _name(self) -> str:
        return str(self._task.action.rpartition(".")[2])

    @property
    def _options(self) -> Options:
        return OPTIONS[self._name]

    def _environment(self) -> dict[str, str]:
        """Return the task's environment, with that of its blocks and its play."""
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        return {str(name): str(value) for name, value in environment.items()}

    def _asks_for_a_process(self, environment: Iterable[str]) -> bool:
        return bool(
            self._task.async_val
            or self._connection.become
            or any(name.startswith(_READ_AT_THE_START) for name in environment)
        )

    def _run_module(self, args: dict[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        in_background = bool(self._task.async_val) and not self._connection.has_native_async
        result: dict[str, Any] = self._execute_module(
            module_name=self._task.action, module_args=dict(args), task_vars=task_vars, wrap_async=in_background
        )
        if not in_background:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _shows_invocation(self, task_vars: Mapping[str, Any] | None) -> bool:
        """Say whether modules return their arguments; before ansible-core 2.21 always, but only -vvv shows them."""
        if constants.config.get_configuration_definition("INJECT_INVOCATION"):
            return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
        return bool(self._display.verbosity >= 3)

    def _run_here(self, args: dict[str, Any], with_invocation: bool) -> dict[str, Any]:
        params, invocation = self._validated(args, with_invocation)
        try:
            outcome = engine.run(self._name, params, check_mode=self._task.check_mode, diff=self._task.diff)
        except Failure as failure:
            return {**invocation, "failed": True, "msg": str(failure), **warnings(failure.warnings), **failure.result}
        return {**invocation, **warnings(outcome.warnings), **outcome.result}

    def _validated(self, args: dict[str, Any], with_invocation: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the arguments as a module would have them, and what the result shows of them."""
        options = self._options
        spec = options.argument_spec
        valid = ArgumentSpecValidator(spec, mutually_exclusive=options.mutually_exclusive).validate(args)
        if valid.error_messages:
            # They quote values; the same value may stand in an option that is secret.
            raise AnsibleActionFail(Mask(valid._no_log_values)("; ".join(valid.error_messages)))
        params = valid.validated_parameters
        return params, {"invocation": {"module_args": redacted(params, spec)}} if with_invocation else {}

    def _with_kubeconfig(self, args: dict[str, Any], *, local: bool) -> dict[str, Any]:
        """Return the arguments with kubeconfig found among the play's files, as kubernetes.core finds it.

        What is encrypted is decrypted here, and goes on as a mapping: no disk holds it, and its paths hold.
        """
        path = args.get("kubeconfig")
        if not local or not path or not isinstance(path, str) or kubeconfig.is_text(path):
            return args
        try:
            found = [self._find_needle("files", part) for part in path.split(os.pathsep)]
            if not any(map(_is_encrypted, found)):
                return {**args, "kubeconfig": os.pathsep.join(found)}
            files = [(bytes(self._loader._get_file_contents(file)[0]), Path(file)) for file in found]
            return {**args, "kubeconfig": kubeconfig.merged(files, "kubeconfig", Mask())}
        except (AnsibleError, ClusterError) as error:
            raise AnsibleActionFail(str(error)) from error


def given(task: Any) -> dict[str, Any]:
    """Return the arguments of a task as plain Python. It keeps them: C(until) makes an action for each try."""
    if not hasattr(task, _GIVEN):
        setattr(task, _GIVEN, plain(task.args))
    arguments: dict[str, Any] = getattr(task, _GIVEN)
    return arguments


def _is_encrypted(file: str) -> bool:
    try:
        with Path(file).open("rb") as opened:
            return bool(is_encrypted_file(opened))
    except OSError:  # a folder, or a file that may not be read: whoever needs it says so
        return False


@contextmanager
def _added(environment: Mapping[str, str]) -> Iterator[None]:
    """Let what runs here see these variables, as a module would; the worker's own are back afterwards."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def warnings(warnings: Any) -> dict[str, Any]:
    """Return what a result has of warnings: nothing where there are none."""
    return {"warnings": list(warnings)} if warnings else {}

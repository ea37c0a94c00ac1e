# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module in this process, as AnsiballZ would in its own."""

from __future__ import annotations

import contextlib
import importlib
import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.16

    @contextlib.contextmanager
    def patch_module_args(args):
        """Give a module its arguments."""
        before, basic._ANSIBLE_ARGS = basic._ANSIBLE_ARGS, json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before


# Before 2.21 a module always returns its invocation.
INTERNAL = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}


def run(module_name, capfd, **args):
    """Return the result of a module."""
    module = importlib.import_module(f"ansible_collections.epinio.registries.plugins.modules.{module_name}")
    with patch_module_args({**INTERNAL, **args}), pytest.raises(SystemExit):
        module.main()
    return json.loads(capfd.readouterr().out)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._options import OPTIONS


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_option_that_sounds_secret_has_a_decision(name):
    def walk(spec):
        for key, option in spec.items():
            yield key, option
            yield from walk(option.get("options", {}))

    for key, option in walk(OPTIONS[name].argument_spec):
        if re.search("password|token|secret|certificate$|key$", key) and key not in ("client_key", "password"):
            assert "no_log" in option, key

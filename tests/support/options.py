# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the options of destinations."""

from __future__ import annotations

from ansible_collections.epinio.registries.plugins.module_utils._desired import destination


def problems(*items):
    """Return what is wrong with these items, and where."""
    found = destination.parse_destinations(list(items), many=True).problems
    return [(problem.code, problem.index, problem.name, problem.option) for problem in found]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

from ansible_collections.epinio.registries.plugins.module_utils import _moments


def test_an_early_year_has_four_digits():
    """A certificate may say so, and a report would not read it back otherwise."""
    assert _moments.written(datetime.datetime(1, 2, 3, tzinfo=datetime.timezone.utc)) == "0001-02-03T00:00:00Z"

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much generated input a run of the unit tests tries."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a busy machine is no defect. HYPOTHESIS_PROFILE=sample is for runs that only repeat on other versions.
settings.register_profile("full", deadline=None)
settings.register_profile("sample", deadline=None, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "full"))

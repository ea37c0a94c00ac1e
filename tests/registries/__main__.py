# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tests.registries` makes the programs of the rig ready, as far as that can be done here."""

from __future__ import annotations

import os
import sys

from tests.go_builds import Unavailable, say

from . import programs

if __name__ == "__main__":
    try:
        programs.install()
    except Unavailable as error:
        if os.environ.get("CI"):
            sys.exit(str(error))
        say(f"{error}; tests that need it will be skipped")

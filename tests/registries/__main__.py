# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tests.registries` makes the programs of the rig ready: `prepare` for `make`."""

from __future__ import annotations

import sys

from tests.go_builds import Unavailable

from . import programs

if __name__ == "__main__":
    try:
        programs.install()
    except Unavailable as error:
        sys.exit(str(error))

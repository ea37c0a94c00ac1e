# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m tests.gitops prepare: build what is missing, as far as that can be done here."""

from __future__ import annotations

import os
import sys

from tests.go_builds import Unavailable, say

from .programs import prepare


def main() -> None:
    """Exit with an error where something cannot be had and CI is set."""
    if sys.argv[1:] != ["prepare"]:
        sys.exit(__doc__)
    try:
        prepare()
    except Unavailable as error:
        if os.environ.get("CI"):
            sys.exit(str(error))
        say(f"{error}; tests that need it will be skipped")


if __name__ == "__main__":
    main()

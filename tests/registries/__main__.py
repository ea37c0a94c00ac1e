# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the programs of the rig ready, or run a command beside a real registry.

python -m tests.registries prepare              install and build what is missing, as far as that can be done here
python -m tests.registries run -- COMMAND…      run COMMAND, and return its exit code
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.go_builds import Unavailable, say

from . import programs


def main() -> int:
    """Return the command's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.registries", description=__doc__.partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("prepare", help="install and build what is missing")
    run = actions.add_parser("run", help="run a command beside a registry, and return its exit code")
    run.add_argument("--variables", type=Path, metavar="FILE", help="add the registry's Ansible variables to this file")
    run.add_argument("command", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.action == "prepare":
            programs.install()
            return 0
        return _run(options.command, options.variables)
    except Unavailable as error:
        if os.environ.get("CI") or options.action == "run":
            sys.exit(str(error))
        say(f"{error}; tests that need it will be skipped")
        return 0


def _run(command: list[str], variables: Path | None) -> int:
    from .rig import Rig

    with tempfile.TemporaryDirectory(prefix="epinio-registries-") as scratch:
        rig = Rig(Path(scratch))
        try:
            # It logs in at a token service; `pusher` may push to `team`, `reader` may only pull.
            place = rig.place(f"token-{programs.at_hand()}")
            authority = Path(scratch) / "authority.pem"
            authority.write_bytes(rig.root.pem)
            known = {"epinio_registry": place.registry.address, "epinio_registry_ca": rig.root.pem.decode()}
            if variables:
                variables.write_text(json.dumps({**json.loads(variables.read_text()), **known}))
            environment = {"EPINIO_TEST_REGISTRY": place.registry.address, "EPINIO_TEST_REGISTRY_CA": str(authority)}
            return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
        finally:
            rig.close()


if __name__ == "__main__":
    sys.exit(main())

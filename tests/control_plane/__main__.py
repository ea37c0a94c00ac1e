# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command with an API server for its lifetime.

python -m tests.control_plane prepare           build what `run` needs, where that is needed
python -m tests.control_plane run -- COMMAND…   run COMMAND, and return its exit code
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

from ._cluster import Unavailable, open_cluster, prepare


def main() -> int:
    """Return the command's exit code; 70 where there is no API server to run it with."""
    parser = argparse.ArgumentParser(prog="python -m tests.control_plane", description=__doc__.partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("prepare", help="build what `run` needs, where that is needed")
    run = actions.add_parser("run", help="run a command with an API server, and return its exit code")
    run.add_argument("--variables", type=Path, metavar="FILE", help="write the cluster's Ansible variables there first")
    run.add_argument("command", nargs="+")
    options = parser.parse_args()
    # A termination must pass through the `with` blocks, so that the server stops and its state goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.action == "prepare":
            print(f"control plane: {prepare()}")
            return 0
        with open_cluster() as cluster:
            if options.variables:
                options.variables.write_text(json.dumps(cluster.variables))
            return _run(options.command, cluster.environment)
    except Unavailable as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 70


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, env=environment) as process:
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())

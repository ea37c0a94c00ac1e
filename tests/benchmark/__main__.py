# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..control_plane import Cluster, Unavailable, open_cluster
from . import fleet, one
from .latency import far
from .measure import Failed

BUILD = Path(__file__).parents[2] / "build"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark")
    parser.add_argument("what", choices=["one", "fleet"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="destinations of one cluster")
    parser.add_argument("--slow", action="store_true", help="also ways at sizes where each run takes minutes")
    parser.add_argument("--hosts", type=int, default=50, help="clusters of the fleet")
    parser.add_argument("--forks", type=int, nargs="+", default=[5, 20], help="hosts of the fleet at a time")
    parser.add_argument("--ways", type=re.compile, default="", help="regular expression for the ways beside ours")
    parser.add_argument("--round-trip", type=float, default=0, metavar="MS", help="distance of the cluster; default 0")
    parser.add_argument("--output", type=Path, default=BUILD, help="folder of the tables")
    options = parser.parse_args()
    try:
        with contextlib.ExitStack() as stack:
            cluster = stack.enter_context(open_cluster())
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            seen = stack.enter_context(_at_a_distance(cluster, options.round_trip / 1000, scratch))
            environment = {**seen.environment, "ANSIBLE_NOCOLOR": "1"}
            # Otherwise Python compiles what it imports in every run, which no user's machine does.
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            place = (cluster, environment, scratch)
            amount = {"ways": options.ways, "rounds": options.rounds}
            if options.what == "one":
                results = one.measure(*place, sizes=options.sizes, slow=options.slow, **amount)
            else:
                results = fleet.measure(*place, hosts=options.hosts, forks=options.forks, **amount)
    except (Failed, Unavailable) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    distance = f"-{options.round_trip:g}ms" if options.round_trip else ""
    results.write(options.output, f"benchmark-{options.what}{distance}")
    print(results.markdown())
    return 0


@contextlib.contextmanager
def _at_a_distance(cluster: Cluster, round_trip: float, folder: Path) -> Iterator[Cluster]:
    """Give the same cluster, ``round_trip`` seconds away for whoever uses its kubeconfig; 0 for where it is."""
    if not round_trip:
        yield cluster
        return
    with far(cluster.url, round_trip) as url:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(cluster.kubeconfig.read_text().replace(cluster.url, url))
        yield dataclasses.replace(cluster, kubeconfig=kubeconfig)


if __name__ == "__main__":
    sys.exit(main())

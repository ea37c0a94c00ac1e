# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster: N destinations with certificates, first converge, nothing to do, one password changed, check mode."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..control_plane import Cluster
from .measure import Run, run
from .table import Results
from .ways import FLOORS, ONE, OURS, Destination, Way, destinations, with_one_password_changed


def measure(
    cluster: Cluster,
    environment: Mapping[str, str],
    folder: Path,
    *,
    sizes: Sequence[int],
    slow: bool,
    ways: re.Pattern[str],
    rounds: int,
) -> Results:
    """Return every run, by size, way and situation; the ways take turns in every round."""
    results = Results()
    for size in sizes:
        items = destinations(size)
        changed = with_one_password_changed(items)
        for number in range(rounds):
            for way in ONE:
                if way is not OURS and not ways.search(way.name):
                    continue
                if way.largest is not None and size > way.largest and not slow:
                    continue
                place = folder / f"{size}-{number}-{way.name.replace(' ', '-').replace(',', '')}"
                place.mkdir()
                namespace = cluster.namespace("benchmark")
                for situation, count in _runs(way, items, changed, namespace, place, cluster, environment):
                    results.add(size, way.name, situation, count)
                print(f"N={size} round {number + 1}/{rounds} {way.name}: {results.line(size, way.name)}", flush=True)
    return results


def _runs(
    way: Way,
    items: Sequence[Destination],
    changed: Sequence[Destination],
    namespace: str,
    place: Path,
    cluster: Cluster,
    environment: Mapping[str, str],
) -> list[tuple[str, Run]]:
    def once(check_mode: bool = False) -> Run:
        return run(way.command(place, check_mode), environment, cluster, place / "log")

    way.write(place, items, namespace)
    if way.name in FLOORS:
        return [("nothing to do", once())]
    runs = [("first", once()), ("nothing to do", once())]
    way.write(place, changed, namespace)
    runs += [("check mode", once(check_mode=True)), ("one change", once())]
    return runs

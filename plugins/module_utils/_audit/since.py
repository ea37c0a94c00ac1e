# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is new, gone, repaired and broken since an earlier audit."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.epinio.registries.plugins.module_utils._audit.model import (
    EVENTS,
    Audit,
    Change,
    Cluster,
    Destination,
)


def changes(before: Audit, now: Audit) -> list[Change]:
    """Return the differences, the broken first. Of a cluster that was not read, nothing is taken for gone."""
    old = {cluster.name: cluster for cluster in before.clusters}
    new = {cluster.name: cluster for cluster in now.clusters}
    found = [
        *(change for name in sorted(old.keys() & new.keys()) for change in _cluster(old[name], new[name])),
        *(Change("new", name, None, _size(new[name])) for name in sorted(new.keys() - old.keys())),
        *(Change("gone", name, None, "Not in this audit.") for name in sorted(old.keys() - new.keys())),
    ]
    return sorted(found, key=lambda change: EVENTS.index(change.event))


def reason(one: Destination) -> str:
    """Return the first thing that is wrong with a destination, in a sentence; empty where nothing is."""
    if one.problems:
        return one.problems[0].message
    if one.check is not None and not one.fit:
        said = next((leg.message for leg in one.check.legs.values() if leg.verdict == one.check.verdict), "")
        return f"{one.check.verdict}: {said}" if said else one.check.verdict
    return ""


def _cluster(old: Cluster, new: Cluster) -> Iterator[Change]:
    if old.up and new.up:
        yield from _destinations(old, new)
    elif old.up:
        yield Change("broken", new.name, None, new.error or "")
    elif new.up:
        yield Change("repaired", new.name, None, _size(new))


def _destinations(old: Cluster, new: Cluster) -> Iterator[Change]:
    before = {(one.namespace, one.name): one for one in old.destinations}
    now = {(one.namespace, one.name): one for one in new.destinations}
    for key in sorted(before.keys() | now.keys()):
        one, was = now.get(key), before.get(key)
        if one is None:
            yield Change("gone", new.name, key[1], "")
        elif was is None:
            yield Change("new", new.name, key[1], reason(one))
        elif was.fit != one.fit:
            yield Change("repaired" if one.fit else "broken", new.name, key[1], reason(one))


def _size(cluster: Cluster) -> str:
    count = len(cluster.destinations)
    return cluster.error or f"{count} destination{'' if count == 1 else 's'}."

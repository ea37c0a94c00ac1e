# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once, options

TOO_MANY = (429, {"Retry-After": "0"}, {"message": "too many requests"})


class Noted:
    """Notes that keep what they are told, and in which thread."""

    def __init__(self):
        self.told = []
        self.threads = set()

    def _note(self, what, change, error=None):
        self.threads.add(threading.current_thread())
        self.told.append((what, change.name, error))

    def begun(self, change):
        self._note("begun", change)

    def done(self, change, stored):
        assert (stored.name if stored else None) == (change.desired and change.name)
        self._note("done", change)

    def failed(self, change, error):
        self._note("failed", change, error)

    def names(self, what):
        return [name for told, name, _error in self.told if told == what]


def creations(count):
    """Return the changes that create so many destinations, each with a certificate."""
    certificate = builders.authority("CA")
    items = [builders.item(f"d{number:03}", certificate=certificate) for number in range(count)]
    parsed = destination.parse_destinations(items, many=True)
    return _plan.plan_destinations(parsed.items, Observed({})).changes


def test_certificates_are_there_before_the_first_destination(api):
    notes = Noted()
    with _cluster.connect(options(api.url)) as cluster:
        cluster.apply(creations(40), notes)
    begun = notes.names("begun")
    assert all(name.endswith("-certificate") for name in begun[:40])
    assert len(begun) == len(notes.names("done")) == len(api.secrets) == 80
    before = notes.told[: notes.told.index(("begun", begun[40], None))]
    assert sum(what == "done" for what, _name, _error in before) == 40, "the second phase waits for the whole first"
    assert notes.threads == {threading.current_thread()}


def test_the_first_failure_stops_what_was_not_begun(api):
    api.faults.append(once("POST", (422, {}, {"message": "no"})))
    notes = Noted()
    with _cluster.connect(options(api.url)) as cluster:
        cluster._api.lanes.width = 2
        with pytest.raises(_cluster.ClusterError, match="refused the request: no"):
            cluster.apply(creations(10), notes)
    assert len(notes.names("begun")) <= 4
    assert len(notes.names("failed")) == 1
    assert sorted(notes.names("begun")) == sorted([*notes.names("done"), *notes.names("failed")])


def test_an_api_server_that_takes_few_at_once_gets_fewer(api):
    api.faults.append(once("POST", TOO_MANY, times=6))
    notes = Noted()
    with _cluster.connect(options(api.url)) as cluster:
        cluster._api.lanes.width = 6
        cluster.apply(creations(20), notes)
        assert 1 <= cluster._api.lanes.width <= 3
    assert len(notes.names("done")) == len(api.secrets) == 40


@pytest.mark.parametrize(
    ("answer", "ours", "refused"),
    [
        pytest.param((409, {}, {"message": "exists"}), 0, True, id="somebody else was there before"),
        pytest.param("lost", 1, False, id="it may have been this very run"),
    ],
)
def test_a_conflict_says_what_it_knows(api, answer, ours, refused):
    api.faults.append(once("POST", answer))
    notes = Noted()
    with _cluster.connect(options(api.url)) as cluster, pytest.raises(_cluster.Conflict) as conflict:
        cluster.apply(creations(1), notes)
    [error] = [error for what, _name, error in notes.told if what == "failed"]
    assert (len(conflict.value.ours), error.refused, error.deleted) == (ours, refused, False)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import lanes


@pytest.mark.parametrize(
    ("refusals", "width"),
    [
        pytest.param([], lanes.LANES, id="none"),
        pytest.param([0.0], lanes.LANES // 2, id="one"),
        pytest.param([0.0, -0.1, -0.2], lanes.LANES // 2, id="several that were on their way together"),
        pytest.param([0.0, 60.0], lanes.LANES // 4, id="one after the other"),
        pytest.param([60.0 * number for number in range(99)], 1, id="again and again"),
    ],
)
def test_the_api_server_narrows_the_lanes(monkeypatch, refusals, width):
    started = time.monotonic()
    made = lanes.Lanes()
    for began in refusals:
        monkeypatch.setattr(lanes.time, "monotonic", lambda began=began: started + max(began, 0.0) + 1)
        made.narrow(started + began)
    assert made.width == width


def test_as_many_jobs_as_there_are_lanes_run_at_once():
    made, most, there, lock = lanes.Lanes(), 0, 0, threading.Lock()
    made.width, four = 4, threading.Barrier(4, timeout=5)

    def work(_job):
        nonlocal most, there
        with lock:
            there += 1
            most = max(most, there)
        four.wait()
        with lock:
            there -= 1

    ended = []
    made.run(range(20), work, lambda job, future: ended.append((job, future.result())))
    assert (most, sorted(ended)) == (4, [(number, None) for number in range(20)])


def test_jobs_are_taken_when_a_lane_is_free():
    made, taken = lanes.Lanes(), []
    made.width = 1

    def jobs():
        for number in range(3):
            taken.append(number)
            yield number

    made.run(jobs(), lambda _job: None, lambda job, _future: taken.append(f"{job} ended"))
    assert taken == [0, "0 ended", 1, "1 ended", 2, "2 ended"]

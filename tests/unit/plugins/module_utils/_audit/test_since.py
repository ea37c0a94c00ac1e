# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs, since
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.tests.support import fleets

GOOD, BAD = fleets.destination("ghcr"), fleets.broken("ghcr")
REASON = "The auth field is missing or holds no user:password; skopeo reads nothing else and would push without."


def audit(results):
    return Audit(fleets.NOW, inputs.merged([inputs.clusters_of_run(results, now=fleets.NOW, place="here")]))


def changes(before, now):
    return [(one.event, one.cluster, one.name, one.detail) for one in since.changes(audit(before), audit(now))]


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        pytest.param({"a": fleets.cluster(GOOD)}, {"a": fleets.cluster(GOOD)}, [], id="nothing"),
        pytest.param(
            {"a": fleets.cluster(GOOD)}, {"a": fleets.cluster(BAD)}, [("broken", "a", "ghcr", REASON)], id="broken"
        ),
        pytest.param(
            {"a": fleets.cluster(BAD)}, {"a": fleets.cluster(GOOD)}, [("repaired", "a", "ghcr", "")], id="repaired"
        ),
        pytest.param({"a": fleets.cluster()}, {"a": fleets.cluster(GOOD)}, [("new", "a", "ghcr", "")], id="new"),
        pytest.param(
            {"a": fleets.cluster()}, {"a": fleets.cluster(BAD)}, [("new", "a", "ghcr", REASON)], id="new and broken"
        ),
        pytest.param({"a": fleets.cluster(GOOD)}, {"a": fleets.cluster()}, [("gone", "a", "ghcr", "")], id="gone"),
        pytest.param({"a": fleets.cluster(GOOD)}, {}, [("gone", "a", None, "Not in this audit.")], id="a cluster gone"),
        pytest.param({}, {"a": fleets.cluster(GOOD)}, [("new", "a", None, "1 destination.")], id="a new cluster"),
        pytest.param({}, {"a": fleets.down("away")}, [("new", "a", None, "away")], id="a new cluster, not read"),
        pytest.param(
            {"a": fleets.cluster(GOOD)},
            {"a": fleets.down("away")},
            [("broken", "a", None, "away")],
            id="a cluster that is not read has lost nothing",
        ),
        pytest.param(
            {"a": fleets.down("away")}, {"a": fleets.cluster()}, [("repaired", "a", None, "0 destinations.")], id="back"
        ),
        pytest.param({"a": fleets.down()}, {"a": fleets.down("other")}, [], id="still not read"),
        pytest.param(
            {"a": fleets.cluster(GOOD, checks=[fleets.check("ghcr")])},
            {"a": fleets.cluster(GOOD, checks=[fleets.check("ghcr", "denied:login", said="", host="ghcr.io")])},
            [("broken", "a", "ghcr")],
            id="refused by the registry",
        ),
        pytest.param(
            {"a": fleets.cluster(GOOD), "b": fleets.cluster(BAD)},
            {"a": fleets.cluster(), "b": fleets.cluster(GOOD), "c": fleets.down("away")},
            [("repaired", "b", "ghcr", ""), ("new", "c", None, "away"), ("gone", "a", "ghcr", "")],
            id="in the order of what matters",
        ),
    ],
)
def test_what_happened(before, now, found):
    assert [one[: len(wanted)] for one, wanted in zip(changes(before, now), found)] == found
    assert len(changes(before, now)) == len(found)


def test_a_refusal_of_the_registry_is_quoted():
    now = {"a": fleets.cluster(GOOD, checks=[fleets.check("ghcr", "denied:push")])}
    [(_event, _cluster, _name, detail)] = changes({"a": fleets.cluster(GOOD)}, now)
    assert detail.startswith("denied: The login is accepted, but it may not push to ")


def test_a_verdict_without_a_leg_stands_alone():
    now = {"a": fleets.cluster(GOOD, checks=[{**fleets.check("ghcr", "denied:push"), "legs": {}}])}
    assert changes({"a": fleets.cluster(GOOD)}, now) == [("broken", "a", "ghcr", "denied")]

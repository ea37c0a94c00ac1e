# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs.summary import Summary, place, results


def entry(name, action, *fields):
    return {"name": name, "action": action, "fields": list(fields)}


@pytest.fixture
def summary():
    """A fleet with a cluster in each state."""
    made = Summary()
    made.wrote(
        "kept", {"destinations": [entry("ghcr", "kept")], "certificates": []}, "namespace epinio of context kept"
    )
    changes = {
        "destinations": [entry("ghcr", "created"), entry("quay", "changed", "registry_password"), entry("c", "kept")],
        "certificates": [entry("old-certificate", "removed")],
    }
    made.wrote("prod", changes, "namespace epinio of context prod")
    made.troubled("refused", "Nothing was written: 2 problems.\n- one\n- two", [{}, {}])
    made.wrote(
        "partial", {"changed": True, "destinations": [entry("ghcr", "created")]}, "namespace epinio of context x"
    )
    made.troubled("partial", "The connection broke.")
    made.troubled("dead", "Failed to connect to the host.")
    made.line("skipped")
    return made


FAILED, UNREACHABLE = {"refused": 1, "partial": 1}, {"dead": 1}


def test_the_worst_stands_first(summary):
    assert [line for _state, line in summary.table(FAILED, UNREACHABLE)] == [
        "cluster  created  changed  removed  kept  problems",
        "dead           0        0        0     0         0  Failed to connect to the host.",
        "refused        0        0        0     0         2  Nothing was written: 2 problems. - one - two",
        "partial        1        0        0     0         0  The connection broke.",
        "skipped        0        0        0     0         0  no task wrote to it",
        "prod           1        1        1     1         0  namespace epinio of context prod: ghcr created, "
        "quay changed (registry_password), old-certificate removed",
        "kept           0        0        0     1         0  as it should be",
    ]


def test_the_same_as_counts_and_names(summary):
    assert summary.data(FAILED, UNREACHABLE) == {
        "clusters": 6,
        "unreachable": ["dead"],
        "failed": ["refused", "partial"],
        "skipped": ["skipped"],
        "changed": ["prod"],
        "unchanged": ["kept"],
        "counts": {"created": 2, "changed": 1, "removed": 1, "kept": 2, "problems": 2},
    }


def test_what_was_rescued_is_no_failure(summary):
    states = {line.split()[0]: state for state, line in summary.table({}, {})}
    assert states["partial"] == "changed"


def test_nothing_to_tell():
    assert Summary().table({}, {}) == []


def test_long_lists_and_texts_are_cut():
    made = Summary()
    made.wrote(
        "many", {"destinations": [entry(f"d{number}", "created") for number in range(12)]}, "namespace epinio of x"
    )
    made.troubled("long", "x" * 400)
    long, many = [line for _state, line in made.table({"long"}, set())][1:]
    assert many.endswith("d8 created, d9 created and 2 more")
    assert long.endswith(f"  {'x' * 300} …")


def test_destinations_that_were_tried():
    made = Summary()
    made.checked("a", {"destinations": [{"verdict": "ok"}, {"verdict": "denied"}]})
    assert made.table({}, {})[1] == (
        "unchanged",
        "a              0        0        0     0         0  1 of 2 can be pushed to",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        pytest.param({}, {}, "namespace epinio of the current context", id="nothing"),
        pytest.param({"context": "prod", "kubeconfig": "a"}, {}, "namespace epinio of context prod", id="a context"),
        pytest.param({"kubeconfig": "/a"}, {}, "namespace epinio of the current context of /a", id="a file"),
        pytest.param({"host": "https://a", "context": "b"}, {}, "namespace epinio of https://a", id="a host"),
        pytest.param(
            {"namespace": "x"}, {"K8S_AUTH_CONTEXT": "c"}, "namespace x of context c", id="by the environment"
        ),
        pytest.param({"context": "{{ x }}"}, {}, "namespace epinio of the current context", id="not templated"),
        pytest.param({"kubeconfig": {"a": 1}}, {}, "namespace epinio of the current context", id="a mapping"),
        pytest.param(
            {}, {"K8S_AUTH_HOST": "https://robot:s3cret@a"}, "namespace epinio of https://********@a", id="a login"
        ),
    ],
)
def test_where_a_task_wrote(arguments, environment, said):
    assert place(arguments, environment) == said


@pytest.mark.parametrize(
    ("result", "found"),
    [
        pytest.param({"changed": True}, [{"changed": True}], id="one"),
        pytest.param({"results": [{"a": 1}, {"a": 2}, "no result"]}, [{"a": 1}, {"a": 2}], id="a loop"),
    ],
)
def test_the_results_of_a_task(result, found):
    assert results(result) == found


def test_no_text_of_others_moves_the_cursor():
    made = Summary()
    made.troubled("a\x1b[2J", "no\x1b[2J\r\nok: [localhost]")
    ((_head, _words), (_state, line)) = made.table({"a\x1b[2J"}, {})
    assert line.isprintable()
    assert line.endswith("no [2J ok: [localhost]")

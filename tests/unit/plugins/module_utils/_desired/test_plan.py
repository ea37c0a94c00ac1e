# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole list beside what is there: what is refused, what is removed, and in which order."""

from __future__ import annotations

import random

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.namespace import Namespace, codes, frozen, wrote
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


def test_creates_the_certificate_before_the_destination():
    namespace = Namespace()
    plan = namespace.plan([builders.item("acme", certificate=CA)])
    assert wrote(plan) == [("create", "acme-certificate", ()), ("create", "acme", ())]
    namespace.run(plan)
    acme, certificate = (
        Secret.from_api(namespace.secrets["acme"]),
        Secret.from_api(namespace.secrets["acme-certificate"]),
    )
    assert acme.managed == "destination"
    assert acme.certificate_secret == "acme-certificate"
    assert certificate.managed == "destination-certificate"
    assert wrote(namespace.plan([builders.item("acme", certificate=CA)])) == []


def test_a_secret_that_is_not_ours_is_refused_whatever_the_options():
    namespace = Namespace(builders.secret("acme", {"key": b"x"}))
    plan = namespace.plan([builders.item("acme", adopt=True, recreate=True)])
    assert codes(plan) == [("secret_foreign", 0, "acme", "name")]
    assert plan.problems[0].message == "The secret 'acme' is there already and is not an export destination."
    unread = Observed({}, frozenset({"acme"}))
    items = destination.parse_destinations([builders.item("acme")], many=True).items
    assert codes(_plan.plan_destinations(items, unread)) == [("secret_foreign", 0, "acme", "name")]


def test_a_certificate_secret_of_ours_is_no_destination():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", certificate=CA)]))
    plan = namespace.plan([builders.item("acme-certificate")])
    assert codes(plan) == [("secret_taken", 0, "acme-certificate", "name")]


def test_absent_removes_what_the_list_names_and_nothing_else():
    namespace = Namespace(builders.destination_secret("by-hand"), builders.secret("other", {"key": b"x"}))
    items = [builders.item(name, state="absent") for name in ("by-hand", "other", "nowhere")]
    plan = namespace.plan(items)
    assert wrote(plan) == [("delete", "by-hand", ())]
    assert plan.destinations == ["by-hand", "other", "nowhere"]


def test_prune_takes_what_is_managed_and_not_named():
    namespace = Namespace(builders.destination_secret("by-hand"))
    namespace.run(namespace.plan([builders.item("kept", certificate=CA), builders.item("old", certificate=CA)]))
    plan = namespace.plan([builders.item("kept", certificate=CA)], prune=True)
    assert wrote(plan) == [("delete", "old", ()), ("delete", "old-certificate", ())]
    assert plan.destinations == ["kept", "old"]


def test_prune_leaves_alone_what_it_is_told_to():
    namespace = Namespace()
    namespace.run(
        namespace.plan([builders.item("kept"), builders.item("spared", certificate=CA), builders.item("old")])
    )
    plan = namespace.plan([builders.item("kept")], prune=True, prune_except=["spared"])
    assert wrote(plan) == [("delete", "old", ())]


def test_prune_takes_orphaned_certificates():
    namespace = Namespace(builders.certificate_secret("orphan", CA, managed="destination-certificate"))
    plan = namespace.plan([builders.item("acme")], prune=True)
    assert wrote(plan) == [("create", "acme", ()), ("delete", "orphan", ())]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="an empty list"),
        pytest.param([builders.item("acme", state="absent")], id="none that is to stay"),
    ],
)
def test_prune_with_nothing_to_keep_needs_a_second_word(items):
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme"), builders.item("beta")]))
    plan = namespace.plan(items, prune=True)
    assert codes(plan) == [("prune_everything", None, None, "prune")]
    assert "prune_all" in plan.problems[0].remedy
    plan = namespace.plan(items, prune=True, prune_all=True)
    assert plan.problems == []
    assert {change.name for change in plan.changes} == {"acme", "beta"}


def test_without_list_prune_and_the_end_of_a_certificate_are_refused():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", certificate=CA)]))
    plan = namespace.plan([builders.item("acme", certificate=CA)], prune=True, listed=False)
    assert codes(plan) == [("list_forbidden", None, None, "prune")]
    plan = namespace.plan([builders.item("acme", state="absent")], listed=False)
    assert codes(plan) == [("list_forbidden", None, "acme-certificate", None)]
    assert "Grant the verb list" in plan.problems[0].remedy
    assert namespace.plan([builders.item("acme", certificate=CA, registry_password="new")], listed=False).problems == []


def test_an_immutable_destination_needs_recreate():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme")]))
    frozen(namespace, "acme")
    new = {"registry_password": "new"}
    plan = namespace.plan([builders.item("acme", **new)])
    assert codes(plan) == [("immutable", 0, "acme", "recreate")]
    assert plan.problems[0].message == "The secret 'acme' is immutable and must change (registry_password)."
    plan = namespace.plan([builders.item("acme", recreate=True, **new)])
    assert wrote(plan) == [("recreate", "acme", ("registry_password",))]
    namespace.run(plan)
    assert namespace.secrets["acme"]["immutable"] is True
    assert wrote(namespace.plan([builders.item("acme", **new)])) == []


def test_an_immutable_destination_lets_its_metadata_change():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme")]))
    frozen(namespace, "acme")
    assert wrote(namespace.plan([builders.item("acme", organization="team")])) == [
        ("replace", "acme", ("organization",))
    ]


def test_a_type_that_wants_other_keys_needs_recreate():
    by_hand = builders.destination_secret("acme", data={".dockercfg": "e30="})
    by_hand["type"] = "kubernetes.io/dockercfg"
    namespace = Namespace(by_hand)
    plan = namespace.plan([builders.item("acme")])
    assert (
        plan.problems[0].message
        == "The secret 'acme' has a type that needs other keys and must change (data_keys, managed)."
    )
    namespace.run(namespace.plan([builders.item("acme", recreate=True)]))
    assert namespace.secrets["acme"]["type"] == "Opaque"


def test_recreate_does_not_risk_a_password_that_only_the_cluster_knows():
    namespace = Namespace(builders.destination_secret("acme"))
    frozen(namespace, "acme")
    namespace.secrets["acme"]["data"]["stale"] = "eA=="
    plan = namespace.plan([builders.item("acme", recreate=True, update_password="on_create")])
    assert codes(plan) == [("recreate_keeps_password", 0, "acme", "update_password")]


NAMES = ("a", "b", "c")
ITEMS = st.lists(
    st.builds(
        lambda name, certificate, secret, **rest: builders.item(
            name,
            **({"certificate": certificate} if certificate else {}),
            **({"certificate_secret": secret} if secret else {}),
            **rest,
        ),
        st.sampled_from(NAMES),
        st.sampled_from([None, CA, OTHER_CA]),
        st.sampled_from([None, None, "shared", "a-certificate"]),
        state=st.sampled_from(["present", "present", "absent"]),
        registry_password=st.sampled_from(["one", "two"]),
        recreate=st.booleans(),
        adopt=st.booleans(),
        update_password=st.sampled_from(["always", "always", "on_create"]),
    ),
    max_size=3,
    unique_by=lambda item: item["name"],
)


def shuffled(changes, order):
    """Return changes in an order that their phases allow: those of one phase run side by side."""
    return sorted(changes, key=lambda change: (change.phase, order.random()))


def run_until(namespace, changes, last_write):
    """Make the changes up to a write, as a killed run does; at no instant may a destination dangle."""
    writes = (write for change in changes for write in namespace.apply(change))
    for number, _write in enumerate(writes, start=1):
        assert namespace.dangling() == set()
        if number == last_write:
            return


@settings(max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(
    lists=st.lists(st.tuples(ITEMS, st.booleans()), min_size=1, max_size=4),
    frozen_names=st.sets(st.sampled_from(["a", "b", "a-certificate", "b-certificate", "shared"])),
    seed=st.integers(0, 2**16),
    killed=st.integers(1, 8),
)
def test_any_sequence_of_lists_with_a_kill_in_between_keeps_the_rules(lists, frozen_names, seed, killed):
    """Rules 3, 4 and 8: no instant with a dangling certificate, and the next run finishes what a killed one began."""
    order = random.Random(seed)
    namespace = Namespace(builders.certificate_secret("shared", CA))
    for items, prune in lists:
        options = {"prune": prune, "prune_all": True}
        if destination.parse_destinations(items, many=True).problems or namespace.plan(items, **options).problems:
            continue
        run_until(namespace, shuffled(namespace.plan(items, **options).changes, order), killed)
        run_until(namespace, shuffled(namespace.plan(items, **options).changes, order), None)
        assert wrote(namespace.plan(items, **options)) == []
        assert [item["name"] in namespace.secrets for item in items] == [item["state"] == "present" for item in items]
        for name in frozen_names & set(namespace.secrets):
            frozen(namespace, name)

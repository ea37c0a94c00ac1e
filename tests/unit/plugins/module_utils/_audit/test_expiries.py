# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.epinio.registries.plugins.module_utils._audit import expiries, inputs
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.tests.support import fleets


def found(**days):
    """Return the expiries of a cluster with one destination for each certificate."""
    listed = [
        fleets.destination(name, certificate=fleets.certificate(f"CN={name}", left, f"{name}-ca"))
        for name, left in days.items()
    ]
    return of({"a": fleets.cluster(*listed)})


def of(results):
    clusters = inputs.merged([inputs.clusters_of_run(results, now=fleets.NOW, place="here")])
    return expiries.expiries(Audit(fleets.NOW, clusters))


def test_the_first_to_expire_comes_first():
    listed = found(late=400, gone=-3, soon=29.5, next=30)
    assert [(one.subject, one.days, one.expired, one.soon) for one in listed] == [
        ("CN=gone", -3, True, True),
        ("CN=soon", 29, False, True),
        ("CN=next", 30, False, False),
        ("CN=late", 400, False, False),
    ]


def test_a_certificate_is_one_wherever_it_stands():
    company = fleets.certificate("CN=company", 50)
    results = {
        "a": fleets.cluster(*(fleets.destination(name, certificate=company) for name in ("x", "y"))),
        "b": fleets.cluster(fleets.destination("z", certificate=company)),
    }
    [one] = of(results)
    assert (one.places, one.destinations) == ((("a", "company-ca"), ("b", "company-ca")), 3)


def test_what_cannot_be_read_of_a_certificate_is_left_out():
    unread = fleets.certificate("", 50)
    no_end = fleets.certificate("CN=x", 50, "other")
    no_end["certificates"][0]["not_after"] = None
    listed = [fleets.destination("x", certificate=unread), fleets.destination("y", certificate=no_end)]
    assert [one.subject for one in of({"a": fleets.cluster(*listed)})] == ["(no subject)"]


def test_the_axis_goes_from_the_near_to_the_far():
    listed = found(gone=-100, now=0, week=7, year=365, decade=3650)
    at = [mark.at for mark in expiries.marks(listed)]
    assert at == sorted(at)
    assert at[0] < expiries.TODAY <= at[1]
    assert 96 <= at[-1] <= 98
    labels = {label: place for place, label in expiries.ticks(listed)}
    assert labels["today"] == expiries.TODAY
    assert "10 years" not in labels
    places = list(labels.values())
    assert all(after - before >= 7 for before, after in zip(places, places[1:]))


def test_what_would_cover_each_other_is_stacked():
    marks = expiries.marks(found(a=100, b=100, c=101, d=1000))
    assert [(mark.level, mark.count, mark.expiry.subject) for mark in marks] == [
        (0, 1, "CN=a"),
        (1, 1, "CN=b"),
        (2, 1, "CN=c"),
        (0, 1, "CN=d"),
    ]


def test_a_stack_ends_with_a_number():
    marks = expiries.marks(found(**{f"n{number}": 100 for number in range(20)}))
    assert [mark.count for mark in marks] == [1] * (expiries.HIGHEST - 1) + [20 - expiries.HIGHEST + 1]


def test_no_certificate():
    assert of({}) == []
    assert expiries.marks([]) == []
    assert expiries.ticks([])[0] == (expiries.TODAY, "today")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others have to say of a secret: who waits before it is deleted."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders

CA = builders.authority("CA")
OURS = {"epinio.registries/managed": "destination"}


def observed(*raws):
    return Observed({raw["metadata"]["name"]: Secret.from_api(raw) for raw in raws})


def planned(items, *raws, **options):
    parsed = destination.parse_destinations(items, many=True)
    assert parsed.problems == []
    return _plan.plan_destinations(parsed.items, observed(*raws), **options)


def shared(options, *raws):
    [item] = destination.parse_certificate({"name": "ca", "certificate": CA, **options}).items
    return _plan.plan_certificate(item, observed(*raws))


def acme(certificate=None, **options):
    data = {} if certificate is None else {"certs": builders.base64.b64encode(certificate.encode()).decode()}
    return builders.destination_secret("acme", data=data, labels=OURS, **options)


def own_certificate():
    return builders.certificate_secret("acme-certificate", CA, managed="destination-certificate")


def wrote(plan):
    assert plan.problems == []
    return [(change.verb, change.name) for change in plan.changes]


def said(findings):
    return [(one.code, one.name, one.option) for one in findings]


ABSENT = builders.item("acme", state="absent")


class TestFinalizers:
    @pytest.mark.parametrize("deleted", [pytest.param(False, id="not deleted"), pytest.param(True, id="deleted")])
    @pytest.mark.parametrize(
        ("plan", "name"),
        [
            pytest.param(lambda hold: planned([ABSENT], hold(acme())), "acme", id="a destination"),
            pytest.param(lambda hold: planned([], hold(acme()), prune=True, prune_all=True), "acme", id="prune"),
            pytest.param(
                lambda hold: planned([ABSENT], hold(own_certificate())), "acme-certificate", id="its certificate"
            ),
            pytest.param(
                lambda hold: shared(
                    {"state": "absent"}, hold(builders.certificate_secret("ca", CA, managed="shared-certificate"))
                ),
                "ca",
                id="a shared certificate",
            ),
        ],
    )
    def test_keep_what_is_removed(self, plan, name, deleted):
        kept = plan(lambda raw: builders.waiting(raw, deleted=deleted))
        assert wrote(kept) == ([] if deleted else [("delete", name)])
        assert said(kept.warnings) == [("deletion_waits", name, "name")]
        assert "example.com/hold" in kept.warnings[0].message
        assert ("2026-01-02T03:04:05Z" in kept.warnings[0].message) is deleted

    @pytest.mark.parametrize("deleted", [pytest.param(False, id="not deleted"), pytest.param(True, id="deleted")])
    def test_keep_the_certificate_of_what_they_keep(self, deleted):
        """Epinio lists the destination until it is gone, and would fail without its certificate."""
        held = builders.waiting(acme("acme-certificate"), deleted=deleted)
        assert wrote(planned([ABSENT], held, own_certificate())) == ([] if deleted else [("delete", "acme")])
        assert wrote(planned([ABSENT], own_certificate())) == [("delete", "acme-certificate")]

    @pytest.mark.parametrize(
        ("plan", "found"),
        [
            pytest.param(
                lambda: planned([builders.item("acme")], builders.waiting(acme(), deleted=True)),
                ("being_deleted", "acme", "name"),
                id="a destination that is as the list says",
            ),
            pytest.param(
                lambda: planned([builders.item("acme", organization="x")], builders.waiting(acme(), deleted=True)),
                ("being_deleted", "acme", "name"),
                id="a destination that differs",
            ),
            pytest.param(
                lambda: planned(
                    [builders.item("acme", organization="x", recreate=True)],
                    {**builders.waiting(acme(), deleted=True), "immutable": True},
                ),
                ("being_deleted", "acme", "name"),
                id="a destination that is to be recreated",
            ),
            pytest.param(
                lambda: planned(
                    [builders.item("acme", certificate=CA)], builders.waiting(own_certificate(), deleted=True)
                ),
                ("being_deleted", "acme", "certificate_secret"),
                id="its own certificate",
            ),
            pytest.param(
                lambda: planned(
                    [builders.item("acme", certificate_secret="ca")],
                    builders.waiting(builders.certificate_secret("ca", CA), deleted=True),
                    check_mode=True,
                ),
                ("being_deleted", "acme", "certificate_secret"),
                id="a certificate secret that is only named, in check mode",
            ),
            pytest.param(
                lambda: shared(
                    {},
                    builders.waiting(builders.certificate_secret("ca", CA, managed="shared-certificate"), deleted=True),
                ),
                ("being_deleted", "ca", "name"),
                id="a shared certificate",
            ),
        ],
    )
    def test_what_is_being_deleted_is_not_written_to(self, plan, found):
        assert said(plan().problems) == [found]

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said before a secret is changed or removed: of its certificate, of who waits, of who writes it too."""

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


class TestOwners:
    def sealed(self, raw):
        raw["metadata"]["ownerReferences"] = [{"kind": "SealedSecret", "name": "acme", "uid": "x"}]
        return raw

    @pytest.mark.parametrize("check_mode", [pytest.param(False, id="run"), pytest.param(True, id="check mode")])
    @pytest.mark.parametrize(
        "by_hand",
        [pytest.param({}, id="the first change"), pytest.param({"labels": OURS}, id="a later change")],
    )
    @pytest.mark.parametrize(
        "options",
        [
            pytest.param({"organization": "team"}, id="differs"),
            pytest.param({"adopt": True, "labels": {"a": "b"}}, id="adopt"),
        ],
    )
    def test_are_named_with_a_change(self, by_hand, options, check_mode):
        there = self.sealed(builders.destination_secret("acme", **by_hand))
        plan = planned([builders.item("acme", **options)], there, check_mode=check_mode)
        assert wrote(plan) == [("replace", "acme")]
        assert said(plan.warnings) == [("owned", "acme", "name")]
        assert "SealedSecret acme (ownerReferences), which may change it back" in plan.warnings[0].message

    @pytest.mark.parametrize(
        ("items", "options"),
        [pytest.param([ABSENT], {}, id="absent"), pytest.param([], {"prune": True, "prune_all": True}, id="prune")],
    )
    def test_are_named_with_a_removal(self, items, options):
        plan = planned(items, self.sealed(acme()), **options)
        assert wrote(plan) == [("delete", "acme")]
        assert [warning.code for warning in plan.warnings] == ["owned"]
        assert "which may create it again" in plan.warnings[0].message

    def test_are_not_named_where_nothing_is_written(self):
        plan = planned([builders.item("acme")], self.sealed(builders.destination_secret("acme")))
        assert (wrote(plan), plan.warnings) == ([], [])

    def test_are_named_with_a_certificate(self):
        there = self.sealed(builders.certificate_secret("ca", builders.authority("another")))
        assert [one.code for one in shared({}, there).warnings] == ["owned"]
        plan = planned([builders.item("acme", certificate=CA, certificate_secret="ca")], there)
        assert [one.code for one in plan.warnings] == ["owned"]

    def test_a_label_of_the_list_is_no_owner(self):
        ours = {"app.kubernetes.io/managed-by": "ansible"}
        there = acme()
        there["metadata"]["labels"].update(ours)
        assert planned([builders.item("acme", organization="x", labels=ours)], there).warnings == []


class TestDroppedCertificates:
    @pytest.mark.parametrize("check_mode", [pytest.param(False, id="run"), pytest.param(True, id="check mode")])
    @pytest.mark.parametrize(
        ("there", "written", "messages"),
        [
            pytest.param([acme()], [], [], id="it had none"),
            pytest.param(
                [acme("acme-certificate"), own_certificate()],
                [("replace", "acme"), ("delete", "acme-certificate")],
                ["so that the certificate secret 'acme-certificate' is removed"],
                id="its own",
            ),
            pytest.param(
                [acme("ca"), builders.certificate_secret("ca", CA, managed="shared-certificate")],
                [("replace", "acme")],
                ["no longer uses the one in the secret 'ca'"],
                id="a shared one",
            ),
            pytest.param(
                [acme("gone")],
                [("replace", "acme")],
                ["no longer uses the one in the secret 'gone'"],
                id="one not there",
            ),
            pytest.param(
                [acme(), own_certificate()],
                [("delete", "acme-certificate")],
                ["so that the certificate secret 'acme-certificate' is removed"],
                id="what an interrupted run left",
            ),
            pytest.param(
                [acme("ca"), builders.certificate_secret("ca", CA), own_certificate()],
                [("replace", "acme"), ("delete", "acme-certificate")],
                ["no longer uses the one in the secret 'ca'", "the certificate secret 'acme-certificate' is removed"],
                id="both",
            ),
        ],
    )
    def test_where_the_item_has_none(self, there, written, messages, check_mode):
        plan = planned([builders.item("acme")], *there, check_mode=check_mode)
        assert wrote(plan) == written
        assert [one.code for one in plan.warnings] == ["certificate_dropped"] * len(messages)
        for warning, message in zip(plan.warnings, messages):
            assert message in warning.message

    def test_not_where_the_destination_goes_or_has_another(self):
        there = [acme("acme-certificate"), own_certificate(), builders.certificate_secret("ca", CA)]
        for item in (ABSENT, builders.item("acme", certificate_secret="ca")):
            plan = planned([item], *there)
            assert ("delete", "acme-certificate") in wrote(plan)
            assert plan.warnings == []

    def test_the_remedy_brings_it_back(self):
        there = [acme("acme-certificate"), own_certificate()]
        [warning] = planned([builders.item("acme")], *there).warnings
        assert "give it with certificate or name its secret with certificate_secret" in warning.remedy
        for remedy in ({"certificate": CA}, {"certificate_secret": "acme-certificate"}):
            kept = planned([builders.item("acme", **remedy)], *there)
            assert (wrote(kept), kept.warnings) == ([], [])


class TestLabelsOfCertificates:
    """An admission policy may want a label on every secret; so whatever a destination brings along has its labels."""

    def labels(self, items, *there):
        plan = planned(items, *there)
        assert plan.problems == []
        written = {change.name: change.desired.written(change.current).labels for change in plan.changes}
        return {name: labels.get("owner") for name, labels in written.items()}

    def bringing(self, name="acme", owner="platform", **options):
        return builders.item(
            name,
            **{"certificate": CA, "certificate_secret": "ca", "labels": {"owner": owner}, **options},
        )

    def standing(self, *, owner=None, managed="destination-certificate"):
        secret = builders.certificate_secret("ca", CA, managed=managed)
        secret["metadata"]["labels"].update({"owner": owner} if owner else {})
        return secret

    def naming(self, name):
        return builders.destination_secret(name, data={"certs": "Y2E="}, labels={**OURS, "owner": "platform"})

    @pytest.mark.parametrize(
        ("items", "there", "labels"),
        [
            pytest.param(
                [{"certificate_secret": None}], [], {"acme-certificate": "platform", "acme": "platform"}, id="its own"
            ),
            pytest.param([{}], [], {"ca": "platform", "acme": "platform"}, id="another name"),
            pytest.param([{}], ["theirs"], {"ca": "platform", "acme": "platform"}, id="its value changes"),
            pytest.param(
                [{}, {"name": "beta", "owner": "team"}],
                [],
                {"ca": "platform", "acme": "platform", "beta": "team"},
                id="two bring it: the first adds what is missing",
            ),
            pytest.param(
                [{}, {"name": "beta", "owner": "team"}],
                ["theirs"],
                {"acme": "platform", "beta": "team"},
                id="two bring it: what is there stays",
            ),
            pytest.param([{}], ["theirs", "beta"], {"acme": "platform"}, id="another names it"),
        ],
    )
    def test_go_to_the_certificate_secret(self, items, there, labels):
        there = [self.standing(owner=one) if one == "theirs" else self.naming(one) for one in there]
        assert self.labels([self.bringing(**options) for options in items], *there) == labels

    def test_a_shared_certificate_keeps_its_own(self):
        there = self.standing(owner="theirs", managed="shared-certificate")
        assert self.labels([self.bringing()], there) == {"acme": "platform"}

    def test_one_task_for_each_destination_comes_to_rest(self):
        """Each of two tasks brings the same secret with another label: none takes away what the other wrote."""
        there = [
            self.naming("acme"),
            builders.destination_secret("beta", data={"certs": "Y2E="}, labels={"owner": "b"}),
        ]
        for item in (self.bringing(), self.bringing("beta", owner="b")):
            assert "ca" not in self.labels([item], *there, self.standing(owner="first"))

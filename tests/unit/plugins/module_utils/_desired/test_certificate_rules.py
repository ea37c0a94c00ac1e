# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose certificate secrets are, who names them, and which may go."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.namespace import Namespace, codes, frozen, wrote

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


@pytest.mark.parametrize(
    ("there", "code"),
    [
        pytest.param(
            builders.secret("company-ca", {"tls.crt": CA.encode(), "tls.key": b"x"}),
            "secret_foreign",
            id="a secret with a key of others",
        ),
        pytest.param(builders.destination_secret("company-ca"), "secret_taken", id="a destination"),
    ],
)
def test_a_certificate_is_not_written_over_what_is_not_ours(there, code):
    plan = Namespace(there).plan([builders.item("acme", certificate=CA, certificate_secret="company-ca")])
    assert (code, 0, "acme", "certificate_secret") in codes(plan)


def test_a_certificate_secret_with_nothing_else_is_taken_over():
    namespace = Namespace(builders.secret("company-ca", {"tls.crt": OTHER_CA.encode()}))
    plan = namespace.plan([builders.item("acme", certificate=CA, certificate_secret="company-ca")])
    assert wrote(plan) == [("replace", "company-ca", ("certificate", "managed")), ("create", "acme", ())]
    namespace = Namespace(builders.secret("company-ca", {"tls.crt": b"\r\n" + CA.replace("\n", "\r\n").encode()}))
    plan = namespace.plan([builders.item("acme", certificate=CA, certificate_secret="company-ca")])
    assert wrote(plan) == [("create", "acme", ())]


def test_a_certificate_that_is_no_longer_wanted_goes_after_the_destination_let_go_of_it():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", certificate=CA)]))
    plan = namespace.plan([builders.item("acme")])
    assert wrote(plan) == [("replace", "acme", ("certificate_secret",)), ("delete", "acme-certificate", ())]
    namespace.run(plan)
    assert list(namespace.secrets) == ["acme"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_certificate_that_a_killed_run_left_is_found_again(state):
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", certificate=CA)]))
    changes = namespace.plan([builders.item("acme", state=state)]).changes
    list(namespace.apply(changes[0]))
    assert wrote(namespace.plan([builders.item("acme", state=state)])) == [("delete", "acme-certificate", ())]


def test_a_certificate_that_another_destination_names_stays():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", certificate=CA)]))
    namespace.run(namespace.plan([builders.item("friend", certificate_secret="acme-certificate")]))
    plan = namespace.plan([builders.item("acme", state="absent")])
    assert wrote(plan) == [("delete", "acme", ())]


def test_a_shared_certificate_stays_when_its_last_destination_goes():
    namespace = Namespace(builders.certificate_secret("company-ca", CA, managed="shared-certificate"))
    namespace.run(namespace.plan([builders.item("acme", certificate_secret="company-ca")]))
    assert wrote(namespace.plan([], prune=True, prune_all=True)) == [("delete", "acme", ())]


def test_an_inline_certificate_leaves_a_shared_one_shared():
    namespace = Namespace(builders.certificate_secret("company-ca", OTHER_CA, managed="shared-certificate"))
    plan = namespace.plan([builders.item("acme", certificate=CA, certificate_secret="company-ca")])
    namespace.run(plan)
    assert Secret.from_api(namespace.secrets["company-ca"]).managed == "shared-certificate"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_named_certificate_that_is_missing(check_mode):
    plan = Namespace().plan([builders.item("acme", certificate_secret="company-ca")], check_mode=check_mode)
    said = plan.warnings if check_mode else plan.problems
    assert [(one.code, one.option) for one in said] == [("certificate_missing", "certificate_secret")]
    assert bool(plan.problems) is not check_mode


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            {"ca.crt": b"x"}, "The secret 'company-ca' has no key tls.crt; Epinio's export would fail.", id="no tls.crt"
        ),
        pytest.param(
            {"tls.crt": b"x"},
            "The secret 'company-ca' has no certificate in tls.crt; Epinio's export would fail.",
            id="no certificate in tls.crt",
        ),
    ],
)
def test_a_named_certificate_that_epinio_cannot_use(data, message):
    plan = Namespace(builders.secret("company-ca", data)).plan([builders.item("acme", certificate_secret="company-ca")])
    assert [(problem.code, problem.message) for problem in plan.problems] == [("certificate_unusable", message)]


def test_a_named_certificate_with_a_private_key_is_a_warning():
    there = builders.secret("company-ca", {"tls.crt": CA.encode(), "tls.key": builders.PRIVATE_KEY})
    plan = Namespace(there).plan([builders.item("acme", certificate_secret="company-ca")])
    assert plan.problems == []
    assert [warning.code for warning in plan.warnings] == ["private_key_exposed"]


def test_a_named_certificate_that_expires_is_a_warning():
    there = builders.certificate_secret("company-ca", builders.authority("old", days=-1, since=10))
    plan = Namespace(there).plan([builders.item("acme", certificate_secret="company-ca")])
    assert [(one.code, one.option) for one in plan.warnings] == [("certificate_expired", "certificate_secret")]


def test_a_certificate_that_another_item_of_the_list_brings_is_there():
    items = [
        builders.item("one", certificate=CA, certificate_secret="company-ca"),
        builders.item("two", certificate_secret="company-ca"),
    ]
    plan = Namespace().plan(items)
    assert wrote(plan) == [("create", "company-ca", ()), ("create", "one", ()), ("create", "two", ())]


def test_recreating_a_certificate_takes_its_destinations_away_first_and_brings_them_back_last():
    namespace = Namespace()
    items = [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
    namespace.run(namespace.plan(items))
    frozen(namespace, "one-certificate")
    items[0] = builders.item("one", certificate=OTHER_CA)
    assert codes(namespace.plan(items)) == [("immutable", 0, "one", "recreate")]
    items[0]["recreate"] = True
    plan = namespace.plan(items)
    assert wrote(plan) == [
        ("delete", "one", ()),
        ("delete", "two", ()),
        ("recreate", "one-certificate", ("certificate",)),
        ("create", "one", ("recreated",)),
        ("create", "two", ("recreated",)),
    ]
    assert [change.action for change in plan.changes] == [None, None, "changed", "changed", "changed"]
    namespace.run(plan)
    assert wrote(namespace.plan(items)) == []


def test_recreating_a_certificate_is_refused_where_others_name_it():
    namespace = Namespace()
    namespace.run(
        namespace.plan(
            [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
        )
    )
    frozen(namespace, "one-certificate")
    new = builders.item("one", certificate=OTHER_CA, recreate=True)
    for recreate in (True, False):  # it would not help here, so it is not asked for
        plan = namespace.plan([{**new, "recreate": recreate}])
        assert codes(plan) == [("certificate_in_use", 0, "one", "recreate")]
        assert "two" in plan.problems[0].message
    assert codes(namespace.plan([new], listed=False))[0][0] == "list_forbidden"
    keeps = builders.item("two", certificate_secret="one-certificate", update_password="on_create")
    assert ("recreate_keeps_password", 1, "two", "update_password") in codes(namespace.plan([new, keeps]))


class TestSharedCertificate:
    def plan(self, namespace, listed=True, **options):
        parsed = destination.parse_certificate({"name": "company-ca", "certificate": CA, **options})
        assert parsed.problems == []
        return _plan.plan_certificate(parsed.items[0], namespace.observed(listed=listed))

    def test_create_keep_change_remove(self):
        namespace = Namespace()
        for options, written in [
            ({}, [("create", "company-ca", ())]),
            ({}, []),
            ({"labels": {"tier": "one"}}, [("replace", "company-ca", ("labels",))]),
            ({"certificate": OTHER_CA}, [("replace", "company-ca", ("certificate",))]),
            ({"state": "absent"}, [("delete", "company-ca", ())]),
            ({"state": "absent"}, []),
        ]:
            plan = self.plan(namespace, **options)
            assert wrote(plan) == written
            namespace.run(plan)

    def test_stays_while_a_destination_names_it(self):
        namespace = Namespace()
        namespace.run(self.plan(namespace))
        namespace.run(namespace.plan([builders.item("acme", certificate_secret="company-ca")]))
        plan = self.plan(namespace, state="absent")
        assert codes(plan) == [("certificate_in_use", None, "company-ca", "state")]
        assert plan.problems[0].message == "These destinations name it: acme."
        assert codes(self.plan(namespace, state="absent", listed=False))[0][0] == "list_forbidden"

    def test_what_was_not_made_here_is_not_removed(self):
        namespace = Namespace(builders.secret("company-ca", {"tls.crt": b"x"}))
        assert codes(self.plan(namespace, state="absent")) == [("secret_foreign", None, "company-ca", "name")]

    def test_recreate_is_refused_while_a_destination_names_it(self):
        namespace = Namespace()
        namespace.run(self.plan(namespace))
        frozen(namespace, "company-ca")
        namespace.run(self.plan(namespace, certificate=OTHER_CA, recreate=True))
        namespace.run(namespace.plan([builders.item("acme", certificate_secret="company-ca")]))
        plan = self.plan(namespace, recreate=True)
        assert codes(plan) == [("certificate_in_use", None, "company-ca", "recreate")]

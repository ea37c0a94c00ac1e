# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import random

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import MANAGED_LABEL, Secret
from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


class Namespace:
    """The secrets of a namespace in memory; takes changes as the API server does."""

    def __init__(self, *secrets):
        self.secrets = {}
        for secret in secrets:
            self._store(secret)

    def _store(self, raw):
        raw = copy.deepcopy(raw)
        version = int(raw["metadata"].get("resourceVersion", 0)) + 1
        raw["metadata"].update(uid=raw["metadata"].get("uid", f"uid-{random.random()}"), resourceVersion=str(version))
        self.secrets[raw["metadata"]["name"]] = raw

    def observed(self, *, listed=True):
        # Every unlabelled secret whose content matters is read, so for the plan it is all the same to know them all.
        return Observed({name: Secret.from_api(raw) for name, raw in self.secrets.items()}, listed=listed)

    def plan(self, items, **options):
        parsed = destination.parse_destinations(items, many=True)
        assert parsed.problems == []
        return _plan.plan_destinations(parsed.items, self.observed(listed=options.pop("listed", True)), **options)

    def apply(self, change):
        """Make one change; yields after every single write, as a kill may come between any two."""
        if change.verb in ("delete", "recreate"):
            stored = self.secrets.pop(change.name)
            assert stored["metadata"]["uid"] == change.current.metadata["uid"]
            yield
        if change.desired is None:
            return
        body = change.desired.body("epinio", change.current, fresh=change.verb != "replace")
        if change.verb == "replace":
            stored = self.secrets[change.name]
            assert body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]
            assert not stored.get("immutable") or stored["data"] == body["data"]
        else:
            assert change.name not in self.secrets
            assert {"resourceVersion", "uid"}.isdisjoint(body["metadata"])
        self._store(body)
        yield

    def run(self, plan):
        assert plan.problems == []
        for change in plan.changes:
            for _step in self.apply(change):
                pass

    def dangling(self):
        """Return the destinations that name a certificate secret that is not there."""
        return {
            name
            for name, raw in self.secrets.items()
            if (one := Secret.from_api(raw)).is_destination
            and one.certificate_secret
            and one.certificate_secret not in self.secrets
        }


def wrote(plan):
    return [(change.verb, change.name, change.fields) for change in plan.changes]


def codes(plan):
    return [(problem.code, problem.index, problem.name, problem.option) for problem in plan.problems]


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


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"registry": "other.example.com"}, ("registry",), id="registry"),
        pytest.param({"organization": "team"}, ("organization",), id="organization"),
        pytest.param({"registry_username": "else"}, ("registry_username",), id="user name"),
        pytest.param({"registry_password": "else"}, ("registry_password",), id="password"),
        pytest.param({"certificate_secret": "company-ca"}, ("certificate_secret",), id="certificate secret"),
        pytest.param({"labels": {"tier": "one"}}, ("labels",), id="labels"),
        pytest.param({"annotations": {"note": "one"}}, ("annotations",), id="annotations"),
        pytest.param({"adopt": True}, (), id="what changes nothing"),
    ],
)
def test_changes_only_what_differs(change, fields):
    namespace = Namespace(builders.certificate_secret("company-ca", CA))
    namespace.run(namespace.plan([builders.item("acme")]))
    plan = namespace.plan([builders.item("acme", **change)])
    assert wrote(plan) == ([("replace", "acme", fields)] if fields else [])
    namespace.run(plan)
    assert wrote(namespace.plan([builders.item("acme", **change)])) == []


@pytest.mark.parametrize("style", ["complete", "pretty", "dockerconfigjson type"])
def test_a_destination_written_by_hand_is_equal(style):
    namespace = Namespace(builders.destination_secret("acme", style=style))
    assert wrote(namespace.plan([builders.item("acme")])) == []


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(
            {"auths": {"registry.example.com": {"auth": "cm9ib3Q6czNjcmV0"}}}, id="no user name and no password"
        ),
        pytest.param(
            {
                "auths": {
                    "registry.example.com": {"auth": "cm9ib3Q6czNjcmV0", "Username": "robot", "password": "s3cret"}
                }
            },
            id="a key in another case",
        ),
        pytest.param(
            {
                "auths": {
                    "registry.example.com": {
                        "auth": "cm9ib3Q6czNjcmV0",
                        "username": "robot",
                        "password": "s3cret",
                        "identitytoken": "",
                    }
                }
            },
            id="an empty identity token",
        ),
    ],
)
def test_what_one_leg_would_read_otherwise_is_written_anew(config):
    namespace = Namespace(builders.destination_secret("acme", config=config))
    plan = namespace.plan([builders.item("acme")])
    assert wrote(plan) == [("replace", "acme", ("docker_config", "managed"))]
    namespace.run(plan)
    assert wrote(namespace.plan([builders.item("acme")])) == []


def test_foreign_metadata_survives_and_stale_keys_go():
    by_hand = builders.destination_secret(
        "acme", labels={"team": "x"}, annotations={"note": "y"}, data={"stale": "eA=="}
    )
    namespace = Namespace(by_hand)
    plan = namespace.plan([builders.item("acme", labels={"tier": "one"})])
    assert wrote(plan) == [("replace", "acme", ("data_keys", "labels", "managed"))]
    namespace.run(plan)
    stored = namespace.secrets["acme"]
    assert stored["metadata"]["labels"]["team"] == "x"
    assert stored["metadata"]["labels"]["tier"] == "one"
    assert stored["metadata"]["annotations"]["note"] == "y"
    assert set(stored["data"]) == {".dockerconfigjson"}
    namespace.run(namespace.plan([builders.item("acme")]))
    assert namespace.secrets["acme"]["metadata"]["labels"]["tier"] == "one"


def test_adopt_marks_at_once():
    namespace = Namespace(builders.destination_secret("acme"))
    assert wrote(namespace.plan([builders.item("acme", adopt=True)])) == [("replace", "acme", ("managed",))]


def test_what_changes_labels_alone_leaves_the_bytes_as_they_are():
    written = builders.destination_secret("acme", style="pretty")
    written["immutable"] = True
    data = dict(written["data"])
    namespace = Namespace(written)
    namespace.run(namespace.plan([builders.item("acme", adopt=True, organization="team", labels={"a": "b"})]))
    assert namespace.secrets["acme"]["data"] == data
    assert namespace.secrets["acme"]["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize("value", [pytest.param(None, id="no label"), "false", pytest.param("True", id="another case")])
def test_a_managed_destination_gets_epinios_label_back(value):
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme")]))
    labels = namespace.secrets["acme"]["metadata"]["labels"]
    del labels[_epinio.API_EXPORT_LABEL]
    if value is not None:
        labels[_epinio.API_EXPORT_LABEL] = value
    assert wrote(namespace.plan([builders.item("acme")])) == [("replace", "acme", ("export_label",))]


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


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(builders.docker_config("registry.example.com", "robot", "stored"), id="a complete docker config"),
        pytest.param({"auths": {"registry.example.com": {"auth": builders.auth("robot", "stored")}}}, id="auth alone"),
    ],
)
def test_on_create_keeps_the_stored_password(config):
    namespace = Namespace(builders.destination_secret("acme", config=config))
    items = [builders.item("acme", update_password="on_create", organization="team")]
    namespace.run(namespace.plan(items))
    assert builders.stored(namespace.secrets["acme"]) == ("registry.example.com", "robot", "stored")
    assert wrote(namespace.plan(items)) == []


def test_on_create_writes_the_password_of_a_new_destination():
    namespace = Namespace()
    namespace.run(namespace.plan([builders.item("acme", update_password="on_create")]))
    assert builders.stored(namespace.secrets["acme"]) == ("registry.example.com", "robot", "s3cret")


@pytest.mark.parametrize(
    ("change", "code", "option"),
    [
        pytest.param({"registry": "other.example.com"}, "password_for_another", "registry", id="another registry"),
        pytest.param(
            {"registry_username": "else"}, "password_for_another", "registry_username", id="another user name"
        ),
    ],
)
def test_on_create_does_not_send_the_stored_password_elsewhere(change, code, option):
    namespace = Namespace(builders.destination_secret("acme"))
    plan = namespace.plan([builders.item("acme", update_password="on_create", **change)])
    assert codes(plan) == [(code, 0, "acme", option)]
    assert "update_password: always" in plan.problems[0].remedy


def test_on_create_does_not_guess_which_password_is_stored():
    config = builders.docker_config("registry.example.com", "robot", "one")
    config["auths"]["registry.example.com"]["auth"] = builders.auth("robot", "two")
    plan = Namespace(builders.destination_secret("acme", config=config)).plan(
        [builders.item("acme", update_password="on_create")]
    )
    assert codes(plan) == [("password_unclear", 0, "acme", "update_password")]
    assert {"one", "two"}.isdisjoint(plan.problems[0].message.split())


def frozen(namespace, name):
    namespace.secrets[name]["immutable"] = True


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
        == "The secret 'acme' has a type that wants other keys and must change (data_keys, managed)."
    )
    namespace.run(namespace.plan([builders.item("acme", recreate=True)]))
    assert namespace.secrets["acme"]["type"] == "Opaque"


def test_recreate_does_not_risk_a_password_that_only_the_cluster_knows():
    namespace = Namespace(builders.destination_secret("acme"))
    frozen(namespace, "acme")
    namespace.secrets["acme"]["data"]["stale"] = "eA=="
    plan = namespace.plan([builders.item("acme", recreate=True, update_password="on_create")])
    assert codes(plan) == [("recreate_keeps_password", 0, "acme", "update_password")]


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


def test_owner_references_stay():
    namespace = Namespace(builders.destination_secret("acme"))
    namespace.secrets["acme"]["metadata"]["ownerReferences"] = [{"kind": "ConfigMap", "name": "x", "uid": "y"}]
    namespace.run(namespace.plan([builders.item("acme", organization="team")]))
    assert namespace.secrets["acme"]["metadata"]["ownerReferences"]


def test_a_secret_above_the_limit_is_refused_before_anything_is_written():
    plan = Namespace().plan([builders.item("acme", registry_password="x" * 600_000)])
    assert codes(plan) == [("secret_too_large", 0, "acme", "registry_password")]


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


def test_ownership_label_is_a_valid_label_key():
    prefix, name = MANAGED_LABEL.split("/")
    assert (prefix, name) == ("epinio.registries", "managed")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run deletes, creates again, or finds stored otherwise is reported as what it is."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import once
from ansible_collections.epinio.registries.tests.support.runs import FORBIDDEN, actions, beside, params, run_list

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


def test_what_stands_was_not_deleted(api):
    """A removal is repeated, and in between somebody else changes what was to go; then the run fails."""
    beta = builders.item("beta", certificate=CA)
    run_list(api, builders.item("acme"), beta)

    def touch():
        api.store(api.secrets["acme"])
        del api.secrets["beta-certificate"]
        api.faults.append(once("POST", FORBIDDEN))

    beside(api, "DELETE", "acme", touch, answer=(503, {}, {"message": "busy"}))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", state="absent"), beta)
    assert failed.value.result["changed"] is False
    assert "deleted" not in str(failed.value)


def test_destinations_that_stepped_aside_and_are_not_back_are_named(api):
    items = [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items[0] = builders.item("one", certificate=OTHER_CA, recreate=True)
    api.faults.append(once("POST", FORBIDDEN, times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, *items)
    assert str(failed.value).endswith(
        "has the Role. These secrets were deleted, and are missing until a second run creates them: "
        "one-certificate, one, two."
    )
    assert failed.value.result["changed"] is True
    assert actions(failed.value.result) == {
        "destinations": {"one": ("removed", []), "two": ("removed", [])},
        "certificates": {"one-certificate": ("removed", [])},
    }


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        pytest.param("DELETE", "lost", id="the removal's answer is lost"),
        pytest.param("POST", (409, {}, {"message": "exists"}), id="another run creates it first"),
        pytest.param("POST", "cut", id="the creation gets no answer"),
    ],
)
def test_a_destination_is_recreated_whatever_happens_in_between(api, method, fault):
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    api.faults.append(once(method, fault))
    outcome = run_list(api, builders.item("acme", registry_password="new", recreate=True))
    assert actions(outcome.result)["destinations"] == {"acme": ("changed", ["registry_password"])}


@pytest.mark.parametrize(
    ("status", "end"),
    [
        pytest.param(
            403,
            "These secrets were deleted, and are missing until a second run creates them: acme.",
            id="it is forbidden",
        ),
        pytest.param(504, "It is not known whether these were written: acme.", id="it does not end in time"),
    ],
)
def test_a_destination_that_cannot_be_created_again(api, status, end):
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    api.faults.append(once("POST", (status, {}, {"message": "no"}), times=99))
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", registry_password="new", recreate=True), timeout=0.5)
    assert str(failed.value).endswith(end)
    api.faults.clear()
    outcome = run_list(api, builders.item("acme", registry_password="new"))
    assert actions(outcome.result)["destinations"] == {"acme": ("created", [])}


def test_recreating_is_one_change_in_the_report(api):
    items = [builders.item("one", certificate=CA), builders.item("two", certificate_secret="one-certificate")]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items[0] = builders.item("one", certificate=OTHER_CA, recreate=True)
    api.faults.append(once("POST", "lost"))
    outcome = run_list(api, *items)
    assert {name: action for name, (action, _fields) in actions(outcome.result)["destinations"].items()} == {
        "one": "changed",
        "two": "changed",
    }
    assert outcome.result["counts"]["changed"] == 3


def test_what_another_run_creates_again_was_changed_here(api):
    """Both are to recreate it; the one deletes it, the other is first to create it."""
    run_list(api, builders.item("acme"))
    api.secrets["acme"]["immutable"] = True
    item = builders.item("acme", registry_password="n3w", recreate=True)
    beside(api, "POST", "acme", lambda: run_list(api, item))
    assert actions(run_list(api, item).result)["destinations"] == {"acme": ("changed", ["registry_password"])}


def test_what_stepped_aside_and_another_run_creates_again_was_changed_here(api):
    items = [builders.item("one", certificate=CA)]
    run_list(api, *items)
    api.secrets["one-certificate"]["immutable"] = True
    items = [builders.item("one", certificate=OTHER_CA, registry_password="n3w", recreate=True)]

    def first(method, path):
        if method == "POST" and "one-certificate" in api.secrets:
            api.faults.clear()
            run_list(api, *items)

    api.faults.append(first)
    outcome = run_list(api, *items, diff=True)
    assert actions(outcome.result)["destinations"] == {"one": ("changed", ["registry_password"])}
    assert list(outcome.result["diff"]["after"]["destinations"]) == ["one"]


@pytest.fixture
def sharing(api):
    """The list of two destinations that stand there, and share a certificate that is immutable."""
    items = [
        builders.item("one", certificate=CA, certificate_secret="ca"),
        builders.item("two", certificate_secret="ca"),
    ]
    run_list(api, *items)
    api.secrets["ca"]["immutable"] = True
    return items


@pytest.mark.parametrize("gone", [False, True])
def test_a_destination_with_finalizers_does_not_step_aside(api, sharing, gone):
    api.secrets["two"]["metadata"]["finalizers"] = ["example.com/wait"]
    sharing[0].update(certificate=OTHER_CA, recreate=True)
    before = len(api.writes())
    with pytest.raises(Failure) as failed:
        run_list(api, *sharing[: 1 if gone else 2], prune=gone)
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["finalizers"]
    assert len(api.writes()) == before


def test_what_has_finalizers_is_not_recreated(api):
    run_list(api, builders.item("acme"))
    api.secrets["acme"].update(immutable=True)
    api.secrets["acme"]["metadata"]["finalizers"] = ["example.com/wait"]
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme", registry_password="n3w", recreate=True))
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["finalizers"]
    assert [method for method, _path in api.writes()] == ["POST"]


@pytest.mark.parametrize("fault", [pytest.param(None, id="answered"), pytest.param("lost", id="the answer is lost")])
def test_what_a_finalizer_keeps_is_removed_once(api, fault):
    run_list(api, builders.item("acme", certificate=CA))
    builders.waiting(api.secrets["acme"])
    gone = builders.item("acme", state="absent")
    checked = run_list(api, gone, check_mode=True)
    api.faults.append(once("DELETE", fault))
    done = run_list(api, gone)
    assert checked.result["changed"] is done.result["changed"] is True
    assert actions(done.result) == {"destinations": {"acme": ("removed", [])}, "certificates": {}}
    assert any("example.com/hold" in warning for warning in done.warnings)
    for check_mode in (True, False):
        again = run_list(api, gone, check_mode=check_mode)
        assert again.result["changed"] is False
        assert actions(again.result)["destinations"] == {"acme": ("kept", [])}
        assert "is still there" in again.warnings[0]
    info = engine.run("export_registry_info", params(api))
    assert [entry["name"] for entry in info.result["destinations"]] == ["acme"]
    assert "is still there" in info.warnings[0]
    del api.secrets["acme"]
    assert actions(run_list(api, gone).result)["certificates"] == {"acme-certificate": ("removed", [])}


@pytest.mark.parametrize(
    "gone", [pytest.param({"state": "absent"}, id="by its state"), pytest.param(None, id="by pruning")]
)
def test_a_certificate_is_recreated_although_one_of_its_destinations_goes(api, sharing, gone):
    before = len(api.writes())
    after = [{**sharing[0], "certificate": OTHER_CA, "recreate": True}] + ([{**sharing[1], **gone}] if gone else [])
    outcome = run_list(api, *after, prune=gone is None)
    assert actions(outcome.result) == {
        "destinations": {"one": ("changed", ["recreated"]), "two": ("removed", [])},
        "certificates": {"ca": ("changed", ["certificate"])},
    }
    written = [(method, path.rpartition("/")[2]) for method, path in api.writes()[before:]]
    assert sorted(written[:2]) == [("DELETE", "one"), ("DELETE", "two")]
    assert written[2:] == [("DELETE", "ca"), ("POST", "secrets"), ("POST", "secrets")]
    assert run_list(api, *after).result["changed"] is False


class TestAltered:
    """What the API server stores may be something else than what it was sent: an admission policy changes it."""

    @pytest.fixture
    def policed(self, api):
        """A server that changes what it stores; what is as it was before keeps its version, as with etcd."""
        store = api._store

        def altering(change):
            def _store(raw):
                change(raw)
                before = api.secrets.get(raw["metadata"]["name"])
                same = before and {**before["metadata"], "uid": ""} == {**raw["metadata"], "uid": ""}
                return before if same and before["data"] == raw["data"] else store(raw)

            api._store = _store

        return altering

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            pytest.param(lambda raw: raw["metadata"]["labels"].update(tier="policy"), "labels", id="a label"),
            pytest.param(lambda raw: raw["metadata"]["labels"].pop("tier"), "labels", id="a label is taken away"),
            pytest.param(
                lambda raw: raw["metadata"]["annotations"].update(note="x"), "annotations", id="an annotation"
            ),
            pytest.param(
                lambda raw: raw["metadata"]["annotations"].update({"epinio.io/registry-namespace": "policy"}),
                "organization",
                id="Epinio's annotation",
            ),
            pytest.param(
                lambda raw: raw["metadata"]["labels"].pop("epinio.registries/managed"), "managed", id="our label"
            ),
            pytest.param(lambda raw: raw["data"].update(more="eA=="), "data_keys", id="a data key"),
            pytest.param(
                lambda raw: raw["data"].update({".dockerconfigjson": "e30="}), "docker_config", id="the docker config"
            ),
        ],
    )
    def test_is_reported(self, api, policed, change, field):
        policed(change)
        item = builders.item("acme", labels={"tier": "list"}, annotations={"note": "list"})
        first = run_list(api, item)
        assert actions(first.result)["destinations"] == {"acme": ("created", [])}
        assert f"did not store the secret 'acme' as it was sent ({field})" in first.warnings[0]
        again = run_list(api, item)
        assert again.result["changed"] is False
        assert actions(again.result)["destinations"] == {"acme": ("kept", [])}
        assert again.warnings == (first.warnings if field != "managed" else [])

    def test_not_what_does_not_matter(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(other="policy"))
        for changed in (True, False):
            outcome = run_list(api, builders.item("acme"))
            assert (outcome.result["changed"], outcome.warnings) == (changed, [])

    def test_is_reported_of_what_was_done_before_a_failure(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(tier="policy"))
        api.faults.append(once("POST", (422, {}, {"message": "no"}), skip=1))
        with pytest.raises(Failure) as failed:
            run_list(api, builders.item("acme", certificate=CA, labels={"tier": "list"}))
        assert "did not store the secret 'acme-certificate'" in failed.value.warnings[0]

    def test_the_remedy_comes_to_rest(self, api, policed):
        policed(lambda raw: raw["metadata"]["labels"].update(tier="policy"))
        run_list(api, builders.item("acme", labels={"tier": "list"}))
        outcome = run_list(api, builders.item("acme", labels={"tier": "policy"}))
        assert (outcome.result["changed"], outcome.warnings) == (False, [])

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each module asks the engine for, and what comes back of it."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.runs import actions, params, run_list

CA = builders.authority("CA one")


def test_check_do_check_again_do_again(api):
    items = [builders.item("acme", certificate=CA), builders.item("beta")]
    checked = run_list(api, *items, check_mode=True, diff=True)
    assert api.writes() == []
    done = run_list(api, *items, diff=True)
    assert checked.result == done.result
    assert done.result["changed"] is True
    assert actions(done.result) == {
        "destinations": {"acme": ("created", []), "beta": ("created", [])},
        "certificates": {"acme-certificate": ("created", [])},
    }
    assert [entry["certificate_secret"] for entry in done.result["destinations"]] == ["acme-certificate", None]
    assert done.result["counts"] == {"created": 3, "changed": 0, "removed": 0, "kept": 0}
    for check_mode in (True, False):
        before = len(api.requests)
        again = run_list(api, *items, check_mode=check_mode)
        assert again.result["changed"] is False
        assert again.result["counts"] == {"created": 0, "changed": 0, "removed": 0, "kept": 3}
        assert "diff" not in again.result
        assert [method for method, _path in api.requests[before:]] == ["GET", "GET"]


def test_prune_is_reported_behind_the_list(api):
    run_list(api, builders.item("old", certificate=CA), builders.item("kept"))
    pruned = run_list(api, builders.item("kept"), prune=True)
    assert actions(pruned.result) == {
        "destinations": {"kept": ("kept", []), "old": ("removed", [])},
        "certificates": {"old-certificate": ("removed", [])},
    }


def test_a_bad_list_writes_nothing_and_says_everything(api):
    with pytest.raises(Failure) as failed:
        run_list(api, builders.item("acme"), builders.item("Beta"), builders.item("gamma", registry=""))
    assert str(failed.value) == (
        "Nothing was written: 2 problems.\n"
        "- destinations[1] (Beta), name: 'Beta' has upper-case letters. Use 'beta'.\n"
        "- destinations[2] (gamma), registry: It is missing or empty. Set registry."
    )
    assert failed.value.result["changed"] is False
    assert [problem["code"] for problem in failed.value.result["problems"]] == ["name_invalid", "option_required"]
    assert api.requests == []


def test_what_the_cluster_does_not_allow_is_said_before_the_first_write(api):
    api.store(builders.secret("beta", {"key": b"x"}))
    with pytest.raises(Failure, match="The secret 'beta' is there already and is not an export destination"):
        run_list(api, builders.item("acme"), builders.item("beta"))
    assert api.writes() == []


@pytest.mark.parametrize(
    "users",
    [
        pytest.param(1, id="a number"),
        pytest.param("one", id="text"),
        pytest.param([None], id="null in the list"),
        pytest.param([{"name": "one"}], id="a user without content"),
        pytest.param([{"user": None}], id="null for a user"),
        pytest.param([{"user": ["s3cret"]}], id="a list for a user"),
    ],
)
def test_users_of_a_kubeconfig_may_be_anything(users):
    with pytest.raises(Failure, match=r"The kubeconfig that kubeconfig gives has "):
        engine.run("export_registry_info", {"kubeconfig": {"users": users}, "namespace": "epinio", "timeout": 5.0})


def test_single_destination_and_certificate(api):
    shared = params(api, name="company-ca", certificate=CA, state="present")
    assert engine.run("export_registry_certificate", shared).result["certificates"][0]["action"] == "created"
    one = {**params(api), **builders.item("acme", certificate_secret="company-ca")}
    assert actions(engine.run("export_registry", one).result) == {
        "destinations": {"acme": ("created", [])},
        "certificates": {},
    }
    gone = {**shared, "state": "absent"}
    with pytest.raises(Failure, match="These destinations name it: acme"):
        engine.run("export_registry_certificate", gone)
    assert engine.run("export_registry", {**one, "state": "absent"}).result["counts"]["removed"] == 1
    assert engine.run("export_registry_certificate", gone).result["changed"] is True
    assert engine.run("export_registry_certificate", gone).result["changed"] is False


def test_a_missing_namespace(api):
    with pytest.raises(Failure, match=r"There is no namespace 'nowhere'\. Install Epinio first"):
        run_list(api, builders.item("acme"), namespace="nowhere")
    with pytest.raises(Failure, match="There is no namespace 'nowhere'"):
        engine.run("export_registry_info", params(api, namespace="nowhere"))


def no_list(method, path):
    if method == "GET" and path.endswith("/secrets"):
        return 403, {}, {"message": "cannot list"}
    return None


def test_without_list_single_reads_do(api):
    api.faults.append(no_list)
    items = [builders.item("acme", certificate=CA), builders.item("beta", certificate_secret="acme-certificate")]
    assert run_list(api, *items).result["counts"]["created"] == 3
    assert run_list(api, *items).result["counts"]["kept"] == 3
    with pytest.raises(Failure, match="Grant the verb list on secrets"):
        run_list(api, *items, prune=True)
    with pytest.raises(Failure, match="'acme-certificate' would go"):
        run_list(api, builders.item("acme"))
    info = engine.run("export_registry_info", params(api, names=["acme"])).result
    assert info["destinations"][0]["usable"] is True
    with pytest.raises(Failure, match="or give names"):
        engine.run("export_registry_info", params(api))


def test_without_get_either_the_missing_permission_is_named(api):
    api.faults.append(lambda _method, path: (403, {}, {"message": "cannot"}) if "/secrets" in path else None)
    with pytest.raises(Failure, match="A permission is missing: cannot"):
        run_list(api, builders.item("acme"))

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX takes our credential types, and they keep what we learned of its injectors."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from tests.awx.definitions import definitions
from tests.awx.rules import refusals

TYPES = definitions(epinio_awx_project_url="")["controller_credential_types"]


@pytest.mark.parametrize("credential_type", TYPES, ids=lambda one: one["name"])
def test_awx_takes_it(credential_type: dict[str, Any]) -> None:
    assert refusals(credential_type) == []


@pytest.mark.parametrize("credential_type", TYPES, ids=lambda one: one["name"])
def test_it_may_hang_on_an_inventory_source_and_leaks_nothing(credential_type: dict[str, Any]) -> None:
    assert credential_type["kind"] == "cloud"
    fields = credential_type["inputs"]["fields"]
    assert [field["id"] for field in fields] == credential_type["inputs"]["required"], (
        "a blank field is an empty variable"
    )
    assert all(field["secret"] for field in fields)
    injectors = credential_type["injectors"]
    assert set(injectors) == {"file", "env"}
    for template in injectors["env"].values():
        assert re.fullmatch(r"\{\{ tower\.filename\.\w+ \}\}", template)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the first type with something else at a place."""
    whole = copy.deepcopy(TYPES[0])
    place = whole
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return whole


FIELD = ("inputs", "fields", 0)


@pytest.mark.parametrize(
    ("credential_type", "why"),
    [
        pytest.param(changed("kind", to="ssh"), "kind must be", id="another kind"),
        pytest.param(changed("inputs", "dependencies", to={}), "inputs has dependencies", id="dependencies"),
        pytest.param(changed(*FIELD, "ask_at_runtime", to=True), "has ask_at_runtime", id="an unknown key"),
        pytest.param(changed(*FIELD, "multiline", to="yes"), "has another type", id="another type"),
        pytest.param(changed(*FIELD, "id", to="kube-config"), "no variable name", id="a hyphen"),
        pytest.param(changed(*FIELD, "id", to="tower"), "reserved", id="tower"),
        pytest.param(changed("inputs", "fields", to=TYPES[0]["inputs"]["fields"] * 2), "there twice", id="twice"),
        pytest.param(changed(*FIELD, "type", to="boolean"), "which is no string", id="a secret boolean"),
        pytest.param(changed(*FIELD, "type", to="integer"), "is a integer", id="an unknown type"),
        pytest.param(changed("inputs", "required", to=["x"]), "which is no field", id="requires what is none"),
        pytest.param(changed("injectors", "file", "template", to=""), "not both", id="one file and named ones"),
        pytest.param(changed("injectors", "file", "kubeconfig", to=""), "no name of a file", id="another file"),
        pytest.param(changed("injectors", "env", "ANSIBLE_FORKS", to="1"), "not allowed", id="Ansible's settings"),
        pytest.param(changed("injectors", "env", "PYTHONPATH", to="1"), "not allowed", id="on the list of AWX"),
        pytest.param(changed("injectors", "env", "X", to="\xe9"), "no variable of", id="beyond ASCII"),
        pytest.param(changed("injectors", "env", "X", to="{{ y }}"), "'y' is undefined", id="an unknown field"),
        pytest.param(changed("injectors", "env", "X", to="{{ y"), "env X", id="no template"),
        pytest.param(
            changed("injectors", "env", "X", to="{{ tower.filename.y }}"), "no attribute 'y'", id="no such file"
        ),
        pytest.param(changed("injectors", "vars", to={}), "injectors has vars", id="an unknown injector"),
    ],
)
def test_what_awx_refuses(credential_type: dict[str, Any], why: str) -> None:
    found = refusals(credential_type)
    assert found
    assert why in " ".join(found)

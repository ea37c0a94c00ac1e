# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands in options: by the rooms that judge them, by the engine, and by the whole front."""

from __future__ import annotations

from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from hypothesis import strategies as st

from tests.fuzz import hostile, in_process
from tests.fuzz.counting import inputs
from tests.fuzz.oracle import CREDENTIAL, PASSWORD, assert_documented


@inputs("options: lists", 600, items=st.lists(hostile.ITEMS, max_size=3), many=st.booleans())
def test_lists(items: list[dict[str, Any]], many: bool) -> None:
    parsed = destination.parse_destinations(items, many=many)
    assert len(parsed.items) == len(items)
    assert_documented([*parsed.problems, *parsed.warnings])
    for problem in parsed.problems:
        assert (problem.index in range(len(items))) if many else (problem.index is None)


@inputs("options: certificates", 300, item=hostile.ITEMS)
def test_certificates(item: dict[str, Any]) -> None:
    parsed = destination.parse_certificate(item)
    assert_documented([*parsed.problems, *parsed.warnings])


@inputs(
    "options: engine",
    400,
    items=st.lists(hostile.ITEMS, max_size=3),
    check_mode=st.booleans(),
    prune=st.fixed_dictionaries(
        {"prune": st.booleans(), "prune_all": st.booleans(), "prune_except": st.lists(hostile.TEXT, max_size=2)}
    ),
)
def test_engine(items: list[dict[str, Any]], check_mode: bool, prune: dict[str, Any]) -> None:
    with in_process.server() as server:
        params = in_process.connection(destinations=items, **prune)
        ended = in_process.engine("export_registries", params, check_mode=check_mode)
        assert server.secrets == {} or not (ended.failed or check_mode)


_CONNECTION = st.fixed_dictionaries(
    {},
    optional={
        "namespace": hostile.TEXT | hostile.ANYTHING,
        "timeout": st.floats() | hostile.ANYTHING,
        "host": hostile.TEXT,
        "api_key": hostile.TEXT,
        "impersonate_groups": hostile.ANYTHING,
        "no_proxy": hostile.TEXT,
        "context": hostile.TEXT,
        "names": hostile.ANYTHING,
        "fail_on": hostile.ANYTHING,
    },
)
_MODULES = st.sampled_from(
    ["export_registries", "export_registry", "export_registry_certificate", "export_registry_check"]
)


@inputs(
    "options: front",
    500,
    name=_MODULES,
    items=st.lists(hostile.RAW_ITEMS, min_size=1, max_size=2) | hostile.ANYTHING,
    options=st.just({}) | _CONNECTION,
    check_mode=st.booleans(),
)
def test_front(name: str, items: Any, options: dict[str, Any], check_mode: bool) -> None:
    single = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    args = {"destinations": items} if name in ("export_registries", "export_registry_check") else single
    with in_process.server():
        in_process.front(name, {**in_process.connection(), **args, **options}, check_mode=check_mode)


_USERS = st.fixed_dictionaries(
    {},
    optional={
        "token": st.just(CREDENTIAL.value),
        "password": st.just(CREDENTIAL.value) | hostile.ANYTHING,
        "username": hostile.TEXT,
        "client-key-data": st.just(CREDENTIAL.value) | hostile.ANYTHING,
        "client-certificate-data": hostile.TEXT,
        "auth-provider": st.just({"name": "oidc", "config": {"id-token": CREDENTIAL.value}}),
    },
)


def _named(key: str, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    entry = st.fixed_dictionaries({"name": st.just("a") | hostile.TEXT}, optional={key: inner | hostile.ANYTHING})
    return st.lists(entry, max_size=2) | hostile.ANYTHING


#: No exec plugins: they would be executed.
_KUBECONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "apiVersion": st.just("v1"),
        "kind": st.just("Config"),
        "current-context": st.just("a") | hostile.TEXT,
        "clusters": _named("cluster", st.just({"server": "http://127.0.0.1"}) | hostile.ANYTHING),
        "contexts": _named("context", st.just({"cluster": "a", "user": "a"}) | hostile.ANYTHING),
        "users": _named("user", _USERS),
    },
)


@inputs("options: kubeconfig", 300, kubeconfig=_KUBECONFIGS | hostile.ANYTHING)
def test_kubeconfig(kubeconfig: Any) -> None:
    with in_process.server():
        in_process.front(
            "export_registries",
            {"kubeconfig": kubeconfig, "destinations": [hostile.item()], "host": None},
            check_mode=True,
        )


def test_the_password_is_seen_where_it_is() -> None:
    """What every other test relies on."""
    assert PASSWORD.found_in(repr(hostile.item()).encode())

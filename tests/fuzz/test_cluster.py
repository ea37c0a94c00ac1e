# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands in a namespace, and whatever an API server answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import strategies as st

from tests.fuzz import hostile, in_process
from tests.fuzz.counting import inputs
from tests.fuzz.oracle import PASSWORD, TOKEN

_TYPES = st.sampled_from(
    ["Opaque", "Opaque", "kubernetes.io/dockerconfigjson", "kubernetes.io/tls", "kubernetes.io/basic-auth", "", "x/y"]
)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_VALUES = st.none() | hostile.TEXT | st.binary(max_size=9).map(_base64)
_DATA = st.fixed_dictionaries(
    {},
    optional={
        ".dockerconfigjson": hostile.FEW_CONFIGS.map(_base64) | _VALUES,
        "certs": st.one_of(hostile.NAMES, hostile.TEXT).map(hostile.encoded).map(_base64) | _VALUES,
        "tls.crt": st.one_of(hostile.PEM, hostile.MUTATED_PEM).map(_base64) | _VALUES,
        "tls.key": hostile.PEM.map(_base64) | _VALUES,
        "": _VALUES,
    },
)
_LABELS = st.fixed_dictionaries(
    {},
    optional={
        "epinio.io/api-export-registry": st.sampled_from(["true", "true", "True", ""]) | hostile.TEXT,
        "epinio.registries/managed": st.sampled_from(["destination", "destination-certificate", "shared-certificate"])
        | hostile.TEXT,
        "tier": hostile.TEXT,
    },
)
_ANNOTATIONS = st.fixed_dictionaries(
    {}, optional={"epinio.io/registry-namespace": st.just("acme") | hostile.TEXT, "note": hostile.TEXT}
)
_METADATA = st.fixed_dictionaries(
    {"labels": _LABELS | st.none(), "annotations": _ANNOTATIONS | st.none()},
    optional={
        "ownerReferences": st.sampled_from([None, [], [{"kind": "ConfigMap", "name": "x", "uid": "y"}], [None]]),
        "finalizers": st.sampled_from([None, [], ["a.b/c"]]),
        "deletionTimestamp": st.just("2026-01-01T00:00:00Z"),
    },
)
#: Secrets as somebody may have put them there; the API server sees to their names alone.
_SECRETS = st.lists(
    st.builds(
        lambda name, metadata, rest: {"metadata": {**metadata, "name": name}, **rest},
        hostile.NAMES,
        _METADATA,
        st.fixed_dictionaries(
            {}, optional={"data": _DATA | st.none(), "type": _TYPES, "immutable": st.none() | st.booleans()}
        ),
    ),
    max_size=3,
    unique_by=lambda raw: raw["metadata"]["name"],
)


@inputs("cluster: info", 600, secrets=_SECRETS, names=st.none() | st.lists(hostile.NAMES | hostile.TEXT, max_size=3))
def test_info(secrets: list[dict[str, Any]], names: list[str] | None) -> None:
    with in_process.server(secrets):
        ended = in_process.engine("export_registry_info", in_process.connection(names=names))
    assert not ended.failed


@inputs("cluster: check", 300, secrets=_SECRETS, names=st.none() | st.lists(hostile.NAMES | hostile.TEXT, max_size=3))
def test_check(secrets: list[dict[str, Any]], names: list[str] | None) -> None:
    with in_process.server(secrets):
        in_process.engine(
            "export_registry_check", in_process.connection(names=names, destinations=None, allow_http=False, fail_on=[])
        )


_ITEMS = st.lists(
    st.builds(
        lambda name, options: hostile.item(name=name, **options),
        hostile.NAMES,
        st.fixed_dictionaries(
            {},
            optional={
                "certificate": hostile.CERTIFICATE,
                "certificate_secret": st.sampled_from(["company-ca", "acme-certificate", "beta"]),
                "labels": st.just({"tier": "one"}),
                "annotations": st.just({"note": "one"}),
                "update_password": st.just("on_create"),
                "adopt": st.just(True),
                "recreate": st.just(True),
                "state": st.just("absent"),
            },
        ),
    ),
    max_size=3,
    unique_by=lambda item: item["name"],
)


@inputs("cluster: list", 500, secrets=_SECRETS, items=_ITEMS, prune=st.booleans(), check_mode=st.booleans())
def test_list(secrets: list[dict[str, Any]], items: list[dict[str, Any]], prune: bool, check_mode: bool) -> None:
    with in_process.server(secrets) as server:
        before = json.dumps(server.secrets)
        params = in_process.connection(destinations=items, prune=prune, prune_all=True, prune_except=())
        ended = in_process.engine("export_registries", params, check_mode=check_mode)
        if check_mode or ended.failed:
            assert json.dumps(server.secrets) == before
            return
        again = in_process.engine("export_registries", params)
        assert not again.failed
        assert not again.result["changed"]


@inputs("cluster: shared certificate", 200, secrets=_SECRETS, item=_ITEMS.filter(bool))
def test_shared_certificate(secrets: list[dict[str, Any]], item: list[dict[str, Any]]) -> None:
    with in_process.server(secrets):
        params = in_process.connection(**item[0])
        ended = in_process.engine("export_registry_certificate", params)
        assert ended.failed or not in_process.engine("export_registry_certificate", params).result["changed"]


_STATUSES = st.sampled_from([200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 503, 599])
_MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.just({"name": "acme"})
        | st.fixed_dictionaries({}, optional={"continue": hostile.JSON})
        | hostile.JSON,
        "message": hostile.JSON
        | st.sampled_from([PASSWORD.value, builders.auth("robot", PASSWORD.value), f"{TOKEN.value}: no"]),
        "details": st.fixed_dictionaries({}, optional={"kind": st.just("namespaces") | hostile.JSON}) | hostile.JSON,
        "items": st.lists(st.fixed_dictionaries({"metadata": st.just({"name": "a"}) | hostile.JSON}), max_size=2)
        | hostile.JSON,
        "data": hostile.JSON,
    },
)
_ANSWERS = st.tuples(
    _STATUSES,
    st.fixed_dictionaries({}, optional={"Retry-After": st.sampled_from(["0", "1", "²", "9" * 400, "-1", "x"])}),
    (_MESSAGES | hostile.JSON).map(lambda said: json.dumps(said).encode()) | st.binary(max_size=30),
)


@inputs("cluster: answers", 400, answers=st.lists(_ANSWERS, min_size=1, max_size=4), info=st.booleans())
def test_answers(answers: list[tuple[int, Mapping[str, str], bytes]], info: bool) -> None:
    """Whatever the answers, in turn: the run ends, with a result or a reason."""
    turn = iter(range(10**6))

    def said(_method: str, _path: str) -> tuple[int, Mapping[str, str], bytes]:
        return answers[next(turn) % len(answers)]

    with in_process.server(said=said):
        params = in_process.connection(destinations=[hostile.item()], prune=False, prune_all=False, prune_except=())
        in_process.engine("export_registry_info" if info else "export_registries", params)

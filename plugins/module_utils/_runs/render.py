# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests of a list, for Git: nothing is asked of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import rendering
from ansible_collections.epinio.registries.plugins.module_utils._desired.arguments import Encrypted
from ansible_collections.epinio.registries.plugins.module_utils._desired.checks import Checks
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._desired.external_secrets import external_secret
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import DESTINATION
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Outcome, refused

#: Stands for a user name or a password that nobody knows here, so that the rest of the item can be checked.
_STAND_IN = "unknown"
#: What a secret store has of each destination.
_IN_STORE = ("registry_username", "registry_password")


class StandIn(str):
    """A text in the place of one that nobody knows here: the rest of its item can be checked all the same."""

    __slots__ = ()


def with_stand_ins(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the filter ``name`` with stand-ins for what it does without.

    These are passwords that cannot be decrypted where they are optional, and for External Secrets what a store has.
    """
    listed = args.get("destinations")
    if not isinstance(listed, list):
        return {**args}
    fill = _filled_from_store if name == "to_external_secrets" else _filled_where_encrypted
    optional = name == "to_external_secrets" or args.get("passwords") == "optional"
    return {**args, "destinations": [fill(one) if optional and isinstance(one, dict) else one for one in listed]}


def _filled_where_encrypted(item: Mapping[str, Any]) -> dict[str, Any]:
    encrypted = isinstance(item.get("registry_password"), Encrypted)
    return {**item, "registry_password": StandIn(_STAND_IN)} if encrypted else {**item}


def _filled_from_store(item: Mapping[str, Any]) -> dict[str, Any]:
    filled: dict[str, str] = {option: StandIn(_STAND_IN) for option in _IN_STORE if item.get(option) is None}
    if isinstance(item.get("registry_password"), Encrypted):
        filled["registry_password"] = _STAND_IN  # it is there, and refused for that alone
    return {**item, **filled}


def manifests(params: Mapping[str, Any], mask: Mask) -> Outcome:
    """Return the secrets as the modules write them, without data where the password is not known."""
    rendered = _rendered(params, mask)
    unknown = _stood_in(params, "registry_password")
    bodies = [one.body(params["namespace"], None) for one in rendered.secrets]
    for body in bodies:
        if body["metadata"]["name"] in unknown:
            del body["data"]
    return Outcome({"manifests": bodies}, [*map(str, rendered.warnings)])


def external_secrets(params: Mapping[str, Any], mask: Mask) -> Outcome:
    """Return an ExternalSecret for each destination, and certificate secrets as they are: they are not confidential."""
    rendered = _rendered(params, mask, more=_of_the_store(params))
    stored = _stood_in(params, "registry_username")
    store = {option: params[option] for option in ("store", "kind", "key")}
    return Outcome(
        {
            "manifests": [
                external_secret(
                    one, params["namespace"], username=None if one.name in stored else one.username, **store
                )
                if one.kind == DESTINATION
                else one.body(params["namespace"], None)
                for one in rendered.secrets
            ]
        },
        [*map(str, rendered.warnings)],
    )


def _rendered(params: Mapping[str, Any], mask: Mask, more: Findings | None = None) -> rendering.Rendering:
    parsed = parse_destinations(params["destinations"], many=True)
    made = rendering.render(parsed, namespace=params["namespace"], allow_external=params["allow_external"])
    problems = [*made.problems, *(more.problems if more else ())]
    if problems:
        raise refused(problems, made.warnings, mask=mask, done="rendered")
    return made


def _of_the_store(params: Mapping[str, Any]) -> Findings:
    findings = Findings()
    Checks(findings, Place()).secret_name(params["store"], "store")
    for index, item in enumerate(params["destinations"]):
        if not isinstance(item["registry_password"], StandIn):
            findings.refuse(Place(index, item["name"]), "password_unwanted")
    return findings


def _stood_in(params: Mapping[str, Any], option: str) -> set[str]:
    return {item["name"] for item in params["destinations"] if isinstance(item[option], StandIn)}

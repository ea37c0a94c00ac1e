# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters in, result out: which run a module asks for. What the module and the action plugin both call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import Cluster, ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments, plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import (
    Destination,
    Parsed,
    parse_certificate,
    parse_destinations,
)
from ansible_collections.epinio.registries.plugins.module_utils._desired.rotation import parse_rotation
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs import info, render
from ansible_collections.epinio.registries.plugins.module_utils._runs.converge import Run, write
from ansible_collections.epinio.registries.plugins.module_utils._runs.export import Exported, read
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure, Outcome, refused
from ansible_collections.epinio.registries.plugins.module_utils._runs.redaction import secrets_of


def run(name: str, params: Mapping[str, Any], *, check_mode: bool = False, diff: bool = False) -> Outcome:
    """Run the module or filter ``name`` (its short name) with validated parameters. Raises Failure.

    No secret is in either, but in what a filter that renders returns.
    """
    mask = Mask(secrets_of(params))
    with _failing():
        if name in _WRITING:
            return write(_WRITING[name](params, check_mode), params, mask, check_mode=check_mode, diff=diff)
        return _READING[name](params, mask)


def export(params: Mapping[str, Any]) -> Exported:
    """Return the list that makes what is there, for C(export_registries_file). Raises Failure, without any secret."""
    mask = Mask()
    with _failing():
        return read(params, mask)


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """Let a run fail with Failure alone."""
    try:
        yield
    except ClusterError as error:
        raise Failure(str(error)) from None


def check_shape(name: str, args: Mapping[str, Any], spec: Mapping[str, Any], *, foreign: Mapping[str, Any]) -> None:
    """Raise Failure where arguments have not the shape that ``name`` wants, with all else that is wrong.

    ``args`` are as the user gave them, before Ansible validates them; ``spec`` and ``foreign`` as ``arguments.check``.
    """
    objections = arguments.check(args, spec, foreign=foreign)
    if objections.problems:
        objections.problems.extend(one for one in _content_problems(name, args) if not objections.cover(one))
        objections.problems.sort(key=lambda problem: -1 if problem.index is None else problem.index)
        readable = {**args, "destinations": [item for item in _listed(args) if isinstance(item, Mapping)]}
        mask = Mask(secrets_of(readable))
        raise refused(objections.problems, (), mask=mask, done=_DONE.get(name, "written"))


def _content_problems(name: str, args: Mapping[str, Any]) -> Sequence[Problem]:
    if name == "export_registry_certificate":
        return parse_certificate(args).problems
    if name == "export_registry":
        return parse_destinations([args], many=False).problems
    if name == "export_registry_password":
        return parse_rotation(args).problems
    items = [item if isinstance(item, Mapping) else {} for item in _listed(args)]
    return parse_destinations(items, many=True).problems


def _listed(args: Mapping[str, Any]) -> Sequence[Any]:
    items = args.get("destinations")
    return items if isinstance(items, (list, tuple)) else ()


def _export_registries(params: Mapping[str, Any], check_mode: bool) -> Run:
    prune = {option: params[option] for option in ("prune", "prune_all", "prune_except")}
    return _destinations(parse_destinations(params["destinations"] or [], many=True), check_mode, **prune)


def _export_registry(params: Mapping[str, Any], check_mode: bool) -> Run:
    return _destinations(parse_destinations([params], many=False), check_mode)


def _destinations(parsed: Parsed[Destination], check_mode: bool, **prune: Any) -> Run:
    items = parsed.items
    present = [item for item in items if item.present]

    def observe(cluster: Cluster) -> Observed:
        return cluster.observe(
            wanted=[item.name for item in present],
            content=[item.certificate_secret for item in present if item.certificate_secret],
            alone=[name for item in items for name in (item.name, item.own_certificate_secret)],
        )

    def planned(observed: Observed) -> Plan:
        return plan.plan_destinations(items, observed, check_mode=check_mode, **prune)

    return Run(parsed, observe, planned)


def _export_registry_certificate(params: Mapping[str, Any], _check_mode: bool) -> Run:
    parsed = parse_certificate(params)
    [item] = parsed.items
    return Run(
        parsed,
        # What is only to go is not read: its labels say whether it is ours.
        observe=lambda cluster: cluster.observe(**{"content" if item.present else "wanted": [item.name]}),
        plan=lambda observed: plan.plan_certificate(item, observed),
    )


def _export_registry_password(params: Mapping[str, Any], _check_mode: bool) -> Run:
    # Imported here, as below.
    from ansible_collections.epinio.registries.plugins.module_utils._runs import password

    return password.run(params)


def _export_registry_check(params: Mapping[str, Any], mask: Mask) -> Outcome:
    # Imported here: it brings all that speaks to registries, which no other module needs.
    from ansible_collections.epinio.registries.plugins.module_utils._runs import check

    return check.run(params, mask)


def _export_registries_file(_params: Mapping[str, Any], _mask: Mask) -> Outcome:
    raise Failure("export_registries_file is an action plugin: Ansible runs it on the controller, and not as a module.")


#: What a run did not do that stopped before it did anything.
_DONE = {
    "export_registry_check": "checked",
    "export_registry_info": "read",
    "to_external_secrets": "rendered",
    "to_manifests": "rendered",
}
_WRITING: Mapping[str, Callable[[Mapping[str, Any], bool], Run]] = {
    "export_registries": _export_registries,
    "export_registry": _export_registry,
    "export_registry_certificate": _export_registry_certificate,
    "export_registry_password": _export_registry_password,
}
_READING: Mapping[str, Callable[[Mapping[str, Any], Mask], Outcome]] = {
    "export_registries_file": _export_registries_file,
    "export_registry_check": _export_registry_check,
    "export_registry_info": info.run,
    "to_external_secrets": render.external_secrets,
    "to_manifests": render.manifests,
}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters in, result out: parse, observe, plan, apply, report. What the module and the action plugin both call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.plan import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._masking import texts
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._runs import info
from ansible_collections.epinio.registries.plugins.module_utils._runs.report import (
    Failure,
    Outcome,
    Report,
    connection_warnings,
    refused,
)

__all__ = ["Failure", "Outcome", "run"]

#: How often a run plans anew because something else changed a secret meanwhile.
_ROUNDS = 5


def run(name: str, params: Mapping[str, Any], *, check_mode: bool = False, diff: bool = False) -> Outcome:
    """Run the module ``name`` (its short name) with validated parameters. Raises Failure; no secret is in either."""
    try:
        return _RUNS[name](params, check_mode, diff)
    except (_cluster.ClusterError, Failure) as error:
        failure = error if isinstance(error, Failure) else Failure(str(error))
        raise failure.without(set(_secrets_of(params))) from None


def _export_registries(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    parsed = destination.parse_destinations(params["destinations"] or [], many=True)
    prune = {option: params[option] for option in ("prune", "prune_all", "prune_except")}
    return _write_destinations(params, parsed, check_mode, diff, prune)


def _export_registry(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    return _write_destinations(params, destination.parse_destinations([params], many=False), check_mode, diff)


def _write_destinations(
    params: Mapping[str, Any],
    parsed: destination.Parsed,
    check_mode: bool,
    diff: bool,
    prune: Mapping[str, Any] | None = None,
) -> Outcome:
    items: Sequence[destination.Destination] = parsed.items
    present = [item for item in items if item.present]

    def observe(cluster: _cluster.Cluster) -> Observed:
        return cluster.observe(
            wanted=[item.name for item in present],
            content=[item.certificate_secret for item in present if item.certificate_secret],
            alone=[name for item in items for name in (item.name, item.own_certificate_secret)],
        )

    def plan(observed: Observed) -> Plan:
        return _plan.plan_destinations(items, observed, check_mode=check_mode, **(prune or {}))

    return _write(params, parsed, observe, plan, check_mode, diff)


def _export_registry_certificate(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    parsed = destination.parse_certificate(params)
    item: destination.SharedCertificate = parsed.items[0]

    def observe(cluster: _cluster.Cluster) -> Observed:
        return cluster.observe(content=[item.name])

    def plan(observed: Observed) -> Plan:
        return _plan.plan_certificate(item, observed, check_mode=check_mode)

    return _write(params, parsed, observe, plan, check_mode, diff)


def _write(
    params: Mapping[str, Any],
    parsed: destination.Parsed,
    observe: Callable[[_cluster.Cluster], Observed],
    plan: Callable[[Observed], Plan],
    check_mode: bool,
    diff: bool,
) -> Outcome:
    """Walk the one flow, and say what was done, or what stands in the way."""
    if parsed.problems:
        raise refused(parsed.problems, parsed.warnings)
    report = Report()
    warnings = [str(warning) for warning in parsed.warnings]
    with _cluster.connect(params) as cluster:
        try:
            planned = _converge(cluster, observe, plan, check_mode, report)
        except _cluster.ClusterError as error:
            raise Failure(f"{error}{report.so_far()}", report.partial(), warnings) from None
        if planned.problems:
            raise refused(planned.problems, planned.warnings, report)
        warnings += [str(warning) for warning in planned.warnings]
        return Outcome(report.result(planned, diff), warnings + connection_warnings(cluster))


def _converge(
    cluster: _cluster.Cluster,
    observe: Callable[[_cluster.Cluster], Observed],
    plan: Callable[[Observed], Plan],
    check_mode: bool,
    report: Report,
) -> Plan:
    """Return the plan that was carried out at last, or what it has against it; begin again when others write too."""
    planned = Plan((), (), ())
    try:
        for _round in range(_ROUNDS):
            try:
                observed = observe(cluster)
                planned = plan(observed)
                if planned.problems:
                    return planned
                report.settle(planned, observed)
                if check_mode:
                    for change in planned.changes:
                        report.done(change)
                    return planned
                cluster.apply(planned.changes, report)
                if report.crossed:
                    _look_again(cluster, planned, report)
                return planned
            except _cluster.Conflict as conflict:
                report.conflict(conflict)
    finally:
        if report.crossed and report.removed_certificates():  # the run has failed; no later one can bring them back
            with contextlib.suppress(_cluster.ClusterError, _cluster.Conflict):
                _look_again(cluster, planned, report)
    raise _cluster.ClusterError(
        f"Something else kept changing secrets while they were written ({_ROUNDS} attempts). Run again when it is done."
    )


def _look_again(cluster: _cluster.Cluster, planned: Plan, report: Report) -> None:
    """Raise Conflict where a run beside this one removed a certificate named here, or names one removed here.

    The latter is brought back. Both runs look after they have written, so that at least the later one finds out.
    """
    removed = report.removed_certificates()
    named = {name: secret for name, secret in planned.certificate_secrets.items() if secret is not None}
    observed = cluster.observe(wanted={*named, *named.values(), *(change.name for change in removed)})
    lost = _plan.lost_certificates(removed, observed)
    report.lost(lost)
    cluster.apply(lost, report)
    if lost or observed.dangling(named):
        raise _cluster.Conflict([])
    report.crossed = False


def _export_registry_check(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    # Imported here: it brings all that speaks to registries, which no other module needs.
    from ansible_collections.epinio.registries.plugins.module_utils._runs import check

    return check.run(params, check_mode, diff)


def _secrets_of(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no text may hold: passwords, what HTTP Basic makes of them, docker configs, tokens."""
    yield from (str(params[option]) for option in ("api_key", "password") if params.get(option))
    kubeconfig = params.get("kubeconfig")
    users = kubeconfig.get("users") if isinstance(kubeconfig, dict) else None
    for entry in users if isinstance(users, list) else ():
        user = entry.get("user") if isinstance(entry, dict) else None
        yield from (value for value in (user.values() if isinstance(user, dict) else ()) if isinstance(value, str))
    for item in params.get("destinations") or [params]:
        registry, username = str(item.get("registry")), str(item.get("registry_username"))
        for password in texts(item.get("registry_password")):  # what is no text was refused, but may hold it
            yield from (password, f"{username}:{password}")
            with contextlib.suppress(UnicodeEncodeError):  # then it was refused, and never sent
                config = dockerconfig.encode(registry=registry, username=username, password=password)
                yield from dockerconfig.confidential(config)


_RUNS: Mapping[str, Callable[[Mapping[str, Any], bool, bool], Outcome]] = {
    "export_registries": _export_registries,
    "export_registry": _export_registry,
    "export_registry_certificate": _export_registry_certificate,
    "export_registry_check": _export_registry_check,
    "export_registry_info": info.run,
}

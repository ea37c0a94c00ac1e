# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters in, result out: parse, observe, plan, apply, report. What the module and the action plugin both call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils import (
    _certificates,
    _cluster,
    _destination,
    _dockerconfig,
    _epinio,
    _plan,
)
from ansible_collections.epinio.registries.plugins.module_utils._masking import masked
from ansible_collections.epinio.registries.plugins.module_utils._plan import Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._report import Report
from ansible_collections.epinio.registries.plugins.module_utils._secrets import (
    DESTINATION_CERTIFICATE,
    SHARED_CERTIFICATE,
    Secret,
)

__all__ = ["Failure", "Outcome", "run"]

#: How often a run plans anew because something else changed a secret meanwhile.
_ROUNDS = 5


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run returns: the result of the module, and warnings for people."""

    result: Mapping[str, Any]
    warnings: Sequence[str]


class Failure(Exception):
    """A run that failed: the text for ``msg``, and what else the result holds."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None, warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.result = result or {}
        self.warnings = warnings

    def without(self, secrets: Collection[str]) -> Failure:
        """Return the same failure with these secrets masked, wherever a foreign error or an option quotes one."""
        problems = [
            {**problem, **{key: masked(problem[key], secrets) for key in ("message", "remedy")}}
            for problem in self.result.get("problems", ())
        ]
        result = {**self.result, "problems": problems} if problems else self.result
        return Failure(masked(str(self), secrets), result, [masked(warning, secrets) for warning in self.warnings])


def run(name: str, params: Mapping[str, Any], *, check_mode: bool = False, diff: bool = False) -> Outcome:
    """Run the module ``name`` (its short name) with validated parameters. Raises Failure; no secret is in either."""
    try:
        return _RUNS[name](params, check_mode, diff)
    except (_cluster.ClusterError, Failure) as error:
        failure = error if isinstance(error, Failure) else Failure(str(error))
        raise failure.without(set(_secrets_of(params))) from None


def _export_registries(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    parsed = _destination.parse_destinations(params["destinations"] or [], many=True)
    return _write_destinations(params, parsed, check_mode, diff, prune=params["prune"], prune_all=params["prune_all"])


def _export_registry(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    return _write_destinations(params, _destination.parse_destinations([params], many=False), check_mode, diff)


def _write_destinations(
    params: Mapping[str, Any], parsed: _destination.Parsed, check_mode: bool, diff: bool, **prune: bool
) -> Outcome:
    items: Sequence[_destination.Destination] = parsed.items
    present = [item for item in items if item.present]

    def observe(cluster: _cluster.Cluster) -> Observed:
        return cluster.observe(
            wanted=[item.name for item in present],
            content=[item.certificate_secret for item in present if item.certificate_secret],
            alone=[name for item in items for name in (item.name, item.own_certificate_secret)],
        )

    def plan(observed: Observed) -> Plan:
        return _plan.plan_destinations(items, observed, check_mode=check_mode, **prune)

    return _write(params, parsed, observe, plan, check_mode, diff)


def _export_registry_certificate(params: Mapping[str, Any], check_mode: bool, diff: bool) -> Outcome:
    parsed = _destination.parse_certificate(params)
    item: _destination.SharedCertificate = parsed.items[0]

    def observe(cluster: _cluster.Cluster) -> Observed:
        return cluster.observe(content=[item.name])

    def plan(observed: Observed) -> Plan:
        return _plan.plan_certificate(item, observed, check_mode=check_mode)

    return _write(params, parsed, observe, plan, check_mode, diff)


def _write(
    params: Mapping[str, Any],
    parsed: _destination.Parsed,
    observe: Callable[[_cluster.Cluster], Observed],
    plan: Callable[[Observed], Plan],
    check_mode: bool,
    diff: bool,
) -> Outcome:
    """Walk the one flow; begin again from what is there when something else wrote in between."""
    if parsed.problems:
        raise _refused(parsed.problems, parsed.warnings)
    report = Report()
    with _cluster.connect(params) as cluster:
        for _round in range(_ROUNDS):
            try:
                planned = plan(observe(cluster))
                warnings = [str(warning) for warning in [*parsed.warnings, *planned.warnings]] + _connection_warnings(
                    cluster
                )
                if planned.problems:
                    raise _refused(planned.problems, planned.warnings, report)
                report.settle(planned)
                if check_mode:
                    for change in planned.changes:
                        report.done(change)
                else:
                    cluster.apply(planned.changes, report.begun, report.done)
                return Outcome(report.result(planned, diff), warnings)
            except _cluster.Conflict as conflict:
                report.conflict(conflict)
            except _cluster.ClusterError as error:
                raise Failure(
                    f"{error}{report.so_far()}", report.partial(), [str(w) for w in parsed.warnings]
                ) from None
    raise Failure(
        f"Something else kept changing secrets while they were written ({_ROUNDS} attempts). Run again when it is done."
        f"{report.so_far()}",
        report.partial(),
    )


def _refused(problems: Sequence[Problem], warnings: Sequence[Problem], report: Report | None = None) -> Failure:
    lines = "\n".join(f"- {problem}" for problem in problems)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    written = "Nothing was written" if report is None or not report.partial()["changed"] else "Nothing more was written"
    return Failure(
        f"{written}: {count}.\n{lines}{report.so_far() if report else ''}",
        {
            **(report.partial() if report else {"changed": False}),
            "problems": [problem.as_option_problem() for problem in problems],
        },
        [str(warning) for warning in warnings],
    )


def _connection_warnings(cluster: _cluster.Cluster) -> list[str]:
    if cluster.verified:
        return []
    return [
        "The certificate of the API server is not verified (validate_certs): passwords may go to anyone on the way."
    ]


def _export_registry_info(params: Mapping[str, Any], _check_mode: bool, _diff: bool) -> Outcome:
    names = params.get("names")
    with _cluster.connect(params) as cluster:
        observed = cluster.observe(content=names or (), alone=names or ())
        if not observed.listed and not names:
            raise _cluster.ClusterError(
                "Listing secrets is not permitted. Grant the verb list on secrets, or give names."
            )
        secrets = observed.secrets
        shown = [secrets[name] for name in sorted(secrets) if _is_shown(secrets[name], names)]
        used = {secret.certificate_secret for secret in shown} - {None}
        beside = {name: secrets.get(name) or cluster.read(name) for name in sorted(filter(None, used))}
        warnings = _connection_warnings(cluster)
    certificates = {name: secret for name, secret in beside.items() if secret is not None}
    if not names:
        kinds = (DESTINATION_CERTIFICATE, SHARED_CERTIFICATE)
        certificates.update({name: one for name, one in secrets.items() if one.managed in kinds})
    return Outcome(
        {
            "changed": False,
            "destinations": [_destination_info(secret, certificates, params["namespace"]) for secret in shown],
            "certificates": [
                {
                    **_certificate_info(certificates[name]),
                    "managed": certificates[name].managed is not None,
                    "destinations": sorted(
                        one.name for one in secrets.values() if one.is_destination and one.certificate_secret == name
                    ),
                }
                for name in sorted(certificates)
            ],
        },
        warnings,
    )


def _is_shown(secret: Secret, names: Sequence[str] | None) -> bool:
    return secret.name in names if names else secret.is_destination


def _destination_info(secret: Secret, certificates: Mapping[str, Secret], namespace: str) -> dict[str, Any]:
    reading = _epinio.read(secret.raw, lambda name: certificates[name].data if name in certificates else None)
    beside = certificates.get(secret.certificate_secret or "")
    return {
        "name": secret.name,
        "namespace": namespace,
        "registry": reading.registry,
        "organization": reading.organization,
        "username": reading.username,
        "url": reading.url,
        "listed": reading.listed,
        "usable": reading.usable,
        "legs": {leg: {"ok": getattr(reading, leg).ok} for leg in ("list", "chart", "image")},
        "problems": [problem.as_leg_problem() for problem in reading.problems],
        "certificate": None if beside is None else _certificate_info(beside),
        "managed": secret.managed is not None,
    }


def _certificate_info(secret: Secret) -> dict[str, Any]:
    bundle = _certificates.parse_bundle(secret.bytes(_epinio.TLS_CRT) or b"")
    return {
        "secret": secret.name,
        "expires": _iso(bundle.expires),
        "certificates": [
            {
                "subject": one.subject,
                "issuer": one.issuer,
                "names": list(one.names),
                "fingerprint_sha256": one.fingerprint_sha256,
                "not_before": _iso(one.not_before),
                "not_after": _iso(one.not_after),
            }
            for one in bundle.certificates
        ],
    }


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _secrets_of(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no text may hold: passwords, what HTTP Basic makes of them, docker configs, tokens."""
    yield from (str(params[option]) for option in ("api_key", "password") if params.get(option))
    for item in params.get("destinations") or [params]:
        username, password = str(item.get("registry_username")), item.get("registry_password")
        if password:
            yield from (str(password), f"{username}:{password}")
            yield _dockerconfig.encode(
                registry=str(item.get("registry")), username=username, password=str(password)
            ).decode()


_RUNS: Mapping[str, Callable[[Mapping[str, Any], bool, bool], Outcome]] = {
    "export_registries": _export_registries,
    "export_registry": _export_registry,
    "export_registry_certificate": _export_registry_certificate,
    "export_registry_info": _export_registry_info,
}

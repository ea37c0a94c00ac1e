# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit as a JSON document, to work with and to compare the next one with: C(schema) 1."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._audit.model import (
    Audit,
    CertificateSecret,
    Change,
    Check,
    Cluster,
    Destination,
)
from ansible_collections.epinio.registries.plugins.module_utils._moments import written

#: Fields may be added under the same number; none changes its meaning, and none goes.
SCHEMA = 1


def document(audit: Audit, changes: Iterable[Change] | None) -> dict[str, Any]:
    """Return what is written as JSON; ``changes`` is None where there is nothing to compare with."""
    return {
        "schema": SCHEMA,
        "generated": _moment(audit.generated),
        "runs": audit.runs,
        "clusters": [_cluster(one) for one in audit.clusters],
        "changes": None if changes is None else [_change(one) for one in changes],
    }


def _change(one: Change) -> dict[str, Any]:
    return {"event": one.event, "cluster": one.cluster, "name": one.name, "detail": one.detail}


def _cluster(one: Cluster) -> dict[str, Any]:
    return {
        "name": one.name,
        "up": one.up,
        "error": one.error,
        "check_error": one.check_error,
        "read": _moment(one.read),
        "checked": _moment(one.checked),
        "place": one.place,
        "compared": one.compared,
        "destinations": [_destination(inner) for inner in one.destinations],
        "certificates": [_certificate_secret(inner) for inner in one.certificates],
    }


def _destination(one: Destination) -> dict[str, Any]:
    certificate = {"secret": one.certificate_secret, "expires": _moment(one.expires)}
    return {
        "name": one.name,
        "namespace": one.namespace,
        "registry": one.registry,
        "organization": one.organization,
        "username": one.username,
        "url": one.url,
        "listed": one.listed,
        "usable": one.usable,
        "legs": {leg: {"ok": ok} for leg, ok in one.legs.items()},
        "problems": [problem.as_leg_problem() for problem in one.problems],
        "certificate": certificate if one.certificate_secret else None,
        "managed": one.managed,
        "written_by": one.written_by,
        "check": None if one.check is None else _check(one.check),
        "credential": one.credential,
    }


def _check(one: Check) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "legs": {
            leg: {"verdict": said.verdict, "message": said.message, "remedy": said.remedy}
            for leg, said in one.legs.items()
        },
    }


def _certificate_secret(one: CertificateSecret) -> dict[str, Any]:
    return {
        "secret": one.secret,
        "expires": _moment(one.expires),
        "managed": one.managed,
        "destinations": list(one.destinations),
        "certificates": [
            {
                "subject": inner.subject,
                "issuer": inner.issuer,
                "fingerprint_sha256": inner.fingerprint_sha256,
                "not_before": _moment(inner.not_before),
                "not_after": _moment(inner.not_after),
            }
            for inner in one.certificates
        ],
    }


def _moment(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else written(moment)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(export_registry_info) returns: what is there, as Epinio reads it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import connect
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._desired.planner import warn_deleted
from ansible_collections.epinio.registries.plugins.module_utils._desired.secrets import shown_address, shown_username
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._moments import written
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates, epinio, owners
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    DESTINATION_CERTIFICATE,
    SHARED_CERTIFICATE,
    TLS_CRT,
    Secret,
)
from ansible_collections.epinio.registries.plugins.module_utils._runs.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import (
    Outcome,
    connection_warnings,
    refused,
)

#: A shorter key could be guessed, and then the passwords. Characters.
_SHORTEST_KEY = 32


def run(params: Mapping[str, Any], mask: Mask) -> Outcome:
    """Return every destination of the namespace, or those named, as Epinio reads them. Never a password."""
    names, key = params.get("names"), params.get("credential_key")
    if key is not None and len(key) < _SHORTEST_KEY:
        short = CATALOGUE.problem("credential_key_short", option="credential_key", least=_SHORTEST_KEY)
        raise refused([short], (), done="read")
    with connect(params, mask) as cluster:
        observed = cluster.observe_destinations(names)
        warnings = connection_warnings(cluster)
    findings = Findings()
    secrets = observed.secrets
    shown = observed.destinations(names)
    used = {secret.certificate_secret or "" for secret in shown}
    beside = {name: secrets[name] for name in used if name in secrets}
    if names is None:
        kinds = (DESTINATION_CERTIFICATE, SHARED_CERTIFICATE)
        beside.update({name: one for name, one in secrets.items() if one.managed in kinds})
    for secret in (*shown, *beside.values()):
        warn_deleted(Place(None, secret.name), secret, findings)
    return Outcome(
        {
            "changed": False,
            "destinations": [_destination_info(secret, beside, params["namespace"], key) for secret in shown],
            "certificates": [
                {
                    **_certificate_info(beside[name]),
                    "managed": beside[name].managed is not None,
                    "destinations": list(observed.users.get(name, ())),
                }
                for name in sorted(beside)
            ],
        },
        [*warnings, *map(str, findings.warnings)],
    )


def _destination_info(secret: Secret, beside: Mapping[str, Secret], namespace: str, key: str | None) -> dict[str, Any]:
    reading = epinio.read(secret, beside.get)
    certificate = beside.get(secret.certificate_secret or "")
    return {
        "name": secret.name,
        "namespace": namespace,
        "registry": shown_address(reading.registry),
        "organization": shown_address(reading.organization),
        "username": shown_username(reading.username, secret),
        "url": shown_address(reading.url),
        "listed": reading.listed,
        "usable": reading.usable,
        "legs": {leg: {"ok": getattr(reading, leg).ok} for leg in ("list", "chart", "image")},
        "problems": [problem.as_leg_problem() for problem in reading.problems],
        "certificate": None if certificate is None else _certificate_info(certificate),
        "managed": secret.managed is not None,
        "written_by": shown_username(owners.owners(secret), secret) or None,
        **({} if key is None else {"credential": _credential(reading, key)}),
    }


def _credential(reading: epinio.Reading, key: str) -> str | None:
    """Return what two destinations have in common whose user name and password are the same; None where one lacks."""
    leg = next((one for one in (reading.chart, reading.image) if one.username and one.password), None)
    if leg is None:
        return None
    pair = b"".join(len(part).to_bytes(8, "big") + part for part in (leg.username.encode(), leg.password.encode()))
    return hmac.new(key.encode("utf-8", "surrogatepass"), pair, hashlib.sha256).hexdigest()


def _certificate_info(secret: Secret) -> dict[str, Any]:
    bundle = certificates.parse_bundle(secret.data.get(TLS_CRT, b""))
    return {
        "secret": secret.name,
        "expires": None if bundle.expires is None else written(bundle.expires),
        "certificates": [one.facts() for one in bundle.certificates],
    }

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of modules, and documents of earlier audits, become clusters. What is not named here goes no further."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._audit.document import SCHEMA
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import (
    LEGS,
    PUSHES,
    Audit,
    Certificate,
    CertificateSecret,
    Check,
    Cluster,
    Destination,
    Verdict,
)
from ansible_collections.epinio.registries.plugins.module_utils._audit.shapes import Misshapen, Shape
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

_NOT_READ = "It was not read: the run did not get as far."


class UnknownSchema(Misshapen):
    """A document of another schema than this collection reads."""


def clusters_of_run(results: Any, *, now: datetime.datetime, place: str) -> list[Cluster]:
    """Return the clusters of a run of the machine ``place``: a mapping of names to C(info), C(check) and C(at).

    C(info) and C(check) are the results of the modules, of a failed task too. Raises Misshapen.
    """
    return [_cluster_of_results(name, given, now, place) for name, given in Shape(results).items()]


def audit_of_document(document: Any) -> Audit:
    """Return the audit that a JSON document holds. Raises Misshapen, UnknownSchema."""
    whole = Shape(document)
    if document.get("schema") != SCHEMA:
        raise UnknownSchema(f"Its schema is {document.get('schema')!r:.40}.")
    generated = whole.moment("generated")
    if generated is None:
        raise Misshapen("generated is missing.")
    clusters = tuple(_cluster_of_document(one, generated) for one in whole.each("clusters"))
    return Audit(generated, clusters, whole.number("runs", 1))


def merged(sources: Sequence[Sequence[Cluster]]) -> tuple[Cluster, ...]:
    """Return the clusters of several sources, each once, as it was read last, with letters for shared credentials.

    What stands for credentials is only compared within one source: another one had another key.
    """
    latest: dict[str, tuple[int, Cluster]] = {}
    for source, clusters in enumerate(sources):
        for cluster in clusters:
            if cluster.name not in latest or latest[cluster.name][1].read < cluster.read:
                latest[cluster.name] = (source, cluster)
    ordered = [latest[name] for name in sorted(latest)]
    holders: dict[tuple[int, str], int] = {}
    for source, cluster in ordered:
        for one in cluster.destinations:
            if one.credential is not None:
                holders[source, one.credential] = holders.get((source, one.credential), 0) + 1
    shared = (credential for credential, count in holders.items() if count > 1)
    letters = {credential: letter(number) for number, credential in enumerate(shared)}
    return tuple(
        dataclasses.replace(
            cluster,
            destinations=tuple(
                dataclasses.replace(one, credential=letters.get((source, one.credential or "")))
                for one in cluster.destinations
            ),
        )
        for source, cluster in ordered
    )


def letter(number: int) -> str:
    """Return A, B, … Z, AA, AB and so on for 0, 1 and so on."""
    rest, last = divmod(number, 26)
    return (letter(rest - 1) if rest else "") + chr(ord("A") + last)


def _cluster_of_results(name: str, given: Shape, now: datetime.datetime, place: str) -> Cluster:
    info, check = given.inner("info"), given.inner("check")
    at = given.moment("at") or now
    up = "destinations" in info
    tried = {one.words("name"): _check(one) for one in check.each("destinations")}
    return Cluster(
        name=name,
        error=None if up else info.words("msg") or _NOT_READ,
        check_error=check.words("msg") or None if up and "destinations" not in check else None,
        read=at,
        checked=at if tried else None,
        place=place,
        compared=any("credential" in one for one in info.each("destinations")),
        destinations=tuple(_destination(one, tried.get(one.words("name"))) for one in info.each("destinations")),
        certificates=_certificate_secrets(info),
    )


def _cluster_of_document(one: Shape, generated: datetime.datetime) -> Cluster:
    return Cluster(
        name=one.words("name"),
        error=one.text("error"),
        check_error=one.text("check_error"),
        read=one.moment("read") or generated,
        checked=one.moment("checked"),
        place=one.words("place"),
        compared=one.flag("compared"),
        destinations=tuple(
            _destination(inner, _check(inner.inner("check")) if "check" in inner else None)
            for inner in one.each("destinations")
        ),
        certificates=_certificate_secrets(one),
    )


def _destination(one: Shape, check: Check | None) -> Destination:
    legs, certificate = one.inner("legs"), one.inner("certificate")
    return Destination(
        name=one.words("name"),
        namespace=one.words("namespace"),
        registry=one.text("registry"),
        organization=one.text("organization"),
        username=one.text("username"),
        url=one.text("url"),
        listed=one.flag("listed"),
        usable=one.flag("usable"),
        legs={leg: legs.inner(leg).flag("ok") for leg in LEGS},
        problems=tuple(_problem(problem) for problem in one.each("problems")),
        certificate_secret=certificate.text("secret"),
        expires=certificate.moment("expires"),
        managed=one.flag("managed"),
        written_by=one.text("written_by"),
        check=check,
        credential=one.text("credential"),
    )


def _problem(one: Shape) -> Problem:
    return Problem(one.words("code"), one.words("message"), one.words("remedy"), leg=one.text("leg"))


def _check(one: Shape) -> Check:
    return Check(
        one.words("verdict"),
        {
            leg: Verdict(tried.words("verdict"), tried.words("message"), tried.words("remedy"))
            for leg, tried in one.inner("legs").items()
            if leg in PUSHES
        },
    )


def _certificate_secrets(of: Shape) -> tuple[CertificateSecret, ...]:
    return tuple(
        CertificateSecret(
            secret=one.words("secret"),
            expires=one.moment("expires"),
            certificates=tuple(
                Certificate(
                    subject=inner.words("subject"),
                    issuer=inner.words("issuer"),
                    fingerprint_sha256=inner.words("fingerprint_sha256"),
                    not_before=inner.moment("not_before"),
                    not_after=inner.moment("not_after"),
                )
                for inner in one.each("certificates")
            ),
            managed=one.flag("managed"),
            destinations=one.texts("destinations"),
        )
        for one in of.each("certificates")
    )

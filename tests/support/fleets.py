# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Made-up fleets: what the modules return of each cluster, in any number."""

from __future__ import annotations

import datetime
import hashlib

from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import CASES
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE

NOW = datetime.datetime(2026, 11, 27, 6, 0, tzinfo=datetime.timezone.utc)
#: Days until they expire.
AUTHORITIES = {
    "CN=Acme Root CA 2019,O=Acme Corporation": 19,
    "CN=Harbor internal CA,O=Acme Corporation": 64,
    "CN=Edge gateway CA,OU=Platform,O=Acme Corporation": -3,
    "CN=Acme Root CA 2026,O=Acme Corporation": 1410,
    "CN=Nexus,OU=Build,O=Acme Corporation": 171,
    "CN=Frankfurt DC CA,O=Acme Corporation": 172,
    "CN=Lab CA,O=Acme Corporation": 620,
}


def moment(days=0.0):
    """Return a moment so many days from now, as results have it."""
    return (NOW + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(subject, days, secret="company-ca"):
    """Return the certificate of a destination."""
    fingerprint = hashlib.sha256(subject.encode()).digest().hex(":").upper()
    one = {
        "subject": subject,
        "issuer": subject,
        "names": [],
        "fingerprint_sha256": fingerprint,
        "not_before": moment(days - 3650),
        "not_after": moment(days),
    }
    return {"secret": secret, "expires": moment(days), "certificates": [one]}


def bundle(first, *others):
    """Return the certificates of several as one, of which the first expires first."""
    return {**first, "certificates": [one for held in (first, *others) for one in held["certificates"]]}


def problem(code, leg):
    """Return a problem as a leg reports it."""
    return CATALOGUE.problem(code, leg=leg).as_leg_problem()


def destination(name, registry="ghcr.io", organization="acme", **fields):
    """Return one destination that can be used."""
    return {
        "name": name,
        "namespace": "epinio",
        "registry": registry,
        "organization": organization,
        "username": "acme-robot",
        "url": f"{registry}/{organization}",
        "listed": True,
        "usable": True,
        "legs": {leg: {"ok": True} for leg in ("list", "chart", "image")},
        "problems": [],
        "certificate": None,
        "managed": True,
        "written_by": None,
        "credential": None,
        **fields,
    }


def broken(name, code="auth_missing", legs=("image",), **fields):
    """Return one destination that some legs refuse."""
    return destination(
        name,
        usable=False,
        listed="list" not in legs,
        legs={leg: {"ok": leg not in legs} for leg in ("list", "chart", "image")},
        problems=[problem(code, leg) for leg in legs],
        **fields,
    )


def check(name, case="ok:accepted", **fields):
    """Return what the check says of one destination."""
    usual = {"place": "harbor.acme.example/exports", "note": "", "status": 403, "said": ""}
    said = CASES.problem(case, **{**usual, **fields})
    leg = {"verdict": case.partition(":")[0], "message": said.message, "remedy": said.remedy}
    return {"name": name, "verdict": leg["verdict"], "legs": {"chart": leg, "image": leg}, "duration": 0.2}


def info(*destinations):
    """Return the result of export_registry_info for these destinations."""
    secrets = {}
    for one in destinations:
        if one["certificate"]:
            secrets.setdefault(one["certificate"]["secret"], (one["certificate"], []))[1].append(one["name"])
    return {
        "changed": False,
        "failed": False,
        "destinations": list(destinations),
        "certificates": [{**held, "managed": True, "destinations": names} for held, names in secrets.values()],
    }


def down(message="https://10.0.4.17:6443 did not answer within 30 seconds (connect timeout)."):
    """Return a cluster that could not be read."""
    return {"info": {"failed": True, "msg": message}, "at": moment()}


def cluster(*destinations, checks=None, hours=0.0):
    """Return the results of one cluster, so many hours ago."""
    given = {"info": info(*destinations), "at": moment(-hours / 24)}
    return given if checks is None else {**given, "check": {"destinations": checks}}


def showcase():
    """Return a small fleet in which everything that a report can show happens once."""
    names = list(AUTHORITIES.items())
    old, harbor, edge, new, nexus, frankfurt, lab = (
        certificate(name, days, f"{name[3:].partition(',')[0].lower().replace(' ', '-')}") for name, days in names
    )

    def usual(region, *, own, **more):
        return [
            destination("ghcr", credential="c1", **more),
            destination("harbor", "harbor.acme.example", "exports", certificate=own, credential=f"h-{region}", **more),
            destination("quay", "quay.io", "acme", username="acme+export", credential="q", **more),
        ]

    def accepted(destinations, **cases):
        return [check(one["name"], cases.get(one["name"], "ok:accepted")) for one in destinations if one["usable"]]

    production = usual("eu", own=old)
    staging = [*usual("eu", own=harbor), destination("lab", "registry.lab.example:5000", "builds", certificate=lab)]
    america = usual("us", own=new)
    asia = usual("us", own=bundle(frankfurt, new))
    edge_one = [
        destination("site", "registry.edge.example", "site", certificate=edge, managed=False, credential="e"),
        broken("legacy", registry="nexus.acme.example", managed=False, certificate=nexus),
    ]
    team = [
        destination(
            "ghcr",
            credential="c1",
            managed=False,
            written_by="Argo CD (label argocd.argoproj.io/instance: exports)",
        ),
        broken(
            "ecr",
            "organization_missing",
            ("list", "chart", "image"),
            registry="123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            managed=False,
            organization=None,
            url=None,
        ),
    ]
    return {
        "production-eu": cluster(*production, checks=accepted(production), hours=0.1),
        "production-us": cluster(*america, checks=accepted(america, harbor="denied:push"), hours=0.1),
        "production-asia": cluster(*asia, checks=accepted(asia), hours=0.1),
        "staging": cluster(*staging, checks=accepted(staging), hours=2.2),
        "edge-oslo": cluster(*edge_one, checks=accepted(edge_one), hours=0.1),
        "edge-lisbon": down(),
        "team-payments": cluster(*team, checks=accepted(team), hours=0.1),
    }


def earlier():
    """Return the same fleet as it was the day before."""
    before = showcase()
    before["edge-lisbon"] = cluster(destination("site", "registry.edge.example", "site"))
    before["production-us"]["check"]["destinations"] = [check(name) for name in ("ghcr", "harbor", "quay")]
    before["production-eu"]["info"]["destinations"].append(destination("docker-hub", "docker.io", "acme"))
    before["production-asia"]["info"]["destinations"].pop()
    before["staging"]["info"]["destinations"][0] = broken("ghcr")
    return before


def large(clusters=200, each=10):
    """Return a fleet of any size: one destination in eight is broken, one in three has a certificate."""
    authorities = list(AUTHORITIES.items())
    fleet = {}
    for number in range(clusters):
        listed = []
        for place in range(each):
            serial = number * each + place
            name, days = authorities[serial % len(authorities)]
            more = {"certificate": certificate(name, days)} if serial % 3 == 0 else {}
            more["credential"] = f"c{serial % 40}"
            title = f"destination-{place:02}"
            host = f"registry-{place}.acme.example"
            fit = destination(title, host, f"team-{number:03}", **more)
            listed.append(broken(title, registry=host, **more) if serial % 8 == 5 else fit)
        fleet[f"cluster-{number:03}"] = cluster(*listed, checks=[check(one["name"]) for one in listed])
    return fleet

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit as gauges in Prometheus' text format 0.0.4, for the textfile collector of node_exporter."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit

#: Labels, and the value.
_Sample = tuple[Mapping[str, str], float]


def metrics(audit: Audit) -> str:
    """Return the whole file."""
    return "".join(line for name, text, samples in _gauges(audit) for line in _lines(name, text, samples))


def _gauges(audit: Audit) -> Iterator[tuple[str, str, Iterable[_Sample]]]:
    each = [
        (one, {"cluster": cluster.name, "namespace": one.namespace, "name": one.name})
        for cluster, one in audit.destinations
    ]
    yield (
        "epinio_export_registries_audit_timestamp_seconds",
        "When the cluster was read that was read first.",
        [({}, audit.oldest.timestamp())],
    )
    yield (
        "epinio_export_registries_cluster_up",
        "Whether the cluster could be read.",
        [({"cluster": cluster.name}, float(cluster.up)) for cluster in audit.clusters],
    )
    yield (
        "epinio_export_registry_listed",
        "Whether Epinio lists the destination.",
        [(labels, float(one.listed)) for one, labels in each],
    )
    yield (
        "epinio_export_registry_usable",
        "Whether Epinio can use the destination in the cluster.",
        [(labels, float(one.usable)) for one, labels in each],
    )
    yield (
        "epinio_export_registry_managed",
        "Whether epinio.registries manages the destination.",
        [(labels, float(one.managed)) for one, labels in each],
    )
    yield (
        "epinio_export_registry_check",
        "What the registry said of a push, as the label verdict; always 1.",
        [
            ({**labels, "leg": leg, "verdict": said.verdict}, 1.0)
            for one, labels in each
            if one.check is not None
            for leg, said in one.check.legs.items()
        ],
    )
    yield (
        "epinio_export_registry_certificate_not_after_timestamp_seconds",
        "When the first certificate expires that the destination names.",
        [(labels, _seconds(one.expires)) for one, labels in each if one.expires is not None],
    )


def _lines(name: str, text: str, samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(content)}"' for label, content in labels.items())
        yield f"{name}{{{shown}}} {value:.0f}\n" if shown else f"{name} {value:.0f}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(moment: datetime.datetime) -> float:
    return moment.timestamp()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs
from ansible_collections.epinio.registries.plugins.module_utils._audit.metrics import metrics
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.tests.support import fleets


def samples(results):
    clusters = inputs.merged([inputs.clusters_of_run(results, now=fleets.NOW, place="here")])
    lines = metrics(Audit(fleets.NOW, clusters)).splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_every_gauge_of_a_destination():
    one = fleets.destination("ghcr", certificate=fleets.certificate("CN=x", 10), managed=False)
    found = samples({"a": fleets.cluster(one, checks=[fleets.check("ghcr", "denied:push")], hours=1)})
    labels = 'cluster="a",namespace="epinio",name="ghcr"'
    now = int(fleets.NOW.timestamp())
    assert found == [
        f"epinio_export_registries_audit_timestamp_seconds {now - 3600}",
        'epinio_export_registries_cluster_up{cluster="a"} 1',
        f"epinio_export_registry_listed{{{labels}}} 1",
        f"epinio_export_registry_usable{{{labels}}} 1",
        f"epinio_export_registry_managed{{{labels}}} 0",
        f'epinio_export_registry_check{{{labels},leg="chart",verdict="denied"}} 1',
        f'epinio_export_registry_check{{{labels},leg="image",verdict="denied"}} 1',
        f"epinio_export_registry_certificate_not_after_timestamp_seconds{{{labels}}} {now + 864000}",
    ]


def test_a_cluster_that_was_not_read_is_down():
    assert samples({"a": fleets.down()})[1:] == ['epinio_export_registries_cluster_up{cluster="a"} 0']


def test_labels_cannot_break_out():
    found = samples({'a"} 1\nx{b="\\': fleets.cluster()})
    assert found[1:] == ['epinio_export_registries_cluster_up{cluster="a\\"} 1 x{b=\\"\\\\"} 1']


def test_no_cluster():
    assert samples({}) == [f"epinio_export_registries_audit_timestamp_seconds {int(fleets.NOW.timestamp())}"]

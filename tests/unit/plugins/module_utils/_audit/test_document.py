# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import re
from pathlib import Path

from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs, since
from ansible_collections.epinio.registries.plugins.module_utils._audit.document import document
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.tests.support import fleets

GUIDE = Path(__file__).parents[5] / "docs/docsite/rst/audit_guide.rst"


def audit(results, now):
    return Audit(now, inputs.merged([inputs.clusters_of_run(results, now=now, place="here")]))


def test_the_guide_has_every_field():
    """In its table: what a row names stands in the first column, and its fields in the second."""
    before = audit(fleets.earlier(), fleets.NOW - datetime.timedelta(days=1))
    now = audit(fleets.showcase(), fleets.NOW)
    whole = document(now, since.changes(before, now))
    destinations = [one for cluster in whole["clusters"] for one in cluster["destinations"]]
    certificates = [one for cluster in whole["clusters"] for one in cluster["certificates"]]
    found = {
        "schema": whole.keys(),
        "clusters[]": whole["clusters"][0].keys(),
        "clusters[].destinations[]": {*destinations[0]}.union(*(one["certificate"] or () for one in destinations)),
        "clusters[].destinations[].check": set().union(*(one["check"] or () for one in destinations)),
        "clusters[].certificates[]": {*certificates[0]}.union(*(certificates[0]["certificates"])),
        "changes[]": whole["changes"][0].keys(),
    }
    rows = re.findall(r"   \* - ``([^`]+)``(.*)\n     - (.*)", GUIDE.read_text(encoding="utf-8"))
    said = {name: {name, *re.findall(r"``(\w+)``", f"{more} {text}")} for name, more, text in rows}
    assert {name: fields - said[name] for name, fields in found.items() if fields - said[name]} == {}

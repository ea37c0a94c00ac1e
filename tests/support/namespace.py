# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a namespace in memory: what is planned for them, and what changes make of them."""

from __future__ import annotations

import copy
import random

from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._desired import plan as _plan
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Observed
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret


class Namespace:
    """The secrets of a namespace in memory; takes changes as the API server does."""

    def __init__(self, *secrets):
        self.secrets = {}
        for secret in secrets:
            self._store(secret)

    def _store(self, raw):
        raw = copy.deepcopy(raw)
        version = int(raw["metadata"].get("resourceVersion", 0)) + 1
        raw["metadata"].update(uid=raw["metadata"].get("uid", f"uid-{random.random()}"), resourceVersion=str(version))
        self.secrets[raw["metadata"]["name"]] = raw

    def observed(self, *, listed=True):
        # Every unlabelled secret whose content matters is read, so for the plan it is all the same to know them all.
        return Observed({name: Secret.from_api(raw) for name, raw in self.secrets.items()}, listed=listed)

    def plan(self, items, **options):
        parsed = destination.parse_destinations(items, many=True)
        assert parsed.problems == []
        return _plan.plan_destinations(parsed.items, self.observed(listed=options.pop("listed", True)), **options)

    def apply(self, change):
        """Make one change; yields after every single write, as a kill may come between any two."""
        if change.verb in ("delete", "recreate"):
            stored = self.secrets.pop(change.name)
            assert stored["metadata"]["uid"] == change.current.metadata["uid"]
            yield
        if change.desired is None:
            return
        body = change.desired.body("epinio", change.current, fresh=change.verb != "replace")
        if change.verb == "replace":
            stored = self.secrets[change.name]
            assert body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]
            assert not stored.get("immutable") or stored["data"] == body["data"]
        else:
            assert change.name not in self.secrets
            assert {"resourceVersion", "uid"}.isdisjoint(body["metadata"])
        self._store(body)
        yield

    def run(self, plan):
        assert plan.problems == []
        for change in plan.changes:
            for _step in self.apply(change):
                pass

    def dangling(self):
        """Return the destinations that name a certificate secret that is not there."""
        return {
            name
            for name, raw in self.secrets.items()
            if (one := Secret.from_api(raw)).is_destination
            and one.certificate_secret
            and one.certificate_secret not in self.secrets
        }


def wrote(plan):
    """Return the writes of a plan."""
    return [(change.verb, change.name, change.fields) for change in plan.changes]


def codes(plan):
    """Return what a plan has against the list, and where."""
    return [(problem.code, problem.index, problem.name, problem.option) for problem in plan.problems]


def frozen(namespace, name):
    """Make a secret immutable."""
    namespace.secrets[name]["immutable"] = True

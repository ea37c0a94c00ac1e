# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs do that are broken off: what stands in the namespace before, and what the list then asks for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance import engine
from tests.acceptance.canary import Canary
from tests.acceptance.kube import Secrets, dangling

__all__ = ["PASSWORD", "SCENARIOS", "Scenario", "Stage", "told"]

PASSWORD = Canary("password")
CA, OTHER_CA, SHARED_CA = (builders.authority(name) for name in ("CA", "other CA", "shared CA"))
HAND_MADE = builders.certificate_secret("hand-ca", SHARED_CA)

Options = dict[str, Any]


def item(name: str, **options: Any) -> Options:
    return builders.item(name, **{"registry_password": PASSWORD.value, **options})


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`requests`: how many of each verb the run sends that leads from `before` to `after`, in pages of five."""

    name: str
    before: Options = dataclasses.field(repr=False)
    after: Options = dataclasses.field(repr=False)
    requests: Mapping[str, int]
    actions: Mapping[str, str]
    immutable: tuple[str, ...] = ()


KEPT = [item("kept0"), item("kept1", certificate=CA)]
OLD = [item("old0", certificate=CA), item("old1", certificate=CA)]
CHANGING = [item(f"chg{number}") for number in range(3)]

#: Ten destinations in the list: created, changed, kept; and two that it does not name any more.
MIXED = Scenario(
    "mixed",
    before={"destinations": [*KEPT, *OLD, *CHANGING, item("pem0", certificate=CA)]},
    after={
        "destinations": [
            *KEPT,
            *({**one, "organization": "changed"} for one in CHANGING),
            item("pem0", certificate=OTHER_CA),
            *(item(f"new{number}", certificate=CA) for number in range(2)),
            item("new2"),
            item("new3", certificate_secret="hand-ca"),
        ],
        "prune": True,
    },
    requests={"LIST": 13, "GET": 1, "POST": 6, "PUT": 4, "DELETE": 4},
    actions={
        **dict.fromkeys(["new0", "new0-certificate", "new1", "new1-certificate", "new2", "new3"], "created"),
        **dict.fromkeys(["chg0", "chg1", "chg2", "pem0-certificate"], "changed"),
        **dict.fromkeys(["old0", "old0-certificate", "old1", "old1-certificate"], "removed"),
    },
)
#: A certificate that only deleting and creating changes, while its destinations step aside.
RECREATE = Scenario(
    "recreate",
    before={"destinations": [item(f"d{number}", certificate=CA, certificate_secret="ca") for number in range(3)]},
    after={
        "destinations": [
            item(f"d{number}", certificate=OTHER_CA, certificate_secret="ca", recreate=True) for number in range(3)
        ]
    },
    requests={"LIST": 4, "POST": 4, "DELETE": 4},
    actions=dict.fromkeys(["ca", "d0", "d1", "d2"], "changed"),
    immutable=("ca",),
)
SCENARIOS = {scenario.name: scenario for scenario in (MIXED, RECREATE)}


class Stage:
    """A namespace in which a scenario is set up again and again, and what a broken run has to leave behind."""

    def __init__(self, secrets: Secrets, connection: Options, scenario: Scenario) -> None:
        self.secrets = secrets
        self.scenario = scenario
        self._options = {**connection, "namespace": secrets.namespace}
        secrets.clear()
        self.run(scenario.before)
        for name in scenario.immutable:
            secrets.patch(name, {"immutable": True})
        secrets.create(HAND_MADE)
        self._bodies = [self._fresh(secret) for secret in secrets.all().values()]
        self.before: dict[str, Any] = {}
        self.since = ""

    @staticmethod
    def _fresh(secret: Mapping[str, Any]) -> Options:
        metadata = {
            key: secret["metadata"][key] for key in ("name", "labels", "annotations") if key in secret["metadata"]
        }
        return {**secret, "metadata": metadata}

    def set_up(self) -> None:
        """Bring back what stands there before."""
        self.secrets.clear()
        self.secrets.create(*self._bodies)
        self.before, self.since = self.secrets.now()

    def run(self, options: Options, **connection: Any) -> engine.Outcome:
        """Run a list against the namespace."""
        return engine.run("export_registries", {**self._options, **options, **connection})

    def task(self, **connection: Any) -> Options:
        """Return the task of a playbook for the list."""
        options = {**self._options, **self.scenario.after, **connection}
        return {"name": "run", "epinio.registries.export_registries": options}

    def written(self) -> set[str]:
        """Return the names of all secrets that were written since it was set up."""
        return {event.name for event in self.secrets.events(self.since)}

    def check(self, reported: Mapping[str, str], doubtful: set[str], *, whole: bool) -> None:
        """Check what a run left that ended well (`whole`) or was broken off, and that the next one does the rest."""
        events = self.secrets.events(self.since)
        assert dangling(self.before, events) == []
        written = {event.name for event in events}
        expected = dict(self.scenario.actions)
        if whole:
            assert reported == expected, "the report is that of a run that nothing disturbed"
            assert written == set(expected)
        else:
            assert set(reported) <= written, "what is reported was done"
            assert written <= {*reported, *doubtful}, "what was done is reported, or said to be in doubt"
            # What steps aside for its certificate is removed, until it comes back.
            fitting = {
                name: {action, "removed"} if self.scenario.immutable else {action} for name, action in expected.items()
            }
            assert all(action in fitting[name] for name, action in reported.items())
        self._check_next_run(written, expected)

    def _check_next_run(self, written: set[str], expected: Mapping[str, str]) -> None:
        there, since = self.secrets.now()
        left = engine.actions(self.run(self.scenario.after).result)
        if not self.scenario.immutable:
            assert left == {name: action for name, action in expected.items() if name not in written}
        events = self.secrets.events(since)
        assert dangling(there, events) == []
        assert {event.name for event in events} == set(left), "the next run makes the missing changes alone"
        assert self.run(self.scenario.after).result["changed"] is False


def told(outcome: engine.Outcome | engine.Failure) -> str:
    """Return everything that a run says."""
    return json.dumps([str(outcome), dict(outcome.result), list(outcome.warnings)])

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has begun, done, deleted, lost and left in doubt, over all its rounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from ansible_collections.epinio.registries.plugins.module_utils._cluster.cluster import ClusterError, Conflict
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change, Observed, Plan
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret

#: Whether a destination, and its name.
Key = tuple[bool, str]


class Ledger:
    """Takes note of every change; asked in the end for what became of them."""

    def __init__(self) -> None:
        self._done: dict[Key, Change] = {}
        self._begun: dict[Key, Change] = {}
        self._deleted: dict[Key, Change] = {}
        self._in_doubt: dict[Key, Change] = {}
        #: Certificate secrets that were removed, as they were then; and those of them that a destination names now.
        self._removed: dict[Key, Change] = {}
        self._lost: dict[Key, Change] = {}
        self._altered: dict[Key, Problem] = {}
        self._crossed = False

    # -- taking note -----------------------------------------------------------------------------------------------

    def begun(self, change: Change) -> None:
        """Note that a change is about to be written."""
        self._begun[change.key] = change
        self._crossed |= change.crosses

    def done(self, change: Change, stored: Secret | None = None) -> None:
        """Note that a change was written (or, in check mode, would be), and how it is ``stored`` then."""
        key = change.key
        self._begun.pop(key, None)
        if stored is not None:
            self._compare(change, stored)
            if change.left_alone(stored):
                return
        if change.action is None:
            self._deleted[key] = change
        elif change.action == "created" and key in self._removed:  # it is back as it was
            for noted in (self._removed, self._lost, self._done):
                noted.pop(key, None)
        else:
            if change.action == "removed":
                self._deleted.pop(key, None)
                if not change.is_destination:
                    self._removed[key] = change
            self._done[key] = self._together(change)

    def _compare(self, change: Change, stored: Secret) -> None:
        """Note what something made of a change on its way."""
        fields = ", ".join(change.altered(stored))
        if fields:
            self._altered[change.key] = CATALOGUE.problem(
                "altered", index=change.index, name=change.name, option="name", secret=change.name, fields=fields
            )

    def _together(self, change: Change) -> Change:
        """Return a change as one with what was done to the same secret before."""
        earlier, deleted = self._done.get(change.key), self._deleted.get(change.key)
        if earlier is not None:
            created = earlier.action == "created" and change.action == "changed"
            return dataclasses.replace(
                change,
                action="created" if created else change.action,
                fields=tuple(dict.fromkeys((*earlier.fields, *change.fields))),
                current=earlier.current,
            )
        if change.action == "created" and deleted is not None:
            fields = deleted.fields or ("recreated",)
            return dataclasses.replace(change, action="changed", fields=fields, current=deleted.current)
        return change

    def failed(self, change: Change, error: ClusterError | Conflict) -> None:
        """Note that a change was not written, or that nobody knows."""
        if error.deleted or change.key in self._deleted:
            self._deleted[change.key] = change
        if error.refused:
            self._begun.pop(change.key)

    def conflict(self, conflict: Conflict) -> None:
        """Note that something else was faster; what was begun is planned again."""
        self._begun.clear()
        self._in_doubt = {change.key: change for change in conflict.ours}

    def settle(self, plan: Plan, observed: Observed) -> None:
        """Count what was begun as done where the next plan finds nothing left to do.

        That is a write whose answer was lost; and what was deleted here and created again by somebody else.
        """
        pending = {change.key: change for change in plan.changes}
        for key, change in self._in_doubt.items():
            if key not in pending and not (change.verb == "delete" and observed.keeps(change.name)):
                self.done(change)
        self._in_doubt.clear()
        for key, change in pending.items():
            if change.current is not None:  # it is there: it was not deleted, or somebody else made it
                self._deleted.pop(key, None)
        for key, change in self._deleted.items():
            if key not in pending and key not in self._done:
                self._done[key] = dataclasses.replace(change, action="changed", fields=change.fields or ("recreated",))

    def lost(self, changes: Iterable[Change]) -> None:
        """Note the certificate secrets that have to come back, because a destination names them now."""
        self._lost = {change.key: change for change in changes}
        self._removed = {**self._lost, **self._removed}

    def looked(self) -> None:
        """Note that nothing is amiss after the changes that another run may have crossed."""
        self._crossed = False

    # -- being asked -----------------------------------------------------------------------------------------------

    @property
    def must_look_again(self) -> bool:
        """Whether a change was begun that one of another run may cross, and nobody has looked since."""
        return self._crossed

    def removed_certificates(self) -> list[Change]:
        """Return the changes that removed certificate secrets, or may have, and that nothing has undone."""
        doubtful = {**self._begun, **self._in_doubt}
        removals = {key: one for key, one in doubtful.items() if one.verb == "delete" and not one.is_destination}
        return list({**removals, **self._removed}.values())

    @property
    def changes(self) -> Mapping[Key, Change]:
        """What was done, each secret once, in the order in which it was first done."""
        return self._done

    @property
    def warnings(self) -> list[str]:
        """What something made of the changes on their way."""
        return [str(problem) for problem in self._altered.values()]

    @property
    def missing(self) -> list[Key]:
        """What was deleted to be created again, and has not come back."""
        return sorted(self._deleted.keys() - self._done.keys() - self._begun.keys() - self._in_doubt.keys())

    @property
    def names_lost(self) -> list[str]:
        """The certificate secrets that had to come back, and have not."""
        return [change.name for change in self._lost.values()]

    @property
    def names_in_doubt(self) -> list[str]:
        """The secrets that may have been written; no more than are written side by side."""
        return sorted({name for _kind, name in (*self._begun, *self._in_doubt)})

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect problems and warnings, each at its place in the list."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import CATALOGUE, Case
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem


@dataclasses.dataclass(frozen=True)
class Place:
    """Where something is in what the user gave: its index in the list, and its name."""

    index: int | None = None
    name: str | None = None


@dataclasses.dataclass
class Findings:
    """The problems and warnings of a run, in the order in which they are found."""

    problems: list[Problem] = dataclasses.field(default_factory=list)
    warnings: list[Problem] = dataclasses.field(default_factory=list)

    def refuse(self, place: Place, case: Case, *, option: str | None = None, **fields: Any) -> None:
        """Note a problem; in the first option of the case where none is given."""
        self.problems.append(_problem(place, case, option, fields))

    def warn(self, place: Place, case: Case, *, option: str | None = None, **fields: Any) -> None:
        """Note what people should know, and what stops nothing."""
        self.warnings.append(_problem(place, case, option, fields))


def _problem(place: Place, case: Case, option: str | None, fields: Mapping[str, Any]) -> Problem:
    option = option or next(iter(CATALOGUE.cases[case].options), None)
    return CATALOGUE.problem(case, index=place.index, name=place.name, option=option, **fields)

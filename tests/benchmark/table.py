# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Medians, ratios and the table."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from .measure import Run

OURS = "export_registries"


class Results:
    """Every run, by size (or forks), way and situation."""

    def __init__(self, unit: str = "N") -> None:
        self.unit = unit
        self._runs: dict[tuple[int, str, str], list[Run]] = defaultdict(list)

    def add(self, size: int, way: str, situation: str, run: Run) -> None:
        self._runs[size, way, situation].append(run)

    def line(self, size: int, way: str) -> str:
        """Return the last seconds of a way, for the impatient."""
        found = [(key[2], runs[-1].seconds) for key, runs in self._runs.items() if key[:2] == (size, way)]
        return ", ".join(f"{situation} {seconds:.2f}" for situation, seconds in found)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each size, way and situation: medians, and the ratio to our own run of the same round."""
        return [
            {
                self.unit: size,
                "way": way,
                "situation": situation,
                "seconds": round(self._seconds(size, way, situation), 2),
                "ratio": round(median(self._ratios(size, way, situation)), 2),
                "cpu": round(median(run.cpu for run in runs), 2),
                "memory": round(median(run.memory for run in runs), 1),
                "main": round(median(run.main for run in runs), 1),
                "requests": dict(runs[-1].requests),
                "runs": len(runs),
            }
            for (size, way, situation), runs in self._runs.items()
        ]

    def _seconds(self, size: int, way: str, situation: str) -> float:
        return median(run.seconds for run in self._runs[size, way, situation])

    def _ratios(self, size: int, way: str, situation: str) -> list[float]:
        """Return, round by round, how often our own run of the same round fits into the way's."""
        ours = self._runs[size, OURS, situation]
        return [run.seconds / own.seconds for run, own in zip(self._runs[size, way, situation], ours)]

    def markdown(self) -> str:
        """Return the table."""
        lines = [
            f"| {self.unit} | situation | way | seconds | times {OURS} | processor seconds | peak MiB "
            "| of the main process | requests |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        order = list(dict.fromkeys(situation for _size, _way, situation in self._runs))
        for row in sorted(self.rows(), key=lambda row: (row[self.unit], order.index(row["situation"]))):
            requests = ", ".join(f"{count} {verb}" for verb, count in sorted(row["requests"].items())) or "none"
            lines.append(
                f"| {row[self.unit]} | {row['situation']} | {row['way']} | {row['seconds']:.2f} | {row['ratio']:.2f} "
                f"| {row['cpu']:.2f} | {row['memory']:.0f} | {row['main']:.0f} | {requests} |"
            )
        return "\n".join(lines) + "\n"

    def write(self, folder: Path, name: str) -> None:
        """Write the table as Markdown and as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(self.markdown())
        (folder / f"{name}.json").write_text(json.dumps(self.rows(), indent=2) + "\n")

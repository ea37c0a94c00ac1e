# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of each cluster of a run: a table for people, and counts and names for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, printable, without_userinfo

ACTIONS = ("created", "changed", "removed", "kept")
#: What became of a cluster, the worst first.
STATES = ("unreachable", "failed", "skipped", "changed", "unchanged")
_HEAD = ("cluster", *ACTIONS, "problems", "")
#: Names that a line spells out, and its longest text.
_NAMED, _LONGEST = 10, 300


@dataclasses.dataclass
class Line:
    """One cluster. ``trouble``: the last failure; ``done``: what was written, in words, by where that was."""

    name: str
    counts: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(ACTIONS, 0))
    problems: int = 0
    trouble: str = ""
    done: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    checked: str = ""
    ran: bool = False

    def state(self, failed: Container[str], unreachable: Container[str]) -> str:
        """Return one of STATES; the arguments hold the names of clusters on which the play has ended."""
        if self.name in unreachable:
            return "unreachable"
        if self.name in failed:
            return "failed"
        if not self.ran:
            return "skipped"
        return "changed" if any(self.counts[action] for action in ACTIONS if action != "kept") else "unchanged"

    def text(self, state: str) -> str:
        """Return what is the matter, or what was done and where."""
        if state in ("unreachable", "failed"):
            return _one_line(self.trouble)
        if state == "skipped":
            return "no task wrote to it"
        done = [f"{where}: {_listed(words)}" for where, words in self.done.items()]
        return _one_line("; ".join([*done, self.checked] if self.checked else done) or "as it should be")


class Summary:
    """Takes note of every result; asked for a table and for data at any time."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}

    def line(self, name: str) -> Line:
        """Return the line of a cluster, which there is from now on."""
        return self._lines.setdefault(name, Line(name))

    def wrote(self, name: str, result: Mapping[str, Any], where: str) -> None:
        """Note what a module that writes has done, before a failure as well."""
        line = self.line(name)
        line.ran = True
        for entry in (*result.get("destinations", ()), *result.get("certificates", ())):
            line.counts[entry["action"]] += 1
            if entry["action"] != "kept":
                fields = f" ({', '.join(entry['fields'])})" if entry.get("fields") else ""
                line.done.setdefault(where, []).append(f"{entry['name']} {entry['action']}{fields}")

    def checked(self, name: str, result: Mapping[str, Any]) -> None:
        """Note that destinations were tried."""
        line = self.line(name)
        line.ran = True
        tried = result.get("destinations", ())
        good = sum(one["verdict"] == "ok" for one in tried)
        line.checked = f"{good} of {len(tried)} can be pushed to"

    def troubled(self, name: str, message: str, problems: Sequence[Any] = ()) -> None:
        """Note a failure. It may be rescued later: the arguments of table and data say what stays."""
        line = self.line(name)
        line.trouble = message
        line.problems += len(problems)

    def table(self, failed: Container[str], unreachable: Container[str]) -> list[tuple[str, str]]:
        """Return each line of the table with its state, the worst first; the head comes before them with none."""
        rows: list[tuple[str, tuple[str, ...]]] = [("", _HEAD)]
        for state, line in self._sorted(failed, unreachable):
            counts = (*(str(line.counts[action]) for action in ACTIONS), str(line.problems))
            rows.append((state, (printable(line.name), *counts, line.text(state))))
        widths = [max(len(row[column]) for _state, row in rows) for column in range(len(_HEAD) - 1)]
        return [(state, _row(row, widths)) for state, row in rows] if self._lines else []

    def data(self, failed: Container[str], unreachable: Container[str]) -> dict[str, Any]:
        """Return counts and names: how many clusters, which are in each state, and how many secrets of each action."""
        lines = self._sorted(failed, unreachable)
        counts = {action: sum(line.counts[action] for _state, line in lines) for action in ACTIONS}
        counts["problems"] = sum(line.problems for _state, line in lines)
        names = {state: [line.name for one, line in lines if one == state] for state in STATES}
        return {"clusters": len(lines), **names, "counts": counts}

    def _sorted(self, failed: Container[str], unreachable: Container[str]) -> list[tuple[str, Line]]:
        lines = [(line.state(failed, unreachable), line) for line in self._lines.values()]
        return sorted(lines, key=lambda one: (STATES.index(one[0]), -one[1].problems, one[1].name))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers, text = cells
    columns = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:]))]
    return "  ".join([*columns, text]).rstrip()


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f"{', '.join(words[:_NAMED])}{more}"


def _one_line(text: str) -> str:
    line = printable(text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def place(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Return which namespace of which cluster a task wrote to, by its arguments and by C(K8S_AUTH_*)."""
    found = {name: arguments.get(name) or environment.get(f"K8S_AUTH_{name.upper()}") for name in _WAYS}
    way = next((said.format(found[name]) for name, said in _WAYS.items() if _is_plain(found[name])), _DEFAULT)
    way = without_userinfo(way, MASK) if _is_plain(found["host"]) else way
    return f"namespace {arguments.get('namespace') or 'epinio'} of {way}"


_DEFAULT = "the current context"
_WAYS = {"host": "{}", "context": "context {}", "kubeconfig": "the current context of {}"}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "{{" not in value


def results(result: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return the results of a task: one, or one for each item of its loop."""
    looped = result.get("results")
    return [one for one in looped if isinstance(one, dict)] if isinstance(looped, list) else [result]

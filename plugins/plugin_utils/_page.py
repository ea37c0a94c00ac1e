# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit as one HTML file: what the template is given, and the policy that lets its own style and script in alone."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._audit import expiries
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import (
    EVENTS,
    REFUSED,
    SOON,
    Audit,
    Change,
    Cluster,
    Destination,
)
from ansible_collections.epinio.registries.plugins.module_utils._moments import written
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).with_name("_html")
#: The state of a row, the worst first; also the names of classes.
_BAD, _WARN, _GOOD = range(3)
_LEVELS = ("bad", "warn", "good")
_DAY, _HOUR, _MINUTE = 86400, 3600, 60


def page(audit: Audit, changes: Sequence[Change] | None, before: datetime.datetime | None) -> str:
    """Return the page; ``changes`` are those since ``before``, both None where there is nothing to compare with."""
    style, script = _file("report.css"), _file("report.js")
    found = expiries.expiries(audit)
    rendered: str = _template().render(
        audit=audit,
        rows=_rows(audit),
        levels=_LEVELS,
        failed=[one for _cluster, one in audit.destinations if not one.fit],
        down=[cluster for cluster in audit.clusters if not cluster.up],
        count=sum(1 for _one in audit.destinations),
        expiries=found,
        expiring=[one for one in found if one.soon],
        marks=expiries.marks(found),
        ticks=expiries.ticks(found),
        highest=max((mark.level for mark in expiries.marks(found)), default=0),
        today=expiries.TODAY,
        shared=_shared(audit),
        compared=any(cluster.compared for cluster in audit.clusters),
        changes=None if changes is None else _by_event(changes),
        before=before,
        checked=[cluster for cluster in audit.clusters if cluster.checked],
        places=sorted({cluster.place for cluster in audit.clusters if cluster.place}),
        policy="; ".join(
            [
                "default-src 'none'",
                f"style-src '{_hash(style)}'",
                f"script-src '{_hash(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        style=Markup(style),  # noqa: S704 - files of ours, the same for everybody
        script=Markup(script),  # noqa: S704
    )
    return rendered


@dataclasses.dataclass(frozen=True)
class _Row:
    """A destination of the table, or (``one`` is None) a cluster that could not be read."""

    level: int
    state: str
    cluster: Cluster
    one: Destination | None
    age: str
    reasons: Sequence[_Reason]


@dataclasses.dataclass(frozen=True)
class _Reason:
    """What is wrong, said once for all legs that it is wrong for."""

    where: str
    code: str
    message: str
    remedy: str


def _rows(audit: Audit) -> list[_Row]:
    rows = [_Row(_BAD, "not read", cluster, None, "", ()) for cluster in audit.clusters if not cluster.up]
    for cluster, one in audit.destinations:
        level, state = _state(one, audit.generated)
        age = _age(audit.generated, cluster.checked) if cluster.checked else ""
        rows.append(_Row(level, state, cluster, one, age, _reasons(one)))
    return sorted(rows, key=lambda row: (row.level, row.cluster.name, row.one.name if row.one else ""))


def _state(one: Destination, now: datetime.datetime) -> tuple[int, str]:
    if not one.usable:
        return _BAD, "not usable"
    if one.check is not None and one.check.verdict in REFUSED:
        return _BAD, one.check.verdict.replace("_", " ")
    if one.expires_by(now):
        return _WARN, "expired"
    if one.expires_by(now + SOON):
        return _WARN, "expires soon"
    if one.check is not None and one.check.verdict != "ok":
        return _WARN, one.check.verdict
    return _GOOD, "ok" if one.check is not None else "usable"


def _reasons(one: Destination) -> list[_Reason]:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for problem in one.problems:
        found[problem.code, problem.message, problem.remedy].append(problem.leg or "")
    if one.check is not None and one.usable:  # what is not usable was not tried, and says so already
        for leg, said in one.check.legs.items():
            if said.verdict != "ok":
                found[said.verdict, said.message, said.remedy].append(f"{leg} push")
    return [_Reason(", ".join(filter(None, legs)), *said) for said, legs in found.items()]


def _shared(audit: Audit) -> list[tuple[str, list[tuple[Cluster, Destination]]]]:
    """Return who has the same letter, those with the longest reach first."""
    groups: Mapping[str, list[tuple[Cluster, Destination]]] = defaultdict(list)
    for cluster, one in audit.destinations:
        if one.credential is not None:
            groups[one.credential].append((cluster, one))
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _by_event(changes: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    groups: Mapping[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.event].append(change)
    return [(event, groups[event]) for event in EVENTS if event in groups]


def _age(now: datetime.datetime, then: datetime.datetime) -> str:
    """Return how long ago something was, in the unit that people would use."""
    seconds = max(0, int((now - then).total_seconds()))
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name} ago"
    return "just now"


def _plural(count: int, word: str, many: str | None = None) -> str:
    return f"{count:,} {word if count == 1 else many or word + 's'}"


def _clusters_of(places: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from dict.fromkeys(cluster for cluster, _secret in places)


def _hash(text: str) -> str:
    """Return what a policy names an inline style or script by (CSP Level 3, section 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plural=_plural,
        clusters=lambda places: list(_clusters_of(places)),
        moment=lambda moment: moment.strftime("%Y-%m-%d %H:%M UTC"),
        iso=written,
        day=lambda moment: moment.date().isoformat(),
    )
    return environment.get_template("report.html.j2")

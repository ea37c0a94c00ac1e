# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report from its inputs: read the files, compare, and write what was asked for, or nothing at all."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs, since
from ansible_collections.epinio.registries.plugins.module_utils._audit.catalogue import CATALOGUE, Case
from ansible_collections.epinio.registries.plugins.module_utils._audit.document import document
from ansible_collections.epinio.registries.plugins.module_utils._audit.metrics import metrics
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit, Change
from ansible_collections.epinio.registries.plugins.module_utils._audit.shapes import Misshapen
from ansible_collections.epinio.registries.plugins.module_utils._moments import written
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure, Outcome, refused
from ansible_collections.epinio.registries.plugins.plugin_utils._page import page

OUTPUTS = ("html", "json", "textfile")


class _Refused(Exception):
    """An input or output that will not do."""

    def __init__(self, case: Case, option: str, *, file: str, reason: object = None) -> None:
        super().__init__(case)
        self.problem = CATALOGUE.problem(case, option=option, file=file, reason=reason)


@dataclasses.dataclass(frozen=True)
class _Report:
    """Everything that an output is made of."""

    audit: Audit
    changes: list[Change] | None
    before: datetime.datetime | None


_RENDER: Mapping[str, Callable[[_Report], str]] = {
    "html": lambda report: page(report.audit, report.changes, report.before),
    "json": lambda report: json.dumps(document(report.audit, report.changes), indent=1) + "\n",
    "textfile": lambda report: metrics(report.audit),
}


def report(params: Mapping[str, Any], *, place: str, check_mode: bool) -> Outcome:
    """Write the report of validated parameters, made on the machine ``place``. Raises Failure with every problem."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    problems: list[Problem] = []
    sources = [found for found in (_source(one, now, place, problems) for one in params["inputs"]) if found is not None]
    files = {name: Path(params[name]).expanduser() for name in OUTPUTS if params.get(name)}
    problems += _unwritable(files)
    warnings: list[str] = []
    before = _previous(params.get("previous"), problems, warnings)
    if problems:
        raise refused(problems, ())
    runs = sum(one.runs for one in sources if any(cluster.compared for cluster in one.clusters))
    audit = Audit(now, inputs.merged([one.clusters for one in sources]), runs)
    if before is not None:
        warnings += map(str, _doubts(str(params["previous"]), before, audit))
    changes = None if before is None else since.changes(before, audit)
    whole = _Report(audit, changes, None if before is None else before.generated)
    texts = {name: _RENDER[name](whole) for name in files}
    changed = False
    for name, text in texts.items():
        try:
            changed |= _write(files[name], text, check_mode)
        except OSError as error:
            full = CATALOGUE.problem(
                "report_file_unwritable", option=name, file=str(files[name]), reason=error.strerror or error
            )
            raise Failure(str(full), {"changed": changed, "problems": [full.as_option_problem()]}, warnings) from None
    return Outcome({"changed": changed, **_counts(whole)}, warnings)


def _counts(whole: _Report) -> dict[str, Any]:
    destinations = [one for _cluster, one in whole.audit.destinations]
    return {
        "clusters": len(whole.audit.clusters),
        "clusters_down": [cluster.name for cluster in whole.audit.clusters if not cluster.up],
        "destinations": len(destinations),
        "unusable": sum(not one.fit for one in destinations),
        "changes": None
        if whole.changes is None
        else [{"event": one.event, "cluster": one.cluster, "name": one.name} for one in whole.changes],
    }


def _source(given: Any, now: datetime.datetime, place: str, problems: list[Problem]) -> Audit | None:
    """Return what one input holds: a mapping of results, or the path of a document."""
    try:
        if not isinstance(given, str):
            try:
                return Audit(now, tuple(inputs.clusters_of_run(given, now=now, place=place)))
            except Misshapen as error:
                raise _Refused("report_input_invalid", "inputs", file="A mapping", reason=error) from None
        return _document(given, "inputs")
    except _Refused as error:
        problems.append(error.problem)
        return None


def _previous(path: str | None, problems: list[Problem], warnings: list[str]) -> Audit | None:
    if not path:
        return None
    if not Path(path).expanduser().exists():  # the first report of a series has none
        missing = CATALOGUE.problem("report_previous_missing", option="previous", file=path)
        warnings.append(str(missing))
        return None
    try:
        return _document(path, "previous")
    except _Refused as error:
        problems.append(error.problem)
        return None


def _doubts(path: str, before: Audit, now: Audit) -> Iterator[Problem]:
    """Yield why a comparison with an earlier report may say nothing."""
    if before.generated > now.generated:
        made = written(before.generated)
        yield CATALOGUE.problem("report_previous_doubtful:later", option="previous", file=path, moment=made)
    names, earlier = ({cluster.name for cluster in one.clusters} for one in (now, before))
    if names and earlier and not names & earlier:
        yield CATALOGUE.problem("report_previous_doubtful:others", option="previous", file=path)


def _document(path: str, option: str) -> Audit:
    try:
        return inputs.audit_of_document(json.loads(Path(path).expanduser().read_bytes()))
    except OSError as error:
        raise _Refused("report_input_unreadable", option, file=path, reason=error.strerror) from None
    except inputs.UnknownSchema as error:
        raise _Refused("report_schema_unknown", option, file=path, reason=error) from None
    except Misshapen as error:
        raise _Refused("report_input_invalid", option, file=repr(path), reason=error) from None
    except (ValueError, RecursionError):
        raise _Refused("report_input_invalid:json", option, file=path) from None


def _unwritable(files: Mapping[str, Path]) -> list[Problem]:
    problems = []
    for name, file in files.items():
        reason = None
        if file.is_dir():
            reason = "it is a folder"
        elif not file.parent.is_dir():
            reason = f"there is no folder {str(file.parent)!r}"
        elif not os.access(file.parent, os.W_OK | os.X_OK):
            reason = "its folder may not be written to"
        if reason:
            problems.append(CATALOGUE.problem("report_file_unwritable", option=name, file=str(file), reason=reason))
    seen: set[Path] = set()
    for name, file in files.items():
        if file.absolute() in seen:
            problems.append(CATALOGUE.problem("report_file_twice", option=name, file=str(file)))
        seen.add(file.absolute())
    return problems


def _write(file: Path, text: str, check_mode: bool) -> bool:
    """Write a file so that whoever reads it finds the old one or the new one, whole; return whether they differ."""
    content = text.encode("utf-8", "replace")
    with contextlib.suppress(OSError):
        if file.read_bytes() == content:
            return False
    if check_mode:
        return True
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
    handle, scratch = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # no collector reads such a name
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            os.fchmod(opened.fileno(), mode)
        Path(scratch).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

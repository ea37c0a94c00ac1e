# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contexts of kubeconfig files as the clusters of a fleet, each under the name of a host."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster import kubeconfig
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, without_userinfo

#: What has no place in the name of a host: in patterns of Ansible most of it means something.
_NO_HOST_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_SHOWN = 20

#: A kubeconfig file, and what it holds.
Files = Mapping[Path, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Context:
    """One cluster. ``host``: its name in an inventory; ``files``: those of the kubeconfig files that it takes."""

    name: str
    host: str
    cluster: str
    user: str
    server: str
    files: tuple[Path, ...]


def parsed(contents: Mapping[Path, bytes], where: str) -> tuple[Files, list[str]]:
    """Return each file as a kubeconfig of its own, whose paths hold wherever it is, and what is wrong with the rest."""
    files, problems = {}, []
    for index, (path, content) in enumerate(contents.items()):
        place = f"{where}[{index}]" if len(contents) > 1 else where
        try:
            files[path] = kubeconfig.merged([(content, path)], place, Mask())
        except ClusterError as error:
            problems.append(str(error))
    return files, problems


def found(files: Files, where: str, wanted: Sequence[str], excluded: Sequence[str]) -> tuple[list[Context], list[str]]:
    """Return the contexts whose names match a pattern of ``wanted`` and none of ``excluded``, and every problem.

    The files count as one kubeconfig, as in C(KUBECONFIG), but nothing that two of them say differently.
    """
    names = list(dict.fromkeys(name for config in files.values() for name in kubeconfig.named(config, "contexts")))
    known = _listed(names)
    problems = [*_differing(files)]
    problems += [
        said("pattern_unmatched", pattern=_quote(pattern), known=known)
        for pattern in wanted
        if names and not any(fnmatchcase(name, pattern) for name in names)
    ]
    chosen = [name for name in names if _matches(name, wanted) and not _matches(name, excluded)]
    if not chosen and not problems:
        problems.append(said("contexts_none", known=known))
    contexts = []
    for name in chosen:
        try:
            contexts.append(_context(name, files, where))
        except ClusterError as error:
            problems.append(str(error))
    return contexts, [*problems, *_meeting(contexts)]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _differing(files: Files) -> Iterator[str]:
    """Yield what a client would pass over in silence: the second entry of a name."""
    for name in ("contexts", "clusters", "users"):
        seen: dict[Any, tuple[Path, Any]] = {}
        for path, config in files.items():
            for entry, content in kubeconfig.named(config, name).items():
                first, before = seen.setdefault(entry, (path, content))
                if before != content:
                    yield said("entry_twice", entry=_quote(entry), list=name, first=first, second=path)


def _context(name: str, files: Files, where: str) -> Context:
    """Return a context, found by the first file that has all of it, or else by all of them. Raises ClusterError."""
    whole: tuple[Path, ...] = tuple(files)
    for path, config in files.items():
        try:
            kubeconfig.in_use(config, name, where, Mask())
        except ClusterError:
            continue
        whole = (path,)
        break
    config = _joined([files[path] for path in whole])
    cluster, _user = kubeconfig.in_use(config, name, where, Mask())
    names = kubeconfig.named(config, "contexts")[name]
    host = _NO_HOST_NAME.sub("-", name).strip("-._")
    if not host:
        raise ClusterError(said("host_none", context=_quote(name)))
    server = without_userinfo(str(cluster["server"]), MASK)
    return Context(name, host, str(names["cluster"]), str(names.get("user") or ""), server, whole)


def _joined(configs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    lists = ("clusters", "users", "contexts")
    return {name: list(itertools.chain.from_iterable(one.get(name) or () for one in configs)) for name in lists}


def _meeting(contexts: Sequence[Context]) -> Iterator[str]:
    hosts: dict[str, list[str]] = {}
    for context in contexts:
        hosts.setdefault(context.host, []).append(_quote(context.name))
    for host, names in hosts.items():
        if len(names) > 1:
            yield said("host_twice", contexts=" and ".join(names), host=host)


def _quote(name: Any) -> str:
    return Mask().quote(str(name))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(map(_quote, names[:_SHOWN]))}{more}" if names else "none"

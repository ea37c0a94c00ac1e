# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig as one mapping: its files read, merged, and freed of the folders in which they are."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask

#: The lists of a kubeconfig, what an entry of each is about, and which of its keys are paths.
_LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
    "contexts": ("context", ()),
}
#: What keeps a secret in an entry of users, and in the configuration of its auth-provider.
_SECRET = ("token", "password", "client-key-data", "id-token", "refresh-token", "access-token", "client-secret")
#: What the name of a variable or an option of a credential plugin says where its value is a secret.
_SECRET_WORDS = ("secret", "token", "password", "passphrase", "key", "credential")


def read(paths: str, where: str, mask: Mask) -> dict[str, Any]:
    """Return the kubeconfig in these files, joined as in C(KUBECONFIG); ``where`` names what gave the paths.

    Files that are missing are passed over, as long as one is there. Raises ClusterError.
    """
    if is_text(paths):
        raise ClusterError(said("kubeconfig_text", where=where))
    names = [Path(path).expanduser().absolute() for path in paths.split(os.pathsep) if path]
    present = [name for name in names if name.exists()]
    if not present:
        shown = mask.quote(", ".join(map(str, names)) or paths)
        raise ClusterError(said("kubeconfig_missing", where=where, path=shown))
    return merged(((_content(name, where, mask), name) for name in present), where, mask)


def is_text(paths: str) -> bool:
    """Return whether this is the content of a kubeconfig, where the path of one is meant."""
    return "\n" in paths.strip() or paths.lstrip().startswith("{")


def _content(path: Path, where: str, mask: Mask) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        shown = mask.quote(str(path))
        raise ClusterError(said("kubeconfig_unread", where=where, path=shown, reason=error.strerror)) from None


def merged(files: Iterable[tuple[bytes, Path]], where: str, mask: Mask) -> dict[str, Any]:
    """Return the contents of kubeconfig files, each with its path, as one: the first of a name counts.

    The last C(current-context) counts, as for the client. Raises ClusterError.
    """
    whole: dict[str, Any] = {}
    for content, path in files:
        config = _parsed(content, path, where, mask)
        checked(config, where)
        for name, value in absolute(config, path.parent).items():
            if name in _LISTS:
                known = {entry["name"] for entry in whole.get(name, ())}
                new = [entry for entry in value or () if entry["name"] not in known]
                whole[name] = [*whole.get(name, ()), *new]
            elif name == "current-context" or name not in whole:
                whole[name] = value
    return whole


def _parsed(content: bytes, path: Path, where: str, mask: Mask) -> Any:
    import yaml  # type: ignore[import-untyped,unused-ignore]

    if content.startswith(b"$ANSIBLE_VAULT"):
        raise ClusterError(said("kubeconfig_encrypted", where=where, path=mask.quote(str(path))))
    try:
        return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ClusterError(said("kubeconfig_no_yaml", where=where, path=f"{mask.quote(str(path))}{line}")) from None


def checked(config: Any, where: str) -> None:
    """Raise ClusterError where this has not the shape of a kubeconfig."""
    if not isinstance(config, dict):
        raise ClusterError(said("kubeconfig_shape", where=where, wrong="is not a mapping"))
    for name, (key, _paths) in _LISTS.items():
        entries = config.get(name)
        if entries is None:
            continue
        if not isinstance(entries, list):
            raise ClusterError(said("kubeconfig_shape", where=where, wrong=f"has {name} that are not a list"))
        for entry in entries:
            inner = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not _is_mapping(inner):
                raise ClusterError(
                    said("kubeconfig_shape", where=where, wrong=f"has an entry of {name} without name and {key}")
                )


def _is_mapping(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def absolute(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a kubeconfig whose paths hold wherever it is: they are relative to its ``folder``."""
    return {
        name: [_entry(entry, *_LISTS[name], folder) for entry in value]
        if name in _LISTS and isinstance(value, list)
        else value
        for name, value in config.items()
    }


def _entry(entry: Mapping[str, Any], key: str, paths: tuple[str, ...], folder: Path) -> dict[str, Any]:
    inner = dict(entry.get(key) or {})
    for name in paths:
        if isinstance(inner.get(name), str) and inner[name]:
            inner[name] = str(folder / inner[name])
    plugin = inner.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command")):  # as client-go takes it
        inner["exec"] = {**plugin, "command": str(folder / str(plugin["command"]))}
    return {**entry, key: inner}


def in_use(
    config: Mapping[str, Any], context: str | None, where: str, mask: Mask
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the cluster and the user of a context (none: of the current one). Raises ClusterError."""
    wanted = context or config.get("current-context")
    shown = mask.quote(str(wanted))
    contexts = named(config, "contexts")
    if not wanted:
        raise ClusterError(said("context_none", where=where, known=_listed(contexts, mask)))
    if wanted not in contexts:
        raise ClusterError(said("context_unknown", where=where, context=shown, known=_listed(contexts, mask)))
    names = contexts[str(wanted)]
    clusters, users = named(config, "clusters"), named(config, "users")
    cluster, user = names.get("cluster"), names.get("user")
    if cluster not in clusters or not clusters[cluster].get("server"):
        raise ClusterError(said("cluster_unknown", where=where, context=shown, cluster=mask.quote(str(cluster))))
    if user and user not in users:
        raise ClusterError(said("user_unknown", where=where, context=shown, user=mask.quote(str(user))))
    return clusters[cluster], users.get(user, {})


def named(config: Mapping[str, Any], name: str) -> dict[Any, dict[str, Any]]:
    """Return what the entries of a list (C(clusters), C(users), C(contexts)) are about, by their names."""
    key = _LISTS[name][0]
    return {entry["name"]: entry.get(key) or {} for entry in config.get(name) or ()}


def _listed(names: Iterable[str], mask: Mask) -> str:
    return mask.quote(", ".join(sorted(names)[:10])) or "none"


def secrets(user: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no text may hold of an entry of users, files that it names included."""
    provider = user.get("auth-provider")
    settings = provider.get("config") if isinstance(provider, dict) else None
    for known in (user, settings if isinstance(settings, dict) else {}):
        yield from (str(known[name]).strip() for name in _SECRET if known.get(name))
    if user.get("username") and user.get("password"):
        pair = f"{user['username']}:{user['password']}"
        yield base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode()
    with contextlib.suppress(ValueError):
        yield from _key_lines(base64.b64decode(str(user.get("client-key-data") or "")).decode("latin-1"))
    yield from of_file(user.get("tokenFile"))
    yield from of_key(user.get("client-key"))
    plugin = user.get("exec")
    if isinstance(plugin, dict):
        yield from _of_plugin(plugin)


def of_file(path: Any) -> Iterator[str]:
    """Yield the text in a file, if it can be read."""
    try:
        with Path(str(path or "")).open(encoding="utf-8", errors="replace") as file:
            yield file.read(1 << 16).strip()
    except (OSError, ValueError):
        return


def of_key(path: Any) -> Iterator[str]:
    """Yield each line of a key in PEM form; the lines that say so are no secret."""
    for text in of_file(path):
        yield from _key_lines(text)


def _key_lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.startswith("-----"))


def _of_plugin(plugin: Mapping[str, Any]) -> Iterator[str]:
    variables = plugin.get("env")
    for one in variables if isinstance(variables, list) else ():
        if isinstance(one, dict) and _is_secret(one.get("name")):
            yield str(one.get("value"))
    before = ""
    arguments = plugin.get("args")
    for argument in map(str, arguments if isinstance(arguments, list) else ()):
        name, equals, value = argument.partition("=")
        if equals and _is_secret(name):
            yield value
        elif before.startswith("-") and _is_secret(before):
            yield argument
        before = argument


def _is_secret(name: Any) -> bool:
    return any(word in str(name).lower() for word in _SECRET_WORDS)

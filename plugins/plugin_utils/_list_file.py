# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that keeps a list of destinations: its text, with every password encrypted by itself, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, is_encrypted, parse_vaulttext_envelope
from ansible_collections.epinio.registries.plugins.module_utils._desired.inverse import OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask, printable
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._runs.catalogue import CATALOGUE, Case

VARIABLE = "export_registries_destinations"
_HEADER = (
    "# Written by epinio.registries.export_registries_file, which compares it with the cluster when it runs again.\n"
    "# If they differ, it is written again. What is only in this file, such as a comment, is then lost.\n"
)
#: Ansible takes a text that holds one of these for a template.
_TEMPLATE = re.compile(r"\{[{%#]")
_PLACEHOLDER = re.compile(r"\{\{ \w+ \}\}")

Items = Sequence[Mapping[str, Any]]


class Refused(Exception):
    """The file is not written, for this reason."""

    def __init__(self, case: Case, option: str, **fields: Any) -> None:
        self.problem: Problem = CATALOGUE.problem(case, option=option, **fields)
        super().__init__(str(self.problem))


class _Vaulted(str):
    """The ciphertext of a value."""


class _Placeholder(str):
    """The name of a variable that Ansible fills in."""


class Vault:
    """Encrypts for one vault identity of a run: the one that is wanted, or the first. Raises Refused without it."""

    def __init__(self, secrets: Sequence[tuple[str, Any]], wanted: str | None) -> None:
        if not secrets:
            raise Refused("vault_missing", "vault_id")
        if wanted not in (None, *(vault_id for vault_id, _secret in secrets)):
            known = ", ".join(dict.fromkeys(vault_id for vault_id, _secret in secrets))
            raise Refused("vault_missing:identity", "vault_id", wanted=wanted, known=known)
        self._id, self._secret = next(one for one in secrets if wanted in (None, one[0]))
        self._vault = VaultLib(secrets)

    def encrypted(self, value: str, before: Any, path: str) -> str:
        """Return a value's ciphertext: the one before where it says the same, so that a diff shows what changed."""
        if isinstance(before, _Vaulted) and self._identity(before) == self._id and self._opened(before, path) == value:
            return before
        return _Vaulted(self._vault.encrypt(value, secret=self._secret, vault_id=self._id).decode().strip() + "\n")

    def _opened(self, value: str, path: str) -> str:
        try:
            return str(self._vault.decrypt(value.encode()).decode())
        except (AnsibleError, ValueError):  # no cause: it says what it tried
            raise Refused("file_unreadable:vault", "dest", path=path) from None

    @staticmethod
    def _identity(value: str) -> str:
        return parse_vaulttext_envelope(value.encode())[3] or "default"


def read(data: bytes, path: str) -> Items:
    """Return the items of a file, what is encrypted as its ciphertext. Raises Refused."""
    if is_encrypted(data):
        raise Refused("file_foreign:encrypted", "dest", path=path)
    try:
        content = _Loader(data).get_single_data()
    except (yaml.YAMLError, ValueError):  # no cause: it quotes
        raise Refused("file_unreadable:yaml", "dest", path=path) from None
    items = content.get(VARIABLE) if isinstance(content, dict) else [] if content is None else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused("file_foreign:shape", "dest", path=path)
    others = sorted(str(key) for key in content or () if key != VARIABLE)
    if others:
        raise Refused("file_foreign:variables", "dest", path=path, others=printable(", ".join(others)))
    return items


def with_vault(items: Items, before: Items, vault: Vault, path: str) -> Items:
    """Return the items for the file, each secret encrypted; ``before`` are those in it now."""
    there = {item.get("name"): item for item in before}
    return [
        {
            option: vault.encrypted(value, there.get(item["name"], {}).get(option), path)
            if option in _confidential(item)
            else value
            for option, value in item.items()
        }
        for item in items
    ]


def with_placeholders(items: Items) -> tuple[Items, Sequence[str]]:
    """Return the items with the name of a variable for each secret, and those names."""
    variables: list[str] = []
    written = []
    for item in items:
        secret = {option: _variable(item["name"], option, variables) for option in _confidential(item)}
        written.append({**item, **{option: _Placeholder(f"{{{{ {one} }}}}") for option, one in secret.items()}})
    return written, variables


def _confidential(item: Mapping[str, Any]) -> Sequence[str]:
    """Return the options that must not stand in clear: the password, and a user name that is one, or holds one."""
    finds = Mask([item["registry_password"]]).finds(item["registry_username"])
    return ("registry_username", "registry_password") if finds else ("registry_password",)


def _variable(name: str, option: str, taken: list[str]) -> str:
    """Return the name of the variable for a value, and note it; no two are alike."""
    first = variable = f"vault_{re.sub('[^a-z0-9]', '_', name)}_{option.partition('_')[2]}"
    number = 2
    while variable in taken:
        variable, number = f"{first}_{number}", number + 1
    taken.append(variable)
    return variable


def same(one: Items, other: Items) -> bool:
    """Say whether two lists stand in a file in the same way."""
    return [_standing(item) for item in one] == [_standing(item) for item in other]


def _standing(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {option: (isinstance(value, _Vaulted), value) for option, value in item.items()}


def warning(data: bytes, items: Items, path: str) -> Sequence[str]:
    """Return what to say of a file that is about to be replaced, and that somebody has edited since it was written."""
    edited = data != text(items).encode() or any(item.keys() - {*OPTIONS} for item in items)
    return [str(CATALOGUE.problem("file_edited", option="dest", path=path))] if edited else []


def shown(items: Items, *, beside: Items = ()) -> str:
    """Return the text of a file for people, with a word for each secret; ``beside`` is what was there before."""
    there = {item.get("name"): item for item in beside}
    written = []
    for item in items:
        before = there.get(item.get("name"), item)
        words = {option: "(set)" if before.get(option) == item[option] else "(changed)" for option in _hidden(item)}
        written.append({**item, **words})
    return _dumped(written)


def _hidden(item: Mapping[str, Any]) -> Sequence[str]:
    """Return what a diff does not show of an item, which somebody may have written by hand."""
    password = item.get("registry_password")
    clear = isinstance(password, str) and not isinstance(password, (_Vaulted, _Placeholder))
    mask = Mask([str(password)] if clear else [])
    return [
        option
        for option, value in item.items()
        if isinstance(value, _Vaulted)
        or (option == "registry_password" and not isinstance(value, _Placeholder))
        or mask.finds(str(value))
    ]


def text(items: Items) -> str:
    """Return the whole text of the file."""
    return f"---\n{_HEADER}{_dumped(items)}"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc,unused-ignore]
    """YAML as people write it: items indented, texts of several lines as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represented(dumper: Any, value: str) -> Any:
    if isinstance(value, _Vaulted):
        return dumper.represent_scalar("!vault", str(value), style="|")
    if isinstance(value, _Placeholder):
        return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
    unsafe = _TEMPLATE.search(value)
    style = "|" if "\n" in value else "'" if unsafe else None
    return dumper.represent_scalar("!unsafe" if unsafe else "tag:yaml.org,2002:str", value, style=style)


for _kind in (str, _Vaulted, _Placeholder):
    _Dumper.add_representer(_kind, _represented)


def _dumped(items: Items) -> str:
    content = {VARIABLE: [dict(item) for item in items]}
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=4096, allow_unicode=True))


class _Loader(yaml.SafeLoader):  # type: ignore[misc,unused-ignore]
    """Also takes Ansible's tags."""


def _plain(value: str) -> str:
    return _Placeholder(value) if _PLACEHOLDER.fullmatch(value) else value


for _tag, _made in (
    *(("!vault", _Vaulted), ("!vault-encrypted", _Vaulted)),
    *(("!unsafe", str), ("tag:yaml.org,2002:str", _plain)),
):
    _Loader.add_constructor(_tag, lambda loader, node, made=_made: made(loader.construct_scalar(node)))

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory front: contexts of a kubeconfig become hosts, with what the playbooks need to reach them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.epinio.registries.plugins.module_utils._cluster import contexts
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import one_line
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import is_namespace_name

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 every text is a template

    def trust_as_template(value: str) -> str:
        """Return the text as it is."""
        return value


_OPTION = "kubeconfig"
_VARIABLES = ("K8S_AUTH_KUBECONFIG", "KUBECONFIG")
_DEFAULT = "~/.kube/config"


class Contexts(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """Reads the files, asks which contexts they have, and adds a host for each."""

    def verify_file(self, path: str) -> bool:
        """Say whether the file is one of ours, by its name."""
        return bool(super().verify_file(path)) and path.endswith(("kubeconfig.yml", "kubeconfig.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts. AnsibleParserError names every problem; then there is no host."""
        super().parse(inventory, loader, path, cache)
        given = self._read_config_data(path)
        problems = list(self._wrong_settings(given))
        where, paths = _found(given.get(_OPTION), Path(path).absolute().parent)
        if paths is None:
            problems.append(said("paths_shape", where=where))
        contents, unread = self._contents(where, paths or [])
        files, unreadable = contexts.parsed(contents, where)
        problems += [*unread, *unreadable]
        hosts: list[contexts.Context] = []
        if not problems:
            wanted, excluded = (list(map(str, self.get_option(name))) for name in ("contexts", "exclude"))
            hosts, problems = contexts.found(files, where, wanted, excluded)
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            lines = "\n".join(f"- {problem}" for problem in problems)
            raise AnsibleParserError(f"No cluster was taken from {path}: {count}.\n{lines}")
        for host in hosts:
            self._add(host, with_path=where not in _VARIABLES)

    def _wrong_settings(self, given: Mapping[str, Any]) -> Iterator[str]:
        unknown = sorted(set(map(str, given)) - set(self._options))
        if unknown:
            known = ", ".join(sorted(self._options))
            yield said("setting_unknown", names=Mask().quote(", ".join(unknown)), known=known)
        for name in ("namespace", "contexts", "exclude"):  # Ansible has made text of them by now
            value = given.get(name)
            for one in value if isinstance(value, list) else [value]:
                if one is not None and not isinstance(one, str):
                    wrong = f"has {arguments.word(one)}, where text is wanted"
                    yield said("option_wrong", where=name, wrong=wrong, wanted="Put it in quotes.")
        namespace = self.get_option("namespace")
        if namespace is not None and not is_namespace_name(namespace):
            yield said("namespace_invalid", namespace=str(namespace))

    def _contents(self, where: str, paths: Iterable[Path]) -> tuple[dict[Path, bytes], list[str]]:
        """Return what the files hold, decrypted where they are vaulted, and why the others cannot be read."""
        contents, problems = {}, []
        for path in paths:
            shown = Mask().quote(str(path))
            try:
                if path.exists():
                    contents[path] = bytes(self.loader._get_file_contents(str(path))[0])
                else:
                    problems.append(said("kubeconfig_missing", where=where, path=shown))
            except (AnsibleError, OSError) as error:
                problems.append(said("kubeconfig_unread", where=where, path=shown, reason=one_line(error)))
        return contents, problems

    def _add(self, context: contexts.Context, *, with_path: bool) -> None:
        """Add a host. A path that a variable named is not kept: the next run may have it at another place."""
        connection = {"context": _literal(context.name)}
        if with_path:
            connection["kubeconfig"] = _literal(os.pathsep.join(map(str, context.files)))
        variables: dict[str, Any] = {
            "ansible_connection": _literal("local"),
            "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
            "export_registries_connection": connection,
        }
        if self.get_option("namespace"):
            variables["export_registries_namespace"] = _literal(str(self.get_option("namespace")))
        self._populate_host_vars([context.host], variables)
        told = {name: _literal(getattr(context, name)) for name in ("cluster", "user", "server")}
        told["context"] = _literal(context.name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), {**variables, **told}, context.host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), told, context.host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), told, context.host, strict=strict)


def _found(option: Any, folder: Path) -> tuple[str, list[Path] | None]:
    """Return what says where the kubeconfig is, and the files; none where that is neither a path nor a list."""
    if option:
        listed = option.split(os.pathsep) if isinstance(option, str) else option
        if not isinstance(listed, list) or not all(isinstance(part, str) and part for part in listed):
            return _OPTION, None
        return _OPTION, [folder / Path(part).expanduser() for part in listed]
    for where in _VARIABLES:
        named = [Path(part).expanduser().absolute() for part in os.environ.get(where, "").split(os.pathsep) if part]
        if named:
            return where, [path for path in named if path.exists()] or named
    return "the default place", [Path(_DEFAULT).expanduser()]


def _literal(text: str) -> Any:
    """Return a text of a kubeconfig so that no ansible-core takes it for a template.

    What can be none goes as trusted: ansible-inventory, and so AWX, shows other texts as C(__ansible_unsafe).
    """
    return wrap_var(text) if "{" in text else trust_as_template(text)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option list and every rule between options, once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import INCONCLUSIVE, OK, VERDICTS

try:
    from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
except ImportError:  # the fronts say so before they need an option
    AUTH_ARG_SPEC = {}

_METADATA: dict[str, Any] = {
    "labels": {"type": "dict"},
    "annotations": {"type": "dict"},
    "adopt": {"type": "bool", "default": False},
    "recreate": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}

# Texts are raw, so that a number that YAML made of an unquoted word is refused, not guessed at.
_DESTINATION: dict[str, Any] = {
    "name": {"type": "raw"},
    "registry": {"type": "raw"},
    "organization": {"type": "raw"},
    "registry_username": {"type": "raw", "no_log": False},
    "registry_password": {"type": "raw", "no_log": True},
    "certificate": {"type": "raw", "no_log": False},
    "certificate_secret": {"type": "raw", "no_log": False},
    "update_password": {"type": "str", "choices": ["always", "on_create"], "default": "always", "no_log": False},
    **_METADATA,
}

_CLUSTER: dict[str, Any] = {
    **AUTH_ARG_SPEC,
    "namespace": {"type": "str", "default": "epinio"},
    "timeout": {"type": "float", "default": 30.0},
}


@dataclasses.dataclass(frozen=True)
class Options:
    """The option list of one module, as C(AnsibleModule) and C(ArgumentSpecValidator) take it."""

    argument_spec: Mapping[str, Any]
    mutually_exclusive: Sequence[Sequence[str]] = ()

    @property
    def own(self) -> Mapping[str, Any]:
        """The options of this collection, without those of the connection, which kubernetes.core declares."""
        return {name: option for name, option in self.argument_spec.items() if name not in AUTH_ARG_SPEC}


#: The connection's options, under their names and aliases.
CONNECTION: Mapping[str, Any] = {
    name: option for key, option in AUTH_ARG_SPEC.items() for name in (key, *option.get("aliases", ()))
}


#: The options of each module, by its short name.
OPTIONS: Mapping[str, Options] = {
    "export_registries": Options(
        {
            "destinations": {"type": "list", "elements": "dict", "required": True, "options": _DESTINATION},
            "prune": {"type": "bool", "default": False},
            "prune_all": {"type": "bool", "default": False},
            "prune_except": {"type": "list", "elements": "str", "default": []},
            **_CLUSTER,
        }
    ),
    "export_registries_file": Options(
        {
            "dest": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "aliases": ["name"]},
            "passwords": {"type": "str", "choices": ["vault", "placeholder"], "default": "vault", "no_log": False},
            "vault_id": {"type": "str"},
            "include_unusable": {"type": "bool", "default": False},
            "mode": {"type": "raw", "default": "0600"},
            "backup": {"type": "bool", "default": False},
            **_CLUSTER,
        }
    ),
    "export_registry": Options({**_DESTINATION, **_CLUSTER}),
    "export_registry_certificate": Options(
        {"name": {"type": "raw"}, "certificate": {"type": "raw", "no_log": False}, **_METADATA, **_CLUSTER}
    ),
    "export_registry_check": Options(
        {
            "destinations": {"type": "list", "elements": "dict", "options": _DESTINATION},
            "names": {"type": "list", "elements": "str", "aliases": ["name"]},
            "fail_on": {
                "type": "list",
                "elements": "str",
                "choices": list(VERDICTS),
                "default": [one for one in VERDICTS if one not in (OK, INCONCLUSIVE)],
            },
            "total_timeout": {"type": "float"},
            "allow_http": {"type": "bool", "default": False},
            **_CLUSTER,
        },
        mutually_exclusive=(("destinations", "names"),),
    ),
    "export_registries_report": Options(  # it asks no cluster, and runs on the controller only
        {
            "inputs": {"type": "list", "elements": "raw", "required": True},
            **{name: {"type": "path"} for name in ("html", "json", "textfile", "previous")},
        }
    ),
    "export_registry_password": Options(
        {
            **{name: _DESTINATION[name] for name in ("registry", "registry_username", "registry_password", "recreate")},
            "names": {"type": "list", "elements": "str", "aliases": ["name"]},
            "managed_only": {"type": "bool", "default": False},
            "verify": {"type": "str", "choices": ["before", "never"], "default": "before"},
            **_CLUSTER,
        }
    ),
    "export_registry_info": Options(
        {
            "names": {"type": "list", "elements": "str", "aliases": ["name"]},
            "credential_key": {"type": "str", "no_log": True},
            **_CLUSTER,
        }
    ),
}

_RENDERED: dict[str, Any] = {
    "destinations": {"type": "list", "elements": "dict", "required": True, "options": _DESTINATION},
    "namespace": {"type": "str", "default": "epinio"},
    "allow_external": {"type": "list", "elements": "str", "default": []},
}

#: The options of each filter that renders, by its name; the list comes before the bar.
RENDERING: Mapping[str, Options] = {
    "to_manifests": Options(
        {
            **_RENDERED,
            "passwords": {"type": "str", "choices": ["required", "optional"], "default": "required", "no_log": False},
        }
    ),
    "to_external_secrets": Options(
        {
            **_RENDERED,
            "store": {"type": "str", "required": True},
            "kind": {"type": "str", "choices": ["ClusterSecretStore", "SecretStore"], "default": "ClusterSecretStore"},
            "key": {"type": "str", "default": "registries/{name}", "no_log": False},
        }
    ),
}

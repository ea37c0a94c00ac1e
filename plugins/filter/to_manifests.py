# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of destinations becomes the manifests of its secrets."""

from __future__ import annotations

DOCUMENTATION = """
name: to_manifests
short_description: Make Kubernetes manifests from a list of destinations
version_added: 1.0.0
author:
  - The epinio.registries contributors (@epinio)
description:
  - Returns exactly the secrets that M(epinio.registries.export_registries) writes into an empty namespace.
  - Needs no cluster.
  - If the list has problems, the filter fails with all of them at once, as the module does.
positional: namespace
options:
  _input:
    description:
      - The destinations, as O(epinio.registries.export_registries#module:destinations) takes them.
      - With O(epinio.registries.export_registries#module:destinations[].state=absent), an item has no manifest.
      - O(epinio.registries.export_registries#module:destinations[].update_password=on_create) is refused, because only
        the cluster has that password.
    type: list
    elements: dict
    required: true
  passwords:
    description:
      - What to do if a vaulted password cannot be decrypted in this run.
      - With V(required), that is an error.
      - With V(optional), everything else is checked, and the manifest has no C(data). So people who must not know the
        passwords can validate a list.
    type: str
    choices: [required, optional]
    default: required
extends_documentation_fragment:
  - epinio.registries._options.rendering
seealso:
  - plugin: epinio.registries.to_external_secrets
    plugin_type: filter
  - module: epinio.registries.export_registries
"""

EXAMPLES = """
- name: Encrypt the manifests before they reach the disk
  community.sops.sops_encrypt:
    path: "manifests/{{ item.metadata.name }}.sops.yaml"
    content_yaml: "{{ item }}"
    encrypted_regex: ^(data|stringData)$
    age: [age1u78cz2f8du0wcuax5n36t8x0z3xxcu4z3c0nwj0ff5xcg7zmu5xqnp2cq4]
  loop: "{{ destinations | epinio.registries.to_manifests }}"
  loop_control:
    label: "{{ item.metadata.name }}"
  no_log: true
"""

RETURN = """
_value:
  description:
    - The manifests (C(v1), C(Secret)), certificate secrets first, then authentication secrets, each sorted by name.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.plugin_utils._rendering import manifests


def to_manifests(
    destinations: Any,
    namespace: str = "epinio",
    allow_external: Sequence[str] = (),
    passwords: str = "required",
    **unknown: Any,
) -> Any:
    """Return the manifests of a list of destinations; ``unknown`` options are refused with all else that is wrong."""
    return manifests(
        "to_manifests",
        destinations=destinations,
        namespace=namespace,
        allow_external=allow_external,
        passwords=passwords,
        **unknown,
    )


class FilterModule:
    """What Ansible asks a file of filters for."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"to_manifests": to_manifests}

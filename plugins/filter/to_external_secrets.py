# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of destinations becomes manifests for External Secrets."""

from __future__ import annotations

DOCUMENTATION = """
name: to_external_secrets
short_description: Make manifests for External Secrets from a list of destinations
version_added: 1.0.0
author:
  - The epinio.registries contributors (@epinio)
description:
  - Returns an C(ExternalSecret) (C(external-secrets.io/v1)) for each destination. External Secrets takes the user name and
    the password from a secret store, and makes the secret that Epinio reads. Any characters in them work.
  - Returns a C(Secret) for each certificate in the list, because a certificate is not confidential.
  - Needs no password, and no cluster.
positional: store
options:
  _input:
    description:
      - The destinations, as O(epinio.registries.export_registries#module:destinations) takes them.
      - The store has the password, so an item with
        O(epinio.registries.export_registries#module:destinations[].registry_password) is refused.
      - If an item has no O(epinio.registries.export_registries#module:destinations[].registry_username), the store must
        have the user name, too.
      - With O(epinio.registries.export_registries#module:destinations[].state=absent), an item has no manifest.
    type: list
    elements: dict
    required: true
  store:
    description: Name of the store that External Secrets reads.
    type: str
    required: true
  kind:
    description: Kind of the store.
    type: str
    choices: [ClusterSecretStore, SecretStore]
    default: ClusterSecretStore
  key:
    description:
      - The key of a destination in the store, with the properties C(password) and, if the list does not have it,
        C(username).
      - C({name}) is replaced by the name of the destination.
    type: str
    default: registries/{name}
extends_documentation_fragment:
  - epinio.registries._options.rendering
seealso:
  - plugin: epinio.registries.to_manifests
    plugin_type: filter
"""

EXAMPLES = """
- name: Write the manifests
  ansible.builtin.copy:
    content: "{{ item | to_nice_yaml(sort_keys=false, default_style='\\"') }}"
    dest: "manifests/{{ item.metadata.name }}.yaml"
    mode: "0644"
  loop: "{{ destinations | epinio.registries.to_external_secrets('vault') }}"
  loop_control:
    label: "{{ item.metadata.name }}"
  vars:
    destinations:
      - name: ghcr
        registry: ghcr.io
        organization: acme
"""

RETURN = """
_value:
  description:
    - The manifests, certificate secrets first, then one C(ExternalSecret) for each destination, each sorted by name.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.plugin_utils._rendering import manifests


def to_external_secrets(
    destinations: Any,
    store: str | None = None,
    kind: str = "ClusterSecretStore",
    key: str = "registries/{name}",
    namespace: str = "epinio",
    allow_external: Sequence[str] = (),
    **unknown: Any,
) -> Any:
    """Return the manifests of a list of destinations whose passwords a secret store has.

    ``unknown`` options are refused with all else that is wrong.
    """
    return manifests(
        "to_external_secrets",
        destinations=destinations,
        store=store,
        kind=kind,
        key=key,
        namespace=namespace,
        allow_external=allow_external,
        **unknown,
    )


class FilterModule:
    """What Ansible asks a file of filters for."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"to_external_secrets": to_external_secrets}

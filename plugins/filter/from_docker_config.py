# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_docker_config
short_description: Make a list of export destinations from a docker config
version_added: 1.0.0
author:
  - The epinio.registries contributors (@epinio)
description:
  - Turns the logins of docker or podman into items of O(epinio.registries.export_registries#module:destinations).
  - Registries come out in canonical form. C(https://index.docker.io/v1/) becomes V(docker.io).
  - If a login cannot become an item, the filter fails and names all such registries and remedies at once. That happens if
    a credential store (C(credsStore)) or a program (C(credHelpers)) has the password, for an C(identitytoken), and
    for an entry that contradicts itself.
  - The result holds passwords. They are marked as unsafe, so Ansible does not read braces in a password as a template.
positional: organizations, names, only
options:
  _input:
    description:
      - The content of docker's C(config.json) or podman's C(auth.json), as text or as data.
      - It may also be a secret of type C(kubernetes.io/dockerconfigjson), as YAML or as M(kubernetes.core.k8s_info) returns
        it, or a list of such secrets.
    type: raw
    required: true
  organizations:
    description:
      - The organization of each registry, a mapping. Or one organization for all registries.
      - A docker config does not have it. A registry without an organization is an error.
    type: raw
  names:
    description:
      - The name of the destination for a registry, a mapping. If a registry is not in it, its host becomes the name.
    type: dict
  only:
    description:
      - Use only these registries.
    type: list
    elements: str
seealso:
  - plugin: epinio.registries.certificate_facts
    plugin_type: filter
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registries_file
"""

EXAMPLES = r"""
- name: Make a destination of each login
  epinio.registries.export_registries:
    destinations: >-
      {{ lookup('ansible.builtin.file', '~/.docker/config.json')
         | epinio.registries.from_docker_config(organizations={'ghcr.io': 'acme', 'quay.io': 'acme-quay'}) }}

- name: Take over one login from a secret of the cluster, under another name
  epinio.registries.export_registries:
    destinations: >-
      {{ query('kubernetes.core.k8s', kind='Secret', namespace='ci', resource_name='pull-secret')
         | epinio.registries.from_docker_config(organizations='acme', only=['ghcr.io'], names={'ghcr.io': 'github'}) }}
"""

RETURN = r"""
_value:
  description:
    - The destinations, in the order of the logins, each with C(name), C(registry), C(organization),
      C(registry_username) and C(registry_password).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.plugin_utils import _logins


class FilterModule:
    """The filter of this file's name."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return it."""
        return {"from_docker_config": _logins.destinations}

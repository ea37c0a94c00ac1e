#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry
short_description: Manage one of Epinio's export destination registries
version_added: 1.0.0
description:
  - Creates, changes or removes one export destination registry of Epinio. It is an authentication secret and, if
    the registry needs one, a certificate secret.
  - For more than one destination use M(epinio.registries.export_registries), which applies them all in one pass.
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._options
  - epinio.registries._options.destination
  - epinio.registries._options.metadata
seealso:
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registry_certificate
  - module: epinio.registries.export_registry_info
"""

EXAMPLES = r"""
- name: Export to the GitHub container registry
  epinio.registries.export_registry:
    name: ghcr
    registry: ghcr.io
    organization: acme
    registry_username: acme-robot
    registry_password: "{{ ghcr_token }}"

- name: Export to a registry with a certificate of your own authority
  epinio.registries.export_registry:
    name: intranet
    registry: registry.example.com:5000
    organization: apps
    registry_username: epinio
    registry_password: "{{ intranet_password }}"
    certificate: "{{ lookup('ansible.builtin.file', 'intranet-ca.pem') }}"

- name: Remove a destination, and its certificate
  epinio.registries.export_registry:
    name: intranet
    state: absent
"""

RETURN = r"""
destinations:
  description:
    - One entry, for the destination.
  # generated: result of a destination. Change export_registries.py, then `make generate`.
  returned: success, and after a failure that had changed something
  type: list
  elements: dict
  contains:
    name:
      description: Name of the secret.
      returned: success
      type: str
      sample: acme
    action:
      description: What was done, or would be done in check mode.
      returned: success
      type: str
      choices: [created, changed, removed, kept]
      sample: changed
    fields:
      description: Names of what differed, never values.
      returned: success
      type: list
      elements: str
      sample: [registry_password]
    certificate_secret:
      description: Name of the certificate secret that the destination uses, or none.
      returned: success
      type: str
      sample: acme-certificate
  # end of what is generated
# generated: results of a write. Change export_registries.py, then `make generate`.
certificates:
  description:
    - One entry for each certificate secret that this call manages.
  returned: success, and after a failure that had changed something
  type: list
  elements: dict
  contains:
    name:
      description: Name of the secret.
      returned: success
      type: str
      sample: acme-certificate
    action:
      description: What was done, or would be done in check mode.
      returned: success
      type: str
      choices: [created, changed, removed, kept]
      sample: changed
    fields:
      description: Names of what differed, never values.
      returned: success
      type: list
      elements: str
      sample: [certificate]
counts:
  description: How many secrets had each action.
  returned: success
  type: dict
  sample: {created: 1, changed: 0, removed: 0, kept: 4}
diff:
  description: What differs, in facts that hold no secret.
  returned: in diff mode
  type: dict
  sample: {before: {destinations: {}, certificates: {}}, after: {destinations: {}, certificates: {}}}
problems:
  description: Every problem that was found. The module then writes nothing.
  returned: when the options or the state of the cluster do not allow what you asked for
  type: list
  elements: dict
  contains:
    code:
      description: Stable code of the problem.
      returned: always
      type: str
      sample: registry_not_canonical
    index:
      description: Place in the list, from 0; none for a single destination.
      returned: always
      type: int
      sample: 2
    name:
      description: Name of the destination or certificate secret.
      returned: always
      type: str
      sample: acme
    option:
      description: The option that is wrong.
      returned: always
      type: str
      sample: registry
    message:
      description: What is wrong.
      returned: always
      type: str
      sample: It is missing or empty.
    remedy:
      description: What to do.
      returned: always
      type: str
      sample: Set registry.
# end of what is generated
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registry")


if __name__ == "__main__":
    main()

#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry_certificate
short_description: Manage a certificate secret that several of Epinio's export destinations share
version_added: 1.0.0
description:
  - Creates, changes or removes a certificate secret, which destinations name with O(epinio.registries.export_registry#module:certificate_secret).
  - While a destination names the secret, the module does not remove it.
    O(epinio.registries.export_registries#module:prune) never removes it.
options:
  name:
    description:
      - Name of the certificate secret. Always needed. Text. Put a number in quotes.
    type: raw
  certificate:
    description:
      - PEM bundle of certificate authorities.
      - A list of PEM texts is joined. If editors, YAML or lookups changed a PEM and it is clear what is meant, it is repaired.
      - A private key is refused, because Epinio mounts every key of the secret into a pod.
      - Required when O(state=present).
    type: raw
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._options
  - epinio.registries._options.metadata
seealso:
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registry
  - module: epinio.registries.export_registry_info
"""

EXAMPLES = r"""
- name: Keep the certificate authority of your registries in one place
  epinio.registries.export_registry_certificate:
    name: company-ca
    certificate: "{{ lookup('ansible.builtin.file', 'company-ca.pem') }}"

- name: Use it in a destination
  epinio.registries.export_registry:
    name: intranet
    registry: registry.example.com
    organization: apps
    registry_username: epinio
    registry_password: "{{ intranet_password }}"
    certificate_secret: company-ca
"""

RETURN = r"""
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
    run_module("export_registry_certificate")


if __name__ == "__main__":
    main()

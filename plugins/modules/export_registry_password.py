#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry_password
short_description: Change a password in all of Epinio's export destination registries that use it
version_added: 1.0.0
description:
  - Writes a new password or token to all destinations of a namespace that log in to the given registry as the given user.
    It needs no list, and it does not matter who wrote the destinations.
  - Everything else in each secret stays the same, byte for byte. That includes the rest of its docker config, its
    certificate, its labels and its other metadata.
  - It first tests the new password, as M(epinio.registries.export_registry_check) does. If a push to a destination would
    fail with it, the destination keeps the old password, and the module fails at its end. The others get the new one.
  - A destination that Epinio cannot use also keeps the old password. Repair it first.
  - If no destination uses the registry and the user, nothing changes, and a warning says so.
options:
  registry:
    description:
      - Registry in canonical form, C(host[:port][/path]), in lower case, without scheme and without trailing slash.
      - It also finds a destination whose registry has another form and means the same.
      - Always needed. The module checks it together with all other options, so an error names every problem at once.
    type: raw
  registry_username:
    description:
      - The user whose password changes. Text. Put a number in quotes. Always needed.
    type: raw
  registry_password:
    description:
      - The new password or token. Text. Put a number in quotes, because YAML may change it otherwise.
      - The key file of a Google service account may have many lines. It may also be a mapping, which is written as one line of JSON.
      - Keep it in a variable (from a vault or a lookup), not in the task, because Ansible prints lines of the playbook around a failed task.
      - Always needed.
    type: raw
  names:
    description:
      - Look only at these destinations. If one does not exist, that is an error.
      - Needed if the account may not list secrets.
    type: list
    elements: str
    aliases: [name]
  managed_only:
    description:
      - Do not change destinations that this collection has not marked as managed.
    type: bool
    default: false
  verify:
    description:
      - With V(before), a destination gets the new password only if its chart push and its image push both pass with it,
        to the destination's own organization and with its own certificate. With any verdict but V(ok) it keeps the old one.
      - Destinations with the same registry and user share one login. The module does not try a denied password again.
      - With V(never), the module asks no registry.
    type: str
    choices: [before, never]
    default: before
  recreate:
    description:
      - If a secret is immutable, or has a type that needs other keys, delete it and create it again.
      - Without it, such a secret is an error, and nothing is written.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that the test of one destination may take with all its requests, and that one request to the Kubernetes API
        may take.
    type: float
    default: 30.0
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._options
seealso:
  - module: epinio.registries.export_registry_check
  - module: epinio.registries.export_registries
"""

EXAMPLES = r"""
- name: Change a token in every destination that uses it
  epinio.registries.export_registry_password:
    registry: ghcr.io
    registry_username: acme-robot
    registry_password: "{{ ghcr_token }}"

- name: See which destinations would refuse it
  epinio.registries.export_registry_password:
    registry: ghcr.io
    registry_username: acme-robot
    registry_password: "{{ ghcr_token }}"
  check_mode: true
  register: rotated
  failed_when: rotated.refused is not defined
"""

RETURN = r"""
destinations:
  description: The destinations that have the new password, in the order of their names.
  returned: success, and when some were refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: always
      type: str
      sample: ghcr
    action:
      description: What was done. V(kept) means that the destination had the new password already.
      returned: always
      type: str
      choices: [changed, kept]
      sample: changed
    fields:
      description: What was changed.
      returned: always
      type: list
      elements: str
      sample: [registry_password]
    certificate_secret:
      description: Name of the certificate secret, if it has one.
      returned: success
      type: str
      sample: ghcr-certificate
refused:
  description: The destinations that keep the old password, in the order of their names.
  returned: success, and when some were refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: always
      type: str
      sample: intranet
    verdict:
      description:
        - The worst verdict of both pushes with the new password.
        - V(unusable) means that the destination has to be repaired first, and that the password was not tried.
      returned: always
      type: str
      choices: [unusable, unreachable, untrusted, denied, repository_must_exist, inconclusive]
      sample: denied
    message:
      description: What is in the way.
      returned: always
      type: str
      sample: The registry refuses the user name or the password.
    remedy:
      description: What to do about it.
      returned: always
      type: str
      sample: Check both.
    legs:
      description: The verdict of each push, as M(epinio.registries.export_registry_check) returns it. Empty where it was not tried.
      returned: always
      type: dict
      sample: {}
    problems:
      description: What has to be repaired, as M(epinio.registries.export_registry_info) returns it. Empty where it was tried.
      returned: always
      type: list
      elements: dict
      sample: []
certificates:
  description: Always empty; for what reads the results of all modules alike.
  returned: success, and when some were refused
  type: list
  elements: dict
  sample: []
counts:
  description: How many secrets there are of each action.
  returned: success, and when some were refused
  type: dict
  sample: {created: 0, changed: 2, removed: 0, kept: 1}
diff:
  description: What changed, without any password.
  returned: in diff mode
  type: dict
  sample: {before: {}, after: {}}
problems:
  description: What is wrong with the options or in the way of a write, as M(epinio.registries.export_registries) returns it.
  returned: when nothing was written because of them
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registry_password")


if __name__ == "__main__":
    main()

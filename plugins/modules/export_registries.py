#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registries
short_description: Manage a whole list of Epinio's export destination registries
version_added: 1.0.0
description:
  - Applies a list of Epinio's export destination registries in one pass. It creates, changes and removes their secrets,
    and keeps those that already mean the same.
  - It first checks the whole list by what Epinio's chart push and image push accept. If there are problems, it reports
    all of them at once and writes nothing.
  - It writes a certificate before the destination that names it, and removes it after the destination.
options:
  destinations:
    description:
      - The destinations.
    type: list
    elements: dict
    required: true
    # generated: options of a destination. Change plugins/doc_fragments/_options.py, then `make generate`.
    suboptions:
      name:
        description:
          - Name of the destination, as C(epinio app export --registry) takes it. It is the name
            of the authentication secret.
          - Text. Put a number in quotes, here and in the other options that take text.
          - Always needed. The module checks it together with all other options, so an error names
            every problem at once.
        type: raw
      registry:
        description:
          - Registry in canonical form, C(host[:port][/path]), in lower case, without scheme and
            without trailing slash.
          - Required when O(destinations[].state=present).
        type: raw
      organization:
        description:
          - Namespace inside the registry that charts and images are pushed to.
          - Required when O(destinations[].state=present).
        type: raw
      registry_username:
        description:
          - User name for the registry. Text. Put a number in quotes.
          - Required when O(destinations[].state=present).
        type: raw
      registry_password:
        description:
          - Password or token for the registry. Text. Put a number in quotes, because YAML may change
            it otherwise.
          - The key file of a Google service account may have many lines. It may also be a mapping,
            which is written as one line of JSON.
          - Keep it in a variable (from a vault or a lookup), not in the task, because Ansible prints
            lines of the playbook around a failed task.
          - Required when O(destinations[].state=present).
        type: raw
      certificate:
        description:
          - PEM bundle of the certificate authorities that signed the registry's certificate.
          - Epinio's chart push trusts this bundle instead of the system's authorities, so it must
            be enough for the registry and for the host that gives out its tokens.
          - A list of PEM texts is joined. If editors, YAML or lookups changed a PEM and it is clear
            what is meant, it is repaired.
          - A private key is refused, because Epinio mounts every key of the certificate secret
            into a pod.
          - The bundle is stored in the secret C(<name>-certificate), or in O(destinations[].certificate_secret).
        type: raw
      certificate_secret:
        description:
          - Name of the certificate secret.
          - Without O(destinations[].certificate) it names an existing secret, for example one that
            M(epinio.registries.export_registry_certificate) made.
        type: raw
      update_password:
        description:
          - V(always) writes O(destinations[].registry_password) wherever it differs.
          - V(on_create) writes it only to new destinations. Existing ones keep the stored password.
            Then a changed registry or user name is an error, because the stored password would
            go to someone else.
        type: str
        choices: [always, on_create]
        default: always
      state:
        description:
          - V(present) creates it or changes it. V(absent) removes it.
          - With V(absent) only O(destinations[].name) matters.
        type: str
        choices: [present, absent]
        default: present
      labels:
        description:
          - Extra labels. The module adds them and removes no label of others.
          - They go to every secret that is written, including the one with O(destinations[].certificate).
            If other destinations use this certificate secret too, it only gets the labels whose
            keys it does not have yet.
          - Keys of Epinio and of this collection (C(epinio.io/), C(epinio.registries/)) are refused.
        type: dict
      annotations:
        description:
          - Extra annotations. The module adds them and removes no annotation of others.
          - They go to the same secrets as O(destinations[].labels), in the same way.
        type: dict
      adopt:
        description:
          - Mark a secret that somebody wrote by hand as managed by this collection, even if nothing
            else differs.
          - Without it, the mark comes with the first change. Prune removes only what is marked.
        type: bool
        default: false
      recreate:
        description:
          - If a secret must change, but is immutable or has a type that needs other keys, delete
            it and create it again.
          - Without it, such a secret is an error.
        type: bool
        default: false
    # end of what is generated
  prune:
    description:
      - Remove the destinations that this collection manages and that O(destinations) does not name, with their own
        certificate secrets if no other destination names these.
      - Prune never removes destinations that somebody wrote by hand, or shared certificates.
      - Needs permission to list secrets. Prune a namespace with one list only, because two different lists undo each other.
    type: bool
    default: false
  prune_all:
    description:
      - Let O(prune) remove every managed destination if O(destinations) has no destination to keep.
    type: bool
    default: false
  prune_except:
    description:
      - Names of destinations that O(prune) does not remove even if O(destinations) does not name them.
    type: list
    elements: str
    default: []
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._options
seealso:
  - module: epinio.registries.export_registry
  - module: epinio.registries.export_registry_certificate
  - module: epinio.registries.export_registry_info
"""

EXAMPLES = r"""
- name: Apply a list of export destinations, and remove what it does not name
  epinio.registries.export_registries:
    prune: true
    destinations:
      - name: ghcr
        registry: ghcr.io
        organization: acme
        registry_username: acme-robot
        registry_password: "{{ ghcr_token }}"
      - name: intranet
        registry: registry.example.com:5000
        organization: apps
        registry_username: epinio
        registry_password: "{{ intranet_password }}"
        certificate: "{{ lookup('ansible.builtin.file', 'intranet-ca.pem') }}"
      - name: retired
        state: absent

- name: Set the password of new destinations only
  epinio.registries.export_registries:
    destinations:
      - name: quay
        registry: quay.io
        organization: acme
        registry_username: acme+robot
        registry_password: "{{ quay_token }}"
        update_password: on_create
"""

RETURN = r"""
destinations:
  description:
    - One entry for each destination, in the order of the list. Pruned destinations come last.
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
  sample:
    before: {destinations: {}, certificates: {}}
    after: {destinations: {}, certificates: {}}
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
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registries")


if __name__ == "__main__":
    main()

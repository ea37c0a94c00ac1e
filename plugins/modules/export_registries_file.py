#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registries_file
short_description: Write a list of the export destination registries of a cluster
version_added: 1.0.0
description:
  - Makes a list for Git from destinations that somebody configured by hand. It writes a file that sets
    C(export_registries_destinations), the variable of the role and the playbooks of this collection.
  - Encrypts each password separately with a vault password of the run, so a diff shows which destination changed.
    No password is in clear text on the disk, in the result, or in a diff.
  - Leaves out what Epinio cannot use, and returns it in RV(left_out) with its problems.
  - When you run it again, it compares the file with the cluster, and writes the file only if they differ.
  - It runs on the machine that runs Ansible, because that has the vault passwords. It needs a local connection.
options:
  dest:
    description:
      - The file. A relative path begins in the folder of the playbook. The module creates missing folders.
      - If the file exists and holds another variable, that is an error.
      - When the module writes the file again, it loses what is only in the file, such as comments, options such as
        C(labels), and items that the cluster does not have. If the file was edited, a warning says so, in check mode too.
    type: str
    required: true
  names:
    description:
      - Names of destinations to write. Without it, all of them.
      - If one does not exist, that is an error.
    type: list
    elements: str
    aliases: [name]
  passwords:
    description:
      - V(vault) encrypts each password in the file.
      - V(placeholder) writes V({{ vault_NAME_password }}) instead, for variables that you set elsewhere. RV(variables)
        has their names.
      - A user name that is the password, or holds it, is treated like a password.
    type: str
    choices: [vault, placeholder]
    default: vault
  vault_id:
    description:
      - Which of the run's vault identities to encrypt with. Without it, the first.
    type: str
  include_unusable:
    description:
      - Also write destinations that Epinio cannot use, in repaired form, if it is clear what is meant. Examples are a
        registry or an organization in another form, a line end behind a password or behind the name of a certificate
        secret, and a label such as C(yes).
      - RV(normalized) says what was changed. If it is not clear what is meant, the destination is still left out.
    type: bool
    default: false
  mode:
    description:
      - Permissions of the file, octal. Quote it.
    type: raw
    default: "0600"
  backup:
    description:
      - If the file changes, keep a copy of the old one, with the time in its name.
    type: bool
    default: false
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._options
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Reads the cluster, and writes no file.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details:
      - A diff shows a word instead of each password.
  action:
    description: Has a corresponding action plugin, so that some parts of the option are executed on the controller.
    support: full
    details:
      - It runs in Ansible's own worker process. C(become) makes no difference.
  async:
    description: Supports being used with the C(async) keyword.
    support: none
seealso:
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registry_info
  - plugin: epinio.registries.from_docker_config
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Make a list of what somebody configured by hand
  epinio.registries.export_registries_file:
    dest: group_vars/staging/destinations.yml
    vault_id: staging
  register: written

- name: Say what is not in it
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.problems | map(attribute='message') | unique | join(' ') }}"
  loop: "{{ written.left_out }}"
  loop_control:
    label: "{{ item.name }}"

- name: Write names of variables instead of the passwords, which come from somewhere else
  epinio.registries.export_registries_file:
    dest: group_vars/staging/destinations.yml
    passwords: placeholder
"""

RETURN = r"""
dest:
  description: The file, with its whole path.
  returned: success
  type: str
  sample: /srv/registries/group_vars/staging/destinations.yml
destinations:
  description: Names of the destinations in the file.
  returned: success
  type: list
  elements: str
  sample: [ghcr, intranet]
normalized:
  description: Where the file differs from the cluster. A run of the list changes this in the cluster.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: always
      type: str
      sample: intranet
    fields:
      description: What a run of the list changes, as RV(epinio.registries.export_registries#module:destinations[].fields).
      returned: always
      type: list
      elements: str
      sample: [docker_config]
    options:
      description: The options whose value in the file differs from the cluster.
      returned: always
      type: list
      elements: str
      sample: [registry]
    problems:
      description: Why Epinio cannot use it now, with O(include_unusable). As RV(left_out[].problems).
      returned: always
      type: list
      elements: dict
      sample: []
left_out:
  description: The destinations that are not in the file.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: always
      type: str
      sample: broken
    problems:
      description: Why.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description: Stable code of the problem.
          returned: always
          type: str
          sample: auths_several
        leg:
          description: The reader of Epinio that objects, or none.
          returned: always
          type: str
          sample: list
        option:
          description: The option that cannot be in a list, or none.
          returned: always
          type: str
          sample: registry
        message:
          description: What is wrong.
          returned: always
          type: str
          sample: The docker config has more than one entry in auths.
        remedy:
          description: What to do.
          returned: always
          type: str
          sample: Keep one entry for each destination.
variables:
  description: The variables that the file names.
  returned: with O(passwords=placeholder)
  type: list
  elements: str
  sample: [vault_ghcr_password]
backup_file:
  description: Path of the copy of the old file.
  returned: with O(backup), when the file was there and changed
  type: str
  sample: /srv/registries/group_vars/staging/destinations.yml.2203.2026-01-31@12:00:00~
diff:
  description: The texts of the file, with a word instead of each password.
  returned: in diff mode
  type: dict
  sample: {before: "", after: "export_registries_destinations: []"}
problems:
  description: Every problem that was found. The module then writes nothing.
  returned: when the options or the file do not allow what you asked for
  type: list
  elements: dict
  contains:
    code:
      description: Stable code of the problem.
      returned: always
      type: str
      sample: vault_missing
    index:
      description: Always none.
      returned: always
      type: int
    name:
      description: Name of a destination, where it is about one.
      returned: always
      type: str
      sample: acme
    option:
      description: The option that it is about.
      returned: always
      type: str
      sample: vault_id
    message:
      description: What is wrong.
      returned: always
      type: str
      sample: This run has no vault password to encrypt with.
    remedy:
      description: What to do.
      returned: always
      type: str
      sample: Give it one, for instance with --vault-id staging@prompt.
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registries_file")


if __name__ == "__main__":
    main()

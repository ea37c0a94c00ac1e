# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfig
short_description: The contexts of a kubeconfig as an inventory of clusters
version_added: 1.0.0
description:
  - Makes one host of each context of a kubeconfig, for the playbooks and the role of this collection.
  - The name of the inventory file must end in C(kubeconfig.yml) or C(kubeconfig.yaml).
  - Each host gets C(ansible_connection=local), C(ansible_python_interpreter) of the controller, and
    C(export_registries_connection) with C(kubeconfig) and C(context). No user name, token, password or key of the
    kubeconfig becomes a variable.
  - C(kubeconfig) is left out of C(export_registries_connection) where an environment variable names it. The run then
    takes it from the same variable. So the inventory holds in AWX too, where each job has the file at another path.
  - A host has the name of its context, with a hyphen for each run of other characters than letters, digits, dots,
    hyphens and underscores. Two contexts that would be the same host are an error.
  - When anything is wrong, every problem is named and no host is made.
options:
  plugin:
    description: Marks the file as one of this plugin.
    type: str
    required: true
    choices: [epinio.registries.kubeconfig]
  kubeconfig:
    description:
      - Path of a kubeconfig file, or a list of such paths. A relative path begins at the folder of the inventory file.
      - Several files count as one kubeconfig, as in C(KUBECONFIG). What two of them say differently under one name is
        an error; kubectl would pass over the second.
      - A file may be encrypted with Ansible Vault.
      - C(K8S_AUTH_KUBECONFIG) counts before C(KUBECONFIG). Of the files that a variable names, those that are missing
        are passed over as long as one is there.
      - Without it, and without the variables, it is C(~/.kube/config).
    type: raw
    env:
      - name: KUBECONFIG
      - name: K8S_AUTH_KUBECONFIG
  contexts:
    description: Names of contexts, or patterns such as C(prod-*). Each must match a context.
    type: list
    elements: str
    default: ["*"]
  exclude:
    description: Names of contexts that are left out, or patterns.
    type: list
    elements: str
    default: []
  namespace:
    description:
      - Namespace that Epinio runs in, on all of these clusters; it becomes C(export_registries_namespace).
      - Without it, hosts get no such variable. The namespace that a context names is not used.
    type: str
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - constructed
notes:
  - O(compose), O(groups) and O(keyed_groups) know C(context), C(cluster), C(user) and C(server) (the API server's
    address) of each host beside its variables.
  - Ansible goes on without an inventory that it cannot read. Set C(any_unparsed_is_failed=true) in the section
    C([inventory]) of C(ansible.cfg) to make it stop.
requirements:
  - PyYAML, which ansible-core brings
"""

EXAMPLES = r"""
# clusters.kubeconfig.yml: every context of ~/.kube/config is a host
plugin: epinio.registries.kubeconfig

---
# fleet.kubeconfig.yml: the contexts of two files, without those for trials, in groups
plugin: epinio.registries.kubeconfig
kubeconfig:
  - europe.yaml
  - america.yaml
exclude:
  - kind-*
namespace: epinio
groups:
  production: context is match('prod')
keyed_groups:
  - key: server | urlsplit('hostname')
    prefix: at
"""

from ansible_collections.epinio.registries.plugins.plugin_utils._inventory import Contexts


class InventoryModule(Contexts):
    """The documentation is above; the work is done there."""

    NAME = "epinio.registries.kubeconfig"

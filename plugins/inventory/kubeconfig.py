# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfig
short_description: The contexts of a kubeconfig as an inventory of clusters
version_added: 1.0.0
description:
  - Makes one host from each context of a kubeconfig, for the playbooks and the role of this collection.
  - The name of the inventory file must end in C(kubeconfig.yml) or C(kubeconfig.yaml).
  - Each host gets C(ansible_connection=local), C(ansible_python_interpreter) of the controller, and
    C(export_registries_connection) with C(kubeconfig) and C(context). No user name, token, password or key of the
    kubeconfig becomes a variable.
  - If an environment variable names the kubeconfig, C(export_registries_connection) has no C(kubeconfig). The run then
    takes it from the same variable. So the inventory also works in AWX, where each job has the file at another path.
  - A host has the name of its context. Each sequence of characters other than letters, digits, dots, hyphens and
    underscores becomes a hyphen. Two contexts that would be the same host are an error.
  - If anything is wrong, the plugin names every problem and makes no host.
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [epinio.registries.kubeconfig]
  kubeconfig:
    description:
      - Path of a kubeconfig file, or a list of such paths. A relative path begins at the folder of the inventory file.
      - Several files count as one kubeconfig, as in C(KUBECONFIG). If two of them have different content under the same
        name, that is an error, because kubectl would ignore the second.
      - A file may be encrypted with Ansible Vault.
      - C(K8S_AUTH_KUBECONFIG) counts before C(KUBECONFIG). If a variable names several files, missing ones are ignored
        as long as one exists.
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
    description: Names of contexts to leave out, or patterns.
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
  - O(compose), O(groups) and O(keyed_groups) can use C(context), C(cluster), C(user) and C(server) (the API server's
    address) of each host, and its variables.
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

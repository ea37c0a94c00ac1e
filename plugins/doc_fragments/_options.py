# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection and may change at any time.

from __future__ import annotations


class ModuleDocFragment:
    """Options that several modules share. Those of the Kubernetes connection come from kubernetes.core."""

    DOCUMENTATION = r"""
options:
  namespace:
    description:
      - Kubernetes namespace that Epinio runs in.
    type: str
    default: epinio
  timeout:
    description:
      - Seconds that one request to the Kubernetes API may take, including its repeats.
      - A request is repeated when the API server asks for it (429 and 5xx) and when the connection breaks.
    type: float
    default: 30.0
requirements:
  - kubernetes >= 24.2.0
  - urllib3 >= 1.26.5, which comes with kubernetes
seealso:
  - name: Epinio's reference of export destination registries
    description: What Epinio says about the two secrets.
    link: https://docs.epinio.io/references/customization/export_registries
  - ref: ansible_collections.epinio.registries.docsite.reading_guide
    description: What Epinio really reads, and where its readers differ.
  - ref: ansible_collections.epinio.registries.docsite.problem_codes
    description: Every problem code, with its meaning and remedy.
"""

    METADATA = r"""
options:
  state:
    description:
      - V(present) creates it or changes it. V(absent) removes it.
      - With V(absent) only O(name) matters.
    type: str
    choices: [present, absent]
    default: present
  labels:
    description:
      - Extra labels. The module adds them and removes no label of others.
      - They go to every secret that is written, including the one with O(certificate). If other destinations use this
        certificate secret too, it only gets the labels whose keys it does not have yet.
      - Keys of Epinio and of this collection (C(epinio.io/), C(epinio.registries/)) are refused.
    type: dict
  annotations:
    description:
      - Extra annotations. The module adds them and removes no annotation of others.
      - They go to the same secrets as O(labels), in the same way.
    type: dict
  adopt:
    description:
      - Mark a secret that somebody wrote by hand as managed by this collection, even if nothing else differs.
      - Without it, the mark comes with the first change. Prune removes only what is marked.
    type: bool
    default: false
  recreate:
    description:
      - If a secret must change, but is immutable or has a type that needs other keys, delete it and create it again.
      - Without it, such a secret is an error.
    type: bool
    default: false
"""

    DESTINATION = r"""
options:
  name:
    description:
      - Name of the destination, as C(epinio app export --registry) takes it. It is the name of the authentication secret.
      - Text. Put a number in quotes, here and in the other options that take text.
      - Always needed. The module checks it together with all other options, so an error names every problem at once.
    type: raw
  registry:
    description:
      - Registry in canonical form, C(host[:port][/path]), in lower case, without scheme and without trailing slash.
      - Required when O(state=present).
    type: raw
  organization:
    description:
      - Namespace inside the registry that charts and images are pushed to.
      - Required when O(state=present).
    type: raw
  registry_username:
    description:
      - User name for the registry. Text. Put a number in quotes.
      - Required when O(state=present).
    type: raw
  registry_password:
    description:
      - Password or token for the registry. Text. Put a number in quotes, because YAML may change it otherwise.
      - The key file of a Google service account may have many lines. It may also be a mapping, which is written as one line of JSON.
      - Keep it in a variable (from a vault or a lookup), not in the task, because Ansible prints lines of the playbook around a failed task.
      - Required when O(state=present).
    type: raw
  certificate:
    description:
      - PEM bundle of the certificate authorities that signed the registry's certificate.
      - Epinio's chart push trusts this bundle instead of the system's authorities, so it must be enough for the registry
        and for the host that gives out its tokens.
      - A list of PEM texts is joined. If editors, YAML or lookups changed a PEM and it is clear what is meant, it is repaired.
      - A private key is refused, because Epinio mounts every key of the certificate secret into a pod.
      - The bundle is stored in the secret C(<name>-certificate), or in O(certificate_secret).
    type: raw
  certificate_secret:
    description:
      - Name of the certificate secret.
      - Without O(certificate) it names an existing secret, for example one that
        M(epinio.registries.export_registry_certificate) made.
    type: raw
  update_password:
    description:
      - V(always) writes O(registry_password) wherever it differs.
      - V(on_create) writes it only to new destinations. Existing ones keep the stored password. Then a changed registry or
        user name is an error, because the stored password would go to someone else.
    type: str
    choices: [always, on_create]
    default: always
"""

    RENDERING = r"""
options:
  namespace:
    description: Kubernetes namespace that Epinio runs in.
    type: str
    default: epinio
  allow_external:
    description:
      - Certificate secrets that the list names without giving the certificate, and that somebody else makes.
      - Any other secret without its certificate in the list is refused, because no cluster is asked whether it exists.
    type: list
    elements: str
    default: []
"""

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
      - Seconds that one request to the Kubernetes API may take, its repeats included.
      - A request is repeated when the API server asks for it (429 and 5xx) and when the connection breaks.
    type: float
    default: 30.0
requirements:
  - kubernetes >= 24.2.0
  - urllib3 >= 1.26.5, which comes with kubernetes
seealso:
  - name: Epinio's reference of export destination registries
    description: What Epinio says of the two secrets.
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
      - Whether it should be there.
      - With V(absent) only O(name) matters.
    type: str
    choices: [present, absent]
    default: present
  labels:
    description:
      - Extra labels. They are added to what others put there; nothing is taken away.
      - They go to every secret that is written, that of O(certificate) included. Where a destination brings along a
        certificate secret that others use too, only those are added whose key it does not have yet.
      - Keys of Epinio and of this collection (C(epinio.io/), C(epinio.registries/)) are refused.
    type: dict
  annotations:
    description:
      - Extra annotations. They are added to what others put there; nothing is taken away.
      - They go to the same secrets as O(labels), in the same way.
    type: dict
  adopt:
    description:
      - Mark what was written by hand as managed by this collection, even where nothing else differs.
      - Without it, the mark comes with the first change. Only what is marked can be pruned.
    type: bool
    default: false
  recreate:
    description:
      - Delete and create again a secret that is immutable, or whose type wants other keys, and must change.
      - Without it, such a secret is an error.
    type: bool
    default: false
"""

    DESTINATION = r"""
options:
  name:
    description:
      - Name of the destination, as C(epinio app export --registry) takes it. It is the name of the authentication secret.
      - Text; a number must be quoted, here as in the other options that take text.
      - A destination needs one. It is checked with all the other options, so that an error names every problem at once.
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
      - User name for the registry. Text; a number must be quoted.
      - Required when O(state=present).
    type: raw
  registry_password:
    description:
      - Password or token for the registry. Text; a number must be quoted, since YAML may change it otherwise.
      - The key file of a Google service account may have many lines. It may be a mapping, too, which is written as one line of JSON.
      - Keep it in a variable (from a vault or a lookup) rather than in the task; Ansible prints lines of the playbook around a failed task.
      - Required when O(state=present).
    type: raw
  certificate:
    description:
      - PEM bundle of certificate authorities that the registry's certificate is checked with.
      - Epinio's chart push trusts this bundle instead of the system's, so it has to be enough by itself, for the registry
        and for the host that gives out its tokens.
      - A list of PEM texts is joined. What editors, YAML and lookups do to a PEM is undone where it is clear what is meant.
      - A private key is refused, because Epinio mounts every key of the certificate secret into a pod.
      - It is kept in a secret C(<name>-certificate), or in O(certificate_secret).
    type: raw
  certificate_secret:
    description:
      - Name of the certificate secret.
      - Without O(certificate) it refers to a secret that is managed elsewhere, for example with
        M(epinio.registries.export_registry_certificate).
    type: raw
  update_password:
    description:
      - V(always) writes O(registry_password) wherever it differs.
      - V(on_create) writes it to new destinations only, and keeps the stored one otherwise. Then a changed registry or
        user name is an error, since the stored password would go to someone else.
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
      - Any other that the list does not bring is refused, since nobody can look whether it is there.
    type: list
    elements: str
    default: []
"""

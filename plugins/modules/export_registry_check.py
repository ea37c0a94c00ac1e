#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry_check
short_description: Test that Epinio can push to its export destination registries
version_added: 1.0.0
description:
  - Logs in to each registry and asks for an upload to C(<organization>/epinio-export-check), as Epinio's chart push (Helm)
    and image push (skopeo) do, and cancels it. It leaves no blob and no tag. GitLab and Quay
    list an empty repository as soon as they have granted a token for it.
  - Trusts what Epinio trusts. The chart push trusts the certificate of the destination instead of the system's
    authorities. The image push trusts both.
  - Tries a password once, so no account gets locked. The password goes to the registry and to the token service that the
    registry names. The module asks no other host.
  - The results hold for Epinio 1.14.1 and newer, whose Helm refuses more than that of Epinio 1.12 to 1.14.0. The messages
    say where these differ.
  - It uses the network, the proxies (E(HTTPS_PROXY), E(NO_PROXY)) and the authorities of the machine where it runs.
options:
  destinations:
    description:
      - Check these destinations before you write them, with the passwords of this list.
      - Those with O(destinations[].state=absent) are left out.
      - The module asks the cluster only if a certificate secret is named, or a stored password is kept.
    type: list
    elements: dict
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
  names:
    description:
      - Check these destinations of the cluster. If one does not exist, that is an error.
      - Without O(names) and O(destinations), the module checks all destinations of the cluster.
    type: list
    elements: str
    aliases: [name]
  fail_on:
    description:
      - Verdicts that count as failure.
      - An empty list only reports.
    type: list
    elements: str
    choices: [unreachable, untrusted, denied, repository_must_exist, inconclusive, ok]
    default: [unreachable, untrusted, denied, repository_must_exist]
  total_timeout:
    description:
      - Seconds that all destinations together may take. Those that are not checked by then are V(inconclusive).
    type: float
  allow_http:
    description:
      - If a registry does not speak TLS, check the chart push over plain HTTP. Epinio before 1.14.1 pushes so if the
        destination has no certificate. The password is sent in clear text.
      - Without it, such a push is V(unreachable), as it is for Epinio 1.14.1 and newer.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that one destination may take with all its requests, and that one request to the Kubernetes API may take.
    type: float
    default: 30.0
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._attributes.info
  - epinio.registries._options
seealso:
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registry_info
"""

EXAMPLES = r"""
- name: Check every destination of the cluster, and fail if Epinio cannot push to one
  epinio.registries.export_registry_check:

- name: Check a token before it is written
  epinio.registries.export_registry_check:
    destinations:
      - name: ghcr
        registry: ghcr.io
        organization: acme
        registry_username: acme-robot
        registry_password: "{{ ghcr_token }}"

- name: Report only
  epinio.registries.export_registry_check:
    names: [ghcr, intranet]
    fail_on: []
  register: checked
"""

RETURN = r"""
destinations:
  description: One entry for each destination, in the order of the list, or of the names.
  returned: success, and when a verdict is one of O(fail_on)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: always
      type: str
      sample: ghcr
    verdict:
      description:
        - The worst verdict of both pushes.
        - V(ok) means that the registry has accepted an upload.
        - V(inconclusive) means that its answers do not prove anything; the message says why.
      returned: always
      type: str
      choices: [unreachable, untrusted, denied, repository_must_exist, inconclusive, ok]
      sample: ok
    legs:
      description: The verdict of each push, with a sentence and a remedy.
      returned: always
      type: dict
      sample:
        chart: {verdict: ok, message: The registry accepts uploads., remedy: ""}
        image: {verdict: ok, message: The registry accepts uploads., remedy: ""}
    duration:
      description: Seconds that it took.
      returned: always
      type: float
      sample: 0.312
problems:
  description: What is wrong with the options, as M(epinio.registries.export_registries) returns it.
  returned: when options are not accepted
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registry_check")


if __name__ == "__main__":
    main()

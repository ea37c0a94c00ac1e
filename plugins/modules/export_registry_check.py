#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry_check
short_description: Prove that Epinio's export destination registries can be pushed to
version_added: 1.0.0
description:
  - Logs in to each registry and asks for an upload to C(<organization>/epinio-export-check), as Epinio's chart push (Helm)
    and image push (skopeo) do, and cancels it. It leaves no blob and no tag. GitLab and Quay
    list an empty repository as soon as they have granted a token for it.
  - Judges with the trust of Epinio. The chart push trusts the certificate of the destination instead of the system's
    authorities, the image push beside them.
  - A password is tried once, so that no account gets locked. It goes to the registry and to the token service that it
    names. No other host is asked for anything.
  - Speaks for Epinio 1.14.1 and newer, whose Helm refuses more than that of Epinio 1.12 to 1.14.0. The messages say where
    these differ.
  - It speaks from where it runs, with the network, proxies (E(HTTPS_PROXY), E(NO_PROXY)) and authorities of that machine.
options:
  destinations:
    description:
      - Check these destinations, with the passwords at hand, as they will stand when the list is written.
      - Those with O(destinations[].state=absent) are left out.
      - The cluster is only asked where a certificate secret is named, or a stored password is kept.
    type: list
    elements: dict
    # generated: options of a destination. Change plugins/doc_fragments/_options.py, then `make generate`.
    suboptions:
      name:
        description:
          - Name of the destination, as C(epinio app export --registry) takes it. It is the name
            of the authentication secret.
          - Text; a number must be quoted, here as in the other options that take text.
          - A destination needs one. It is checked with all the other options, so that an error
            names every problem at once.
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
          - User name for the registry. Text; a number must be quoted.
          - Required when O(destinations[].state=present).
        type: raw
      registry_password:
        description:
          - Password or token for the registry. Text; a number must be quoted, since YAML may change
            it otherwise.
          - The key file of a Google service account may have many lines. It may be a mapping, too,
            which is written as one line of JSON.
          - Keep it in a variable (from a vault or a lookup) rather than in the task; Ansible prints
            lines of the playbook around a failed task.
          - Required when O(destinations[].state=present).
        type: raw
      certificate:
        description:
          - PEM bundle of certificate authorities that the registry's certificate is checked with.
          - Epinio's chart push trusts this bundle instead of the system's, so it has to be enough
            by itself, for the registry and for the host that gives out its tokens.
          - A list of PEM texts is joined. What editors, YAML and lookups do to a PEM is undone
            where it is clear what is meant.
          - A private key is refused, because Epinio mounts every key of the certificate secret
            into a pod.
          - It is kept in a secret C(<name>-certificate), or in O(destinations[].certificate_secret).
        type: raw
      certificate_secret:
        description:
          - Name of the certificate secret.
          - Without O(destinations[].certificate) it refers to a secret that is managed elsewhere,
            for example with M(epinio.registries.export_registry_certificate).
        type: raw
      update_password:
        description:
          - V(always) writes O(destinations[].registry_password) wherever it differs.
          - V(on_create) writes it to new destinations only, and keeps the stored one otherwise.
            Then a changed registry or user name is an error, since the stored password would go
            to someone else.
        type: str
        choices: [always, on_create]
        default: always
      state:
        description:
          - Whether it should be there.
          - With V(absent) only O(destinations[].name) matters.
        type: str
        choices: [present, absent]
        default: present
      labels:
        description:
          - Extra labels. They are added to what others put there; nothing is taken away.
          - They go to every secret that is written, that of O(destinations[].certificate) included.
            Where a destination brings along a certificate secret that others use too, only those
            are added whose key it does not have yet.
          - Keys of Epinio and of this collection (C(epinio.io/), C(epinio.registries/)) are refused.
        type: dict
      annotations:
        description:
          - Extra annotations. They are added to what others put there; nothing is taken away.
          - They go to the same secrets as O(destinations[].labels), in the same way.
        type: dict
      adopt:
        description:
          - Mark what was written by hand as managed by this collection, even where nothing else
            differs.
          - Without it, the mark comes with the first change. Only what is marked can be pruned.
        type: bool
        default: false
      recreate:
        description:
          - Delete and create again a secret that is immutable, or whose type wants other keys,
            and must change.
          - Without it, such a secret is an error.
        type: bool
        default: false
    # end of what is generated
  names:
    description:
      - Check these destinations of the cluster, as they stand there. A name that is not there is an error.
      - Without O(names) and O(destinations), all destinations of the cluster are checked.
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
      - Seconds that all destinations together may take. What is not checked by then is V(inconclusive).
    type: float
  allow_http:
    description:
      - Check the chart push over plain HTTP where a registry does not speak TLS, as Epinio before 1.14.1 makes it where
        the destination has no certificate. The password goes out in clear.
      - Without it, and for Epinio 1.14.1 and newer, such a push is V(unreachable).
    type: bool
    default: false
  timeout:
    description:
      - Seconds that one destination may take, all its requests together, and one request to the Kubernetes API.
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
- name: Check every destination of the cluster, and fail when one cannot be pushed to
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

#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registry_info
short_description: Show Epinio's export destination registries as Epinio reads them
version_added: 1.0.0
description:
  - Returns every export destination registry of the namespace as Epinio reads it. It says whether C(epinio export-registries)
    lists it or silently skips it, whether the chart push and the image push accept it, and every problem with its remedy.
  - It does not matter who wrote the secrets. Never returns a password.
options:
  names:
    description:
      - Names of destinations to show. Without it, all of them.
      - Names that do not exist are left out.
    type: list
    elements: str
    aliases: [name]
  credential_key:
    description:
      - A random text of 32 characters or more. With it, the module returns RV(destinations[].credential).
      - Use one key for all clusters of one run. Keep neither the key nor the results, because somebody who has both can
        try passwords.
    type: str
author:
  - The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - epinio.registries._attributes
  - epinio.registries._attributes.info
  - epinio.registries._options
seealso:
  - module: epinio.registries.export_registries
  - module: epinio.registries.export_registry
  - module: epinio.registries.export_registry_certificate
"""

EXAMPLES = r"""
- name: Read all export destinations
  epinio.registries.export_registry_info:
  register: export_registries

- name: Fail if Epinio would skip one of them or fail on it
  ansible.builtin.assert:
    that: export_registries.destinations | rejectattr('usable') | list | length == 0
    fail_msg: "{{ export_registries.destinations | rejectattr('usable') | map(attribute='problems') | list }}"
"""

RETURN = r"""
destinations:
  description: The destinations, in the order of their names.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the destination.
      returned: success
      type: str
      sample: acme
    namespace:
      description: Kubernetes namespace.
      returned: success
      type: str
      sample: epinio
    registry:
      description: Host of the registry as the docker config has it, or none if Epinio cannot read it.
      returned: success
      type: str
      sample: registry.example.com
    organization:
      description: Namespace inside the registry.
      returned: success
      type: str
      sample: apps
    username:
      description:
        - User name that the chart push uses.
        - V(********) if it is the password or a token, or holds or is a part of one. Some registries want
          their token in both places.
      returned: success
      type: str
      sample: epinio
    url:
      description: What C(epinio export-registries) prints.
      returned: success
      type: str
      sample: registry.example.com/apps
    listed:
      description: Whether C(epinio export-registries) lists it. It skips what it cannot read, without a message.
      returned: success
      type: bool
      sample: true
    usable:
      description:
        - Whether it is listed and both pushes accept it, with the same credentials, on the registry's own host.
        - It does not say whether the registry accepts the credentials.
      returned: success
      type: bool
      sample: true
    legs:
      description: Whether each of the three readers inside Epinio accepts it.
      returned: success
      type: dict
      sample: {list: {ok: true}, chart: {ok: true}, image: {ok: false}}
    problems:
      description: Every reason why a reader does not accept it.
      returned: success
      type: list
      elements: dict
      contains:
        code:
          description: Stable code of the problem.
          returned: always
          type: str
          sample: auth_missing
        leg:
          description: The reader that objects.
          returned: always
          type: str
          choices: [list, chart, image]
          sample: image
        message:
          description: What is wrong.
          returned: always
          type: str
          sample: The auth field is missing or holds no user:password; skopeo reads nothing else and would push without.
        remedy:
          description: What to do.
          returned: always
          type: str
          sample: Write auth, username and password again, all three, as strings that agree.
    certificate:
      description: The certificate secret that it names, or none.
      returned: success
      type: dict
      contains:
        secret:
          description: Name of the certificate secret.
          returned: success
          type: str
          sample: acme-certificate
        expires:
          description: The earliest moment at which a certificate of the bundle expires, in UTC.
          returned: success
          type: str
          sample: "2027-01-31T12:00:00Z"
        certificates:
          description: The certificates of the bundle that can be read.
          returned: success
          type: list
          elements: dict
          sample:
            - subject: CN=Company CA
              issuer: CN=Company CA
              names: []
              fingerprint_sha256: "9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08"
              not_before: "2026-01-31T12:00:00Z"
              not_after: "2027-01-31T12:00:00Z"
    managed:
      description: Whether this collection manages it.
      returned: success
      type: bool
      sample: true
    written_by:
      description:
        - Who else writes it, with the mark that shows it. It is a controller, or a tool such as Helm or Argo CD. None if
          there is no such mark.
      returned: success
      type: str
      sample: "Helm (annotation meta.helm.sh/release-name: exports)"
    credential:
      description:
        - The same text for all destinations with the same user name and password, an HMAC-SHA256 of both. None if
          one of them is missing.
      returned: with O(credential_key)
      type: str
      sample: 5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
certificates:
  description:
    - The certificate secrets that this collection manages or that a destination names.
    - Each has the fields of RV(destinations[].certificate) and the following.
  returned: success
  type: list
  elements: dict
  contains:
    managed:
      description: Whether this collection manages it.
      returned: success
      type: bool
      sample: true
    destinations:
      description: Names of the destinations that name it.
      returned: success
      type: list
      elements: str
      sample: [acme]
    secret:
      description: Name of the certificate secret.
      returned: success
      type: str
      sample: acme-certificate
    expires:
      description: As in RV(destinations[].certificate.expires).
      returned: success
      type: str
      sample: "2027-01-31T12:00:00Z"
    certificates:
      description: As in RV(destinations[].certificate.certificates).
      returned: success
      type: list
      elements: dict
      sample: []
"""

from ansible_collections.epinio.registries.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    run_module("export_registry_info")


if __name__ == "__main__":
    main()

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_facts
short_description: Show what the certificates of a PEM bundle say
version_added: 1.0.0
author:
  - The epinio.registries contributors (@epinio)
description:
  - Reads a PEM bundle as Epinio and its clients do, and returns the facts of each certificate in it.
  - If editors, YAML or lookups changed a PEM and it is clear what is meant, it is repaired, as for
    O(epinio.registries.export_registries#module:destinations[].certificate).
  - A private key in it is an error, which does not quote the key.
positional: host
options:
  _input:
    description:
      - The PEM text, or a list of PEM texts.
    type: raw
    required: true
  host:
    description:
      - A host, C(host[:port]). The result then says for each certificate whether it covers this host.
    type: str
seealso:
  - plugin: epinio.registries.from_docker_config
    plugin_type: filter
  - module: epinio.registries.export_registry_info
"""

EXAMPLES = r"""
- name: Fail where the bundle ends soon, or where its first certificate is that of another host
  ansible.builtin.assert:
    that:
      - facts | map(attribute='not_after') | min > '2026-12-31'
      - facts[0].covers
  vars:
    facts: >-
      {{ lookup('ansible.builtin.file', 'registry.pem')
         | epinio.registries.certificate_facts(host='registry.example.com:5000') }}
"""

RETURN = r"""
_value:
  description: The facts of each certificate, in the order of the bundle.
  type: list
  elements: dict
  contains:
    subject:
      description: Whom it is for (RFC 4514).
      type: str
      sample: CN=Company CA
    issuer:
      description: Who signed it (RFC 4514).
      type: str
      sample: CN=Company CA
    names:
      description: The DNS names and IP addresses that it covers.
      type: list
      elements: str
      sample: [registry.example.com]
    fingerprint_sha256:
      description: Its SHA-256 fingerprint.
      type: str
      sample: "9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08"
    not_before:
      description: From when on it is valid, in UTC.
      type: str
      sample: "2026-01-31T12:00:00Z"
    not_after:
      description: Until when it is valid, in UTC.
      type: str
      sample: "2027-01-31T12:00:00Z"
    is_authority:
      description: Whether it may sign others.
      type: bool
      sample: true
    self_signed:
      description: Whether subject and issuer are the same.
      type: bool
      sample: true
    covers:
      description: Whether it covers O(host) by its names; the common name does not count.
      type: bool
      returned: when O(host) is given
      sample: false
    chain:
      description:
        - Whether the bundle is a chain in its order, each certificate issued by the one behind it. Their names tell; no
          signature is verified. It is the same for all certificates of a bundle.
      type: bool
      sample: true
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.plugin_utils import _certificates


class FilterModule:
    """The filter of this file's name."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Return it."""
        return {"certificate_facts": _certificates.facts}

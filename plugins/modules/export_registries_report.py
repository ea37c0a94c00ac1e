#!/usr/bin/python

# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is documentation: the work is done by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: export_registries_report
short_description: Write a report on the export destination registries of many clusters
version_added: 1.0.0
description:
  - Makes one report from the results of M(epinio.registries.export_registry_info) and
    M(epinio.registries.export_registry_check) for each cluster. It is a page to look at, JSON to work with, and metrics to
    alert on.
  - It also names the clusters that could not be read.
  - No output holds a password, because no input does. Destinations with the same credentials have the same letter.
  - The entry point C(audit) of the role and the playbook C(epinio.registries.audit) call it.
options:
  inputs:
    description:
      - The inputs of the report, a list. Each is the path of a file that O(json) wrote in another run, or a mapping from
        names of clusters to results of this run.
      - Such a result is a mapping with C(info), the registered result of M(epinio.registries.export_registry_info). It may
        also have C(check), the result of M(epinio.registries.export_registry_check), and C(at), the time of the results
        (C(2027-01-31T12:00:00Z)), if that is not now. Results of failed tasks are allowed.
      - If several inputs have the same cluster, the latest one counts.
    type: list
    elements: raw
    required: true
  html:
    description:
      - Write the page to this file. It needs no other file.
    type: path
  json:
    description:
      - Write the data to this file, as JSON. The audit guide has the schema.
    type: path
  textfile:
    description:
      - Write metrics to this file, for the textfile collector of node_exporter. The collector needs a name that ends in C(.prom).
    type: path
  previous:
    description:
      - Say what is new, gone, repaired and broken since the report in this file, which O(json) wrote.
      - It may be the file that O(json) names. There is a warning if the file does not exist, is dated later than now, or
        has no cluster in common with this report.
    type: path
author:
  - The epinio.registries contributors (@epinio)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Reads and compares as in a normal run, but writes no file.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  action:
    description: Has a corresponding action plugin, so that some parts of the option are executed on the controller.
    support: full
    details:
      - It runs on the controller only. All paths are those of the machine that runs Ansible.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    support: none
    details:
      - Each report has the time when it was made.
  action_group:
    description: Use C(group/epinio.registries.all) in C(module_defaults) to set defaults for this module.
    support: none
    membership: []
    details:
      - It asks no cluster, and has no options of a connection.
seealso:
  - module: epinio.registries.export_registry_info
  - module: epinio.registries.export_registry_check
  - ref: ansible_collections.epinio.registries.docsite.audit_guide
    description: How to make a report of all clusters, and get alerts.
"""

EXAMPLES = r"""
- name: Read
  epinio.registries.export_registry_info:
  register: read

- name: Write the report of one cluster
  epinio.registries.export_registries_report:
    inputs:
      - production:
          info: "{{ read }}"
    html: audit.html
    json: audit.json

- name: Write one report from the reports of three slices
  epinio.registries.export_registries_report:
    inputs:
      - slice-1.json
      - slice-2.json
      - slice-3.json
    html: audit.html
    textfile: /var/lib/node_exporter/epinio_export_registries.prom
    previous: yesterday.json
"""

RETURN = r"""
clusters:
  description: How many clusters the report has.
  returned: success
  type: int
  sample: 3
clusters_down:
  description: Names of the clusters that could not be read.
  returned: success
  type: list
  elements: str
  sample: [production]
destinations:
  description: How many destinations the report has.
  returned: success
  type: int
  sample: 12
unusable:
  description: How many of them Epinio cannot use, or the registry refuses.
  returned: success
  type: int
  sample: 1
changes:
  description:
    - What differs from O(previous), broken destinations first. None if there is nothing to compare with.
  returned: success
  type: list
  elements: dict
  contains:
    event:
      description: What happened.
      returned: success
      type: str
      choices: [broken, repaired, new, gone]
      sample: broken
    cluster:
      description: Name of the cluster.
      returned: success
      type: str
      sample: production
    name:
      description: Name of the destination, or none where it is about the whole cluster.
      returned: success
      type: str
      sample: ghcr
problems:
  description: What is wrong with the options, as M(epinio.registries.export_registries) returns it.
  returned: when options are not accepted
  type: list
  elements: dict
  sample: []
"""

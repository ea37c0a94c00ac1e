# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_summary
type: aggregate
short_description: Show at the end of a run what happened on each cluster
version_added: 1.0.0
description:
  - Adds a table to the end of a run, with a line for each cluster. It shows how many secrets were created, changed, removed
    and kept, how many problems there were, and either what was written and where, or what is wrong.
  - Clusters that could not be reached come first, then those that failed, then those that no task wrote to, then
    those that changed.
  - It also shows the table if every cluster failed, and for a single cluster.
  - If a cluster has no line, the run did not reach it, for example because C(serial) ended the run before.
  - It also stores the same data as C(ansible.builtin.set_stats) does, under the name C(export_registries), with counts and
    names only. A workflow in AWX can branch on it. The keys are C(clusters) (how many there are), C(unreachable),
    C(failed), C(skipped), C(changed), C(unchanged) (names of clusters) and C(counts).
  - It never shows a password of this collection's modules. For other tasks that fail, it shows their message.
author:
  - The epinio.registries contributors (@epinio)
requirements:
  - C(callbacks_enabled=epinio.registries.fleet_summary) in the section C([defaults]) of C(ansible.cfg), or the
    variable E(ANSIBLE_CALLBACKS_ENABLED)
"""

from ansible_collections.epinio.registries.plugins.plugin_utils._summary import FleetSummary


class CallbackModule(FleetSummary):
    """The documentation is above; the work is done there."""

    CALLBACK_NAME = "epinio.registries.fleet_summary"

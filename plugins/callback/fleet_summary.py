# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_summary
type: aggregate
short_description: Say at the end of a run what became of each cluster
version_added: 1.0.0
description:
  - Adds a table to the end of a run, with a line for each cluster; how many secrets were created, changed, removed and
    kept, how many problems there were, and either what was written and where, or what is the matter.
  - Clusters that could not be reached come first, then those that failed, then those that no task wrote to, then
    those that changed.
  - It shows the table also where every cluster failed, and for a single cluster.
  - A cluster without a line was not reached by the run, for example because C(serial) ended it before.
  - The same is kept as C(ansible.builtin.set_stats) would keep it, under the name C(export_registries), with counts and
    names only. A workflow in AWX can branch on it. The keys are C(clusters) (how many there are), C(unreachable),
    C(failed), C(skipped), C(changed), C(unchanged) (names of clusters) and C(counts).
  - No password is ever in it. What modules of this collection say is free of them; of other tasks that fail, the
    message is shown.
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

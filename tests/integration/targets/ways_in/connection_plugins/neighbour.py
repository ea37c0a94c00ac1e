# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that is not `local`, to a machine that is this one."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: neighbour
short_description: Stand in for a machine that is not the controller
description: Does what the connection local does, under another name.
author: The epinio.registries contributors (@epinio)
extends_documentation_fragment:
  - connection_pipelining
"""


class Connection(LocalConnection):
    transport = "neighbour"

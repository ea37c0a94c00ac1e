# Copyright (c) 2026, The epinio.registries contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of the same name, which runs on the controller alone."""

from __future__ import annotations

from ansible_collections.epinio.registries.plugins.plugin_utils._file_action import ActionModule

__all__ = ["ActionModule"]

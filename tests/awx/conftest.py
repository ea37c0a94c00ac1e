# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that jobs of AWX write to."""

from __future__ import annotations

from tests.acceptance.clusters import api, cluster, namespace, secrets

__all__ = ["api", "cluster", "namespace", "secrets"]

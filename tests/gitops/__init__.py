# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What judges the manifests: SOPS, age, and External Secrets' own template engine."""

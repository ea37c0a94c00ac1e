# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries for tests: real ones, and one that says what a test tells it to, all on the loopback."""

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kit for AWX, before AWX's own code: `nox -s awx`."""

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs of this collection beside whole runs of what people use instead, on a real API server.

python -m tests.benchmark one       one cluster, N destinations, every way to write them
python -m tests.benchmark fleet     50 inventory hosts with ten destinations each
Both with --round-trip MS           for an API server that is so far away

Runs are interleaved and compared by ratio: machines are noisy, and a run tells little without its neighbours.
"""

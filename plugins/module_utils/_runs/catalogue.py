# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a run that only reads."""

from __future__ import annotations

from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal["destination_missing"]

CATALOGUE: Catalogue[Case] = Catalogue(
    {
        "destination_missing": Sentences(
            "There is no destination {wanted!r} in the namespace {namespace!r}.",
            "Check the name, or create it first.",
            options=("names",),
        ),
    }
)

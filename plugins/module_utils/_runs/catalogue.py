# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a run that only reads."""

from __future__ import annotations

from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal["destination_missing", "certificates_mixed", "credential_key_short"]

CATALOGUE: Catalogue[Case] = Catalogue(
    {
        "destination_missing": Sentences(
            "There is no destination {wanted!r} in the namespace {namespace!r}.",
            "Check the name, or create it first.",
            options=("names",),
        ),
        "certificates_mixed": Sentences(
            "Some destinations, such as {certified}, have a certificate, and others, such as {plain}, have none. "
            "After a push to one of the first, Epinio trusts that certificate alone at the others, until its server "
            "restarts.",
            "If an export fails with x509: certificate signed by unknown authority, restart Epinio's server, or give "
            "the others a certificate too: that of their public authority.",
            options=("certificate", "certificate_secret"),
        ),
        "credential_key_short": Sentences(
            "{option} has fewer than {least} characters. Whoever guesses it can try passwords on what is returned.",
            "Make one for each run: lookup('ansible.builtin.password', '/dev/null', length=64).",
            options=("credential_key",),
        ),
    }
)

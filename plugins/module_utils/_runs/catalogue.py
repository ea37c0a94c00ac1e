# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a run that only reads, and of the file that it makes of the cluster."""

from __future__ import annotations

from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal[
    "destination_missing",
    "certificates_mixed",
    "credential_key_short",
    "vault_missing",
    "vault_missing:identity",
    "file_foreign:variables",
    "file_foreign:shape",
    "file_foreign:encrypted",
    "file_edited",
    "file_unreadable:yaml",
    "file_unreadable:vault",
    "mode_invalid",
]

_OTHER_FILE = "Name a file of its own in dest; Ansible loads every file of group_vars/GROUP/ and host_vars/HOST/."

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
        "vault_missing": Sentences(
            "This run has no vault password to encrypt with.",
            "Give it one, for instance with --vault-id staging@prompt or --vault-password-file FILE; or set "
            "passwords: placeholder.",
            options=("vault_id",),
        ),
        "vault_missing:identity": Sentences(
            "This run has no vault identity {wanted!r}.",
            "Give it with --vault-id {wanted}@prompt, or use one of those that there are: {known}.",
            options=("vault_id",),
        ),
        "file_foreign:variables": Sentences(
            "{path} holds other variables too, which would be lost: {others}.", _OTHER_FILE, options=("dest",)
        ),
        "file_foreign:shape": Sentences(
            "{path} exists, and does not hold a list of destinations.", _OTHER_FILE, options=("dest",)
        ),
        "file_foreign:encrypted": Sentences(
            "{path} is encrypted as a whole, so a diff cannot show what changes in it.",
            "Decrypt it (ansible-vault decrypt): its passwords are encrypted one by one then. Or name another file.",
            options=("dest",),
        ),
        "file_edited": Sentences(
            "{path} was edited since the last run. What is only in it gets lost, such as comments and options.",
            "Look with --check --diff before, and keep the file in Git or with backup: true.",
            options=("dest",),
        ),
        "file_unreadable:yaml": Sentences("{path} exists, and is not YAML.", _OTHER_FILE, options=("dest",)),
        "file_unreadable:vault": Sentences(
            "A value in {path} cannot be decrypted with the vault passwords of this run.",
            "Give the password that it was encrypted with, too (--vault-id); or remove the file, and run again.",
            options=("dest",),
        ),
        "mode_invalid": Sentences(
            "It is not the mode of a file that its owner can read and write.",
            'Use four digits in quotes, such as "0600".',
            options=("mode",),
        ),
    }
)

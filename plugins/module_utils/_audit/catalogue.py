# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of the files of a report."""

from __future__ import annotations

from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal[
    "report_input_unreadable",
    "report_input_invalid",
    "report_input_invalid:json",
    "report_schema_unknown",
    "report_file_unwritable",
    "report_file_twice",
    "report_previous_missing",
    "report_previous_doubtful:later",
    "report_previous_doubtful:others",
]

CATALOGUE: Catalogue[Case] = Catalogue(
    {
        "report_input_unreadable": Sentences(
            "{file!r} cannot be read: {reason}.",
            "Name a file that is on the machine that runs Ansible, and that the user who runs it may read.",
            options=("inputs", "previous"),
        ),
        "report_input_invalid": Sentences(
            "{file} is not an input for a report. {reason}",
            "Give a JSON file that this module wrote, or a mapping of clusters to results of this run (info, check).",
            options=("inputs", "previous"),
        ),
        "report_input_invalid:json": Sentences(
            "{file!r} does not hold JSON.",
            "Give a file that this module wrote with its option json.",
            options=("inputs", "previous"),
        ),
        "report_schema_unknown": Sentences(
            "{file!r} has a schema that is not known here. {reason}",
            "Write it again with this version of the collection, or update the collection.",
            options=("inputs", "previous"),
        ),
        "report_file_unwritable": Sentences(
            "{file!r} cannot be written: {reason}.",
            "Create its folder, or name another one that the user who runs Ansible may write to.",
            options=("html", "json", "textfile"),
        ),
        "report_file_twice": Sentences(
            "{file!r} is named for two of the outputs.",
            "Give each its own file.",
            options=("html", "json", "textfile"),
        ),
        "report_previous_missing": Sentences(
            "There is no earlier report in {file!r}, so nothing is compared.",
            "It is there next time if json writes it, or is kept there.",
            options=("previous",),
        ),
        "report_previous_doubtful:later": Sentences(
            "The report in {file!r} was made at {moment}, which is later than now.",
            "Compare with an earlier one, or correct the clock of this machine.",
            options=("previous",),
        ),
        "report_previous_doubtful:others": Sentences(
            "The report in {file!r} has no cluster in common with this one, so everything is new or gone.",
            "Name a report of the same clusters.",
            options=("previous",),
        ),
    }
)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a cluster: two kinds of exceptions."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._masking import printable


class ClusterError(Exception):
    """The API server could not be asked, or said no; the text says which, and what to do.

    ``refused``: whether the first answer to the request was this refusal, so that nothing can have been written;
    ``deleted``: whether the secret that was to be recreated is deleted, or may be; ``lasting``: whether the same
    request will be refused again until something else is mended.
    """

    def __init__(self, message: str, *, refused: bool = False, deleted: bool = False, lasting: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        self.deleted = deleted
        self.lasting = lasting


class Unreached(ClusterError):
    """No request has been answered yet: a wrong address or authority, rather than a server that restarts."""


class Forbidden(ClusterError):
    """403: a permission is missing."""


class NotFound(ClusterError):
    """404."""


class Gone(ClusterError):
    """410: the continue token of a list has expired."""


class Conflict(Exception):
    """Something else changed, created or deleted secrets since they were read.

    ``ours``: the changes whose request was sent more than once, so that the other may have been this very run;
    ``refused`` and ``deleted`` as in ClusterError.
    """

    def __init__(self, ours: Collection[Change], *, refused: bool = False, deleted: bool = False) -> None:
        super().__init__()
        self.ours = ours
        self.refused = refused
        self.deleted = deleted


def one_line(error: Any) -> str:
    """Return the text of a foreign error as one line, without the Python objects that urllib3 names in it."""
    text = re.sub(r"(?<![\w.])<?[\w.]+(?: object at 0x\w+>|\(host=.{,300}?\)): ", "", str(error))
    return printable(text).rstrip(".")

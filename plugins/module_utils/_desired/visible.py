# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nobody sees in a text: characters that show as a blank or not at all, and blanks around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case

#: A case with its fields, or None where everything shows.
Found = tuple[Optional[Case], Mapping[str, Any]]
#: Format characters, blanks other than the space, separators, C1 controls, and letters that show as a blank.
_INVISIBLE = re.compile(
    "[\x80-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK = 0xFEFF


def fault(value: str, *, blanks: bool = True) -> Found:
    """Return what is to be said of a text that holds what nobody sees; ``blanks`` at its ends count, too."""
    found = _INVISIBLE.search(value)
    if found:
        code = ord(found[0])
        named = "byte order mark" if code == _MARK else unicodedata.name(found[0], "control character").lower()
        return "invisible_character", {
            "where": _where(value, found.start()),
            "character": f"{named} (U+{code:04X})",
            "escaped": f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}",
        }
    if blanks and value != value.strip(" "):
        return "invisible_character:blank", {"where": "begins with" if value.startswith(" ") else "ends with"}
    return None, {}


def _where(value: str, position: int) -> str:
    if position == 0:
        return "begins with"
    return "ends with" if position == len(value) - 1 else "holds"

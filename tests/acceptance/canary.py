# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that can be found again in whatever form they leak."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from secrets import token_hex

__all__ = ["Canary"]


class Canary:
    """A password with everything that has to be escaped, and in its middle a part that no escaping changes.

    That part is looked for, so every escaping of the rest is seen through: JSON, URLs, Python, YAML, shells. In base64
    (of the password, of `user:password`, of a docker config, and of a docker config's `auth`, which is base64 already)
    it stands in one of three ways, by how many bytes precede it.
    """

    def __init__(self, name: str, value: str | None = None, core: str | None = None) -> None:
        """`value` holds `core`: at least 24 characters, and of letters and digits alone."""
        self.name = name
        self.core = core or token_hex(16)
        # AnsibleModule hides of itself what looks like `user:password@`, so the colon is behind the at sign.
        self.value = value or f"'a\"\\é/+ %&=@{self.core}$#:<>!"
        self.forms = list(_forms(self.core))
        assert self.core in self.value
        assert len(self.core) >= 24

    def __repr__(self) -> str:
        return f"<canary {self.name}>"

    def found_in(self, data: bytes) -> list[str]:
        """Return the forms in which it stands there."""
        plain, *encoded = self.forms
        found = [form for form, text in encoded if text.encode() in data]
        if plain[1].lower().encode() in data.lower():
            found.append(plain[0])
        return sorted(set(found))


def _forms(core: str) -> Iterator[tuple[str, str]]:
    yield "plain", core
    for first in _in_base64(core):
        yield "base64", first
        for second in _in_base64(first):
            yield "base64 of base64", second


def _in_base64(text: str) -> Iterator[str]:
    """Yield what base64 makes of a text that stands within another, without what depends on its neighbours."""
    for preceding in range(3):
        data = b"\0" * preceding + text.encode()
        whole = len(data) - len(data) % 3
        yield base64.b64encode(data[:whole]).decode()[4 if preceding else 0 :]

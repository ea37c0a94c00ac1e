# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of texts that others wrote."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "masked"]

MASK = "********"


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` without any of these secrets, in any case: plain, in base64, escaped for JSON, URLs or Python.

    What is hidden in base64 together with other text must be named by itself (`user:password`, as Basic sends it).
    Meant for foreign texts only: a mask in a sentence of our own would tell that the password is one of its words.
    """
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    if not forms:
        return text
    longest_first = sorted(forms, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text, flags=re.IGNORECASE)


def _forms(secret: str) -> Iterator[str]:
    data = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for quoted in (repr(f"'\"{secret}"), ascii(f"'\"{secret}")):  # with both in it, Python escapes the single ones
        yield quoted[4:-1]
        yield quoted[4:-1].replace("\\'", "'")
    yield quote(data)
    yield quote(data, safe="")
    yield quote_plus(data)
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")

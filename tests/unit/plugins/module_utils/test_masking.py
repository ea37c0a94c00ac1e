# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, masked
from hypothesis import given
from hypothesis import strategies as st

SECRET = "Pä 's/\"w+rd\\"


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(str, id="plain"),
        pytest.param(str.lower, id="lower case"),
        pytest.param(lambda secret: json.dumps(secret)[1:-1], id="JSON"),
        pytest.param(lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1], id="JSON in UTF-8"),
        pytest.param(lambda secret: repr(secret)[1:-1], id="Python"),
        pytest.param(lambda secret: ascii(secret)[1:-1], id="Python in ASCII"),
        pytest.param(lambda secret: repr([f"it's {secret}"])[8:-2], id="Python with both quotes"),
        pytest.param(quote, id="path"),
        pytest.param(lambda secret: quote(secret, safe=""), id="path segment"),
        pytest.param(quote_plus, id="query"),
        pytest.param(lambda secret: base64.b64encode(secret.encode()).decode(), id="base64"),
        pytest.param(lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="), id="base64url"),
    ],
)
def test_masks_each_form(form: object) -> None:
    assert callable(form)
    assert masked(f"it says <{form(SECRET)}>", [SECRET]) == f"it says <{MASK}>"


def test_masks_the_longest_form_first() -> None:
    assert masked("user:secret secret", ["secret", "user:secret"]) == f"{MASK} {MASK}"


@pytest.mark.parametrize("secrets", [[], [""]])
def test_changes_nothing_without_a_secret(secrets: list[str]) -> None:
    assert masked("as it is", secrets) == "as it is"


@given(st.text(), st.text(min_size=1), st.text())
def test_leaves_no_secret(before: str, secret: str, after: str) -> None:
    rest = masked(before + secret + after, [secret])
    assert secret not in rest.replace(MASK, "") or secret in MASK

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard in the cluster says what the catalogue says, and knows no rule of its own."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.epinio.registries.docs import generate
from ansible_collections.epinio.registries.plugins.module_utils._reading import secret, targets
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
POLICY, BINDING = yaml.safe_load((ROOT / "extensions/kubernetes/admission-policy.yaml").read_text())["items"]
VALIDATIONS = {one["message"].partition(":")[0]: one for one in POLICY["spec"]["validations"]}
#: The same tables as RE2's, which CEL uses: the patterns take nothing in which the two differ.
PATTERNS = {
    code: re.compile(found[1].replace("$", r"\Z"))
    for code, one in VALIDATIONS.items()
    for found in [re.search(r"matches\( ?'(.*)'\)", one["expression"])]
    if found
}


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_there_are_rules_with_patterns() -> None:
    assert PATTERNS.keys() == {"organization_invalid", "auths_missing", "certificate_secret_missing"}


@pytest.mark.parametrize(("code", "rule"), VALIDATIONS.items(), ids=list(VALIDATIONS))
def test_a_message_begins_with_a_code_and_ends_with_its_remedy(code: str, rule: Any) -> None:
    said = generate.codes()[code]
    assert any(rule["message"].endswith(f" {one.remedy}") for one in said)


def test_the_codes_are_those_of_the_policy_alone() -> None:
    assert len(VALIDATIONS) == len(POLICY["spec"]["validations"])


def test_an_organization_is_what_the_pushes_take() -> None:
    assert PATTERNS["organization_invalid"].pattern == rf"^{targets._REPOSITORY.pattern}\Z"


def test_a_longer_organization_never_fits() -> None:
    longest = int(re.findall(r"<= (\d+)", VALIDATIONS["organization_too_long"]["expression"])[0])
    assert len("a.b/" + "o" * longest + "/i") == targets._NAME_LIMIT


def test_the_labels_are_ours() -> None:
    text = yaml.safe_dump(POLICY, width=1000)
    for word in (
        secret.API_EXPORT_LABEL,
        secret.NAMESPACE_ANNOTATION,
        secret.MANAGED_LABEL,
        secret.DESTINATION_CERTIFICATE,
        secret.SHARED_CERTIFICATE,
        secret.DOCKERCONFIG,
    ):
        assert word in text


def test_the_binding_is_of_the_policy() -> None:
    assert BINDING["spec"]["policyName"] == POLICY["metadata"]["name"]


@given(before=st.binary(max_size=40), after=st.binary(max_size=20))
def test_auths_is_seen_wherever_it_stands(before: bytes, after: bytes) -> None:
    assert PATTERNS["auths_missing"].search(in_base64(before + b'"auths"' + after))


@given(before=st.binary(max_size=40), after=st.binary(max_size=20))
def test_an_escape_may_be_auths(before: bytes, after: bytes) -> None:
    assert PATTERNS["auths_missing"].search(in_base64(before + b"\\u" + after))


@given(st.binary(max_size=60).filter(lambda data: b'"auths"' not in data and b"\\u" not in data))
def test_nothing_else_is_taken_for_auths(data: bytes) -> None:
    assert not PATTERNS["auths_missing"].search(in_base64(data))


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: data + b"\n"))
def test_a_line_end_is_seen_and_nothing_else(data: bytes) -> None:
    found = PATTERNS["certificate_secret_missing"].search(in_base64(data))
    assert bool(found) == data.endswith((b"\n", b"\r"))

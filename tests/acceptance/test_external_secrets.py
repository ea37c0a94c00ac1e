# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What External Secrets' own engine makes of our templates is what Epinio reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.epinio.registries.plugins.filter.to_external_secrets import to_external_secrets
from ansible_collections.epinio.registries.plugins.filter.to_manifests import to_manifests
from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import strategies as st

from tests.acceptance import engine
from tests.acceptance.generated import generated
from tests.acceptance.kube import Secrets
from tests.gitops import programs

CA = builders.authority("CA")
_CREDENTIALS = st.text(
    st.sampled_from("""abcXYZ019 "'\\<&>{}$`%:;,.#!?@/+=-_|~^*()[]éßñ漢字😀𝒳""")
    | st.characters(categories=["L", "N", "S"]),
    min_size=1,
    max_size=40,
)
#: Passwords that break templates, JSON or both.
KNOWN = [
    '"',
    "\\",
    '\\"',
    "{{ .username }}",
    "{{",
    "}}",
    "<&>",
    "$(HOME)${HOME}",
    "a\nb",
    "\\u0041",
    "%s",
    "`",
    "\u2028x",
]


def accepted(username: str, password: str) -> bool:
    """Return whether our own options take them: what they refuse, such as blanks at the end, nobody should store."""
    try:
        to_manifests([builders.item("one", registry_username=username, registry_password=password)])
    except AnsibleError:
        return False
    return True


@pytest.fixture(scope="module")
def credentials() -> list[tuple[str, str]]:
    """At least 300 user names and passwords."""
    pairs = [("robot", password) for password in KNOWN] + [(name, "s3cret") for name in KNOWN if "\n" not in name]
    pairs += generated(st.tuples(_CREDENTIALS, _CREDENTIALS), 800)
    good = [pair for pair in dict.fromkeys(pairs) if accepted(*pair)]
    assert len(good) >= 300
    return good[:300]


@pytest.fixture(scope="module")
def _external_secrets() -> None:
    programs.require(lambda: programs.rendered_by_external_secrets([]))


def from_store(
    manifests: Sequence[Mapping[str, Any]], stores: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and the answer of External Secrets' engine for each ExternalSecret with its store."""
    templates = [one["spec"]["target"]["template"] for one in manifests]
    answers = programs.rendered_by_external_secrets(list(zip(templates, stores)))
    assert len(answers) == len(templates)
    return zip((one["metadata"]["name"] for one in manifests), answers)


@pytest.mark.usefixtures("_external_secrets")
@pytest.mark.parametrize("listed", [True, False], ids=["user name in the list", "user name in the store"])
def test_what_external_secrets_renders_is_usable_with_that_very_password(
    secrets: Secrets, credentials: Sequence[tuple[str, str]], listed: bool
) -> None:
    items = [
        {
            "name": f"made-{number}",
            "registry": "registry.example.com:5000",
            "organization": "acme",
            "certificate_secret": "company-ca",
            "annotations": {"note": '{{ "a" }} <&> \\'},
            **({"registry_username": username} if listed else {}),
        }
        for number, (username, _password) in enumerate(credentials)
    ]
    manifests = to_external_secrets(items, "vault", namespace=secrets.namespace, allow_external=["company-ca"])
    wanted = {f"made-{number}": pair for number, pair in enumerate(credentials)}
    stores = [dict(zip(("username", "password"), wanted[one["metadata"]["name"]])) for one in manifests]
    secrets.create(builders.certificate_secret("company-ca", CA))
    for name, answer in from_store(manifests, stores):
        assert "error" not in answer, (name, answer)
        made = answer["secret"]
        assert made["metadata"]["annotations"]["note"] == '{{ "a" }} <&> \\'
        assert builders.stored(made) == ("registry.example.com:5000", *wanted[name])
        secrets.create({"apiVersion": "v1", "kind": "Secret", **made, "metadata": {**made["metadata"], "name": name}})
    read = engine.run("export_registry_info", {"namespace": secrets.namespace}).result["destinations"]
    assert len(read) == len(credentials)
    assert [one for one in read if not one["usable"] or one["problems"]] == []
    assert {one["username"] for one in read} <= {
        *(username for username, _password in credentials),
        "********",
    }


@pytest.mark.usefixtures("_external_secrets")
def test_a_store_without_the_field_is_an_error_of_the_engine() -> None:
    item = {"name": "one", "registry": "registry.example.com", "organization": "acme"}
    stores = [{"username": "robot"}, {"password": "s3cret"}, {}]
    for _name, answer in from_store(to_external_secrets([item], "vault") * 3, stores):
        assert "map has no entry for key" in answer["error"]


@pytest.mark.usefixtures("_external_secrets")
def test_the_template_that_most_pages_teach_breaks() -> None:
    """Why ours is another one: the judge can tell."""
    taught = '{"auths":{"a.b":{"username":"{{ .username }}","password":"{{ .password }}"}}}'
    template = {"data": {".dockerconfigjson": taught}, "metadata": {}}
    [answer] = programs.rendered_by_external_secrets([(template, {"username": "robot", "password": 'a"b'})])
    with pytest.raises(json.JSONDecodeError):
        builders.stored(answer["secret"])

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a password is an everyday word, it shows in no value that a sentence quotes, and no word of ours is masked."""

from __future__ import annotations

import json
import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.epinio.registries.plugins.filter.to_external_secrets import to_external_secrets
from ansible_collections.epinio.registries.plugins.filter.to_manifests import to_manifests
from ansible_collections.epinio.registries.plugins.module_utils._options import CONNECTION, OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils import _logins
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.unit.plugins.modules import harness

#: Words and signs that our own sentences have.
PASSWORDS = [
    pytest.param("a", id="one letter"),
    "the",
    "path",
    "name",
    "host",
    "secret",
    "registry",
    "upper",
    "word",
    "Use",
    "NAME",
    "file",
    pytest.param("'", id="a quote"),
    pytest.param("-", id="a hyphen"),
]
#: Where a sentence quotes a value of others: in quotes, and the name of an item behind its index or at the begin.
QUOTED = re.compile(
    r"(?<!\w)'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|(?<=\] )\([^)\n]*\)|^- (?!destinations|registry:)[^,:\n]*", re.M
)
#: What we put in quotes ourselves.
OURS = ("'-' and '.'", "'-', '_' and '.'", "'@'")
MASK = "********"


def wrong(password):
    """Return the options of a destination that are all wrong, and hold the password wherever that is quoted."""
    return builders.item(
        f"The {password}",
        registry=f"HTTPS://{password}.example.com/",
        organization=f"{password}//{password}",
        registry_username=password,
        registry_password=password,
        certificate_secret=f"{password}_ca",
        labels={f"epinio.io/{password}": "a", f"{password} label": "b"},
    )


def in_worker(module, capfd, **args):
    try:
        engine.check_shape(module, args, OPTIONS[module].own, foreign=CONNECTION)
        engine.run(module, {**dict.fromkeys(OPTIONS[module].argument_spec), **args})
    except Failure as failure:
        return str(failure), json.dumps(failure.result["problems"], ensure_ascii=False)
    pytest.fail("nothing was refused")


def as_module(module, capfd, **args):
    result = harness.run(module, capfd, host="https://127.0.0.1:1", api_key="t0ken", **args)
    return result["msg"], json.dumps(result["problems"], ensure_ascii=False)


def filtered(made, *args, **options):
    with pytest.raises(AnsibleFilterError) as refused:
        made(*args, **options)
    return str(refused.value), ""


def of_a_login(password):
    config = builders.docker_config("Ghcr.io", "robot", password)
    return filtered(_logins.destinations, json.dumps(config), organizations=f"{password}//{password}")


FRONTS = {
    "list in the worker": lambda one, capfd: in_worker("export_registries", capfd, destinations=[wrong(one)]),
    "list as a module": lambda one, capfd: as_module("export_registries", capfd, destinations=[wrong(one)]),
    "another item of the list": lambda one, capfd: in_worker(
        "export_registries",
        capfd,
        destinations=[builders.item("x", registry_password=one), {**wrong(one), "registry_password": "0ther-0ne"}],
    ),
    "one in the worker": lambda one, capfd: in_worker("export_registry", capfd, **wrong(one)),
    "one as a module": lambda one, capfd: as_module("export_registry", capfd, **wrong(one)),
    "check in the worker": lambda one, capfd: in_worker("export_registry_check", capfd, destinations=[wrong(one)]),
    "check as a module": lambda one, capfd: as_module("export_registry_check", capfd, destinations=[wrong(one)]),
    "an unknown option": lambda one, capfd: in_worker("export_registry", capfd, **wrong(one), username="x"),
    "a misspelled password": lambda one, capfd: in_worker(
        "export_registry", capfd, **{**wrong(one), "registry_password": "0ther-0ne"}, registry_pasword=one
    ),
    "a password for another": lambda one, capfd: in_worker(
        "export_registry_password",
        capfd,
        registry=f"HTTPS://{one}.example.com/",
        registry_username="robot",
        registry_password=one,
    ),
    "manifests": lambda one, _capfd: filtered(to_manifests, [wrong(one)]),
    "external secrets": lambda one, _capfd: filtered(to_external_secrets, [wrong(one)], "store"),
    "logins": lambda one, _capfd: of_a_login(one),
}


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("front", [pytest.param(front, id=name) for name, front in FRONTS.items()])
def test_own_words_are_whole_and_what_is_quoted_has_no_password(front, password, capfd, monkeypatch):
    monkeypatch.setattr(AnsibleModule, "log", lambda *_args, **_more: None)
    message, problems = front(password, capfd)
    for own in OURS:
        message = message.replace(own, "")
    quoted = QUOTED.findall(message)
    assert any(MASK in one for one in quoted), message
    assert MASK not in QUOTED.sub("", message)
    for one in quoted:
        inner = one.removeprefix("- ").strip("'\"()") if password in "'-" else one
        assert password.lower() not in inner.lower().replace(MASK, ""), one
    # The problems say the same, once for the message and once for each.
    assert problems.count(MASK) >= message.count(MASK) * bool(problems)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that have a password, a token or a key, in every place where somebody may write one."""

from __future__ import annotations

from typing import Any

from ansible_collections.epinio.registries.tests.support import builders

from tests.acceptance.gossip import ECHOES

NOWHERE = "https://127.0.0.1:1"
CA, OTHER_CA, OWN_CA = (builders.authority(name) for name in ("CA", "other CA", "own CA"))

Task = dict[str, Any]


def list_of(*items: Task, **options: Any) -> Task:
    return {"export_registries": {"destinations": list(items), **options}}


def one(name: str, **options: Any) -> Task:
    return builders.item(name, **{"registry_password": "{{ password }}", **options})


def rotate(registry: str, **options: Any) -> Task:
    given = {"registry": registry, "registry_username": "robot", "registry_password": "{{ other }}"}
    return {"export_registry_password": {**given, **options}}


def succeeding(gossip: str) -> dict[str, Task]:
    """Return tasks that succeed, in this order."""
    checked = one("gossip", registry=gossip, certificate="{{ registry_ca }}")
    return {
        "create": list_of(one("a", certificate=CA), one("b"), one("c", certificate=CA)),
        "change": list_of(one("a", registry_password="{{ other }}", certificate=OTHER_CA), one("b", organization="x")),
        "keep": list_of(one("b", organization="x")),
        "one": {"export_registry": one("d", certificate=OWN_CA)},
        "one with another password": {"export_registry": one("d", registry_password="{{ other }}")},
        "keep the stored password": {"export_registry": one("stored", update_password="on_create", organization="x")},
        "certificate": {"export_registry_certificate": {"name": "shared", "certificate": CA}},
        "another certificate": {"export_registry_certificate": {"name": "shared", "certificate": OTHER_CA}},
        "info": {"export_registry_info": {}},
        "check": {"export_registry_check": {"destinations": [checked], "fail_on": []}},
        "prune": list_of(one("a", certificate=OTHER_CA), prune=True),
        "another password everywhere": rotate("registry.example.com", names=["a"], verify="never"),
        "kubeconfig": {"export_registry_info": {"kubeconfig": "{{ kubeconfig }}", "host": None, "api_key": None}},
        "no certificate": {"export_registry_certificate": {"name": "shared", "state": "absent"}},
        "absent": {"export_registry": {"name": "a", "state": "absent"}},
    }


def wrong_options(_gossip: str) -> dict[str, Task]:
    """Return tasks whose options are refused, with the password where it should not be."""
    password = "{{ password }}"
    return {
        "bad options": list_of(
            one("a", registry="https://robot:{{ password }}@registry.example.com/"),
            one("b", registry_username="robot:{{ password }}"),
            one("c", organization=password),
            one(password),
            one("e", certificate=password),
            one("f", certificate_secret=password),
            one("g", labels={"epinio.io/x": password}, annotations={"epinio.registries/x": password}),
            one("h", registry_password="{{ password }}\n"),
            one("i", registry_username=password),
        ),
        "password in a list": list_of(one("a", registry_password=[password])),
        "password in a dict": {"export_registry": one("a", registry_password={"value": password})},
        "user in a dict": {"export_registry": one("a", registry_username={"value": password})},
        "private key": list_of(one("a", certificate="{{ key }}"), one("b", certificate=CA + "{{ key }}")),
        "private key as certificate": {"export_registry_certificate": {"name": "k", "certificate": "{{ key }}"}},
        "password as certificate": {"export_registry_certificate": {"name": "k", "certificate": password}},
        "password as list": {"export_registries": {"destinations": password}},
        "password as item": {"export_registries": {"destinations": [password]}},
        "password as label": list_of(one("a", labels={"team": password}, annotations={password: "x"})),
        "unknown option": list_of({**one("a"), "registry_passwort": password}),
        "unknown option of one": {"export_registry": {**one("a"), "registry_passwort": password}},
        "wrong choice": list_of({**one("a"), "update_password": password}),
        "wrong state": {"export_registry": {**one("a"), "state": password}},
        "wrong boolean": list_of(one("a"), prune=password),
        "wrong number": list_of(one("a"), timeout=password),
        "wrong boolean of one": {"export_registry": {**one("a"), "adopt": password}},
        **{
            f"{kind} kubeconfig": {"export_registry_info": {"kubeconfig": value, "host": None, "api_key": None}}
            for kind, value in {
                "unfinished": {"users": "{{ kubeconfig.users }}"},
                "broken": {"users": "{{ kubeconfig.users | string }}"},
                "unusable": "{{ kubeconfig | combine({'current-context': [kubeconfig.users]}) }}",
                "text of a": "{{ kubeconfig | to_nice_yaml }}",
                "bytes of a": "{{ kubeconfig | to_json }}",
            }.items()
        },
        "missing name": {"export_registry_info": {"host": "{{ undefined_name }}", "api_key": "{{ token }}"}},
        "check nothing": {"export_registry_check": {"destinations": [one("A")]}},
        "rotate with bad options": rotate(password, registry_username=password, registry_password="{{ password }}\n"),
    }


def failing(gossip: str) -> dict[str, Task]:
    """Return tasks that fail on their way."""
    checked = one("gossip", registry=gossip, certificate="{{ registry_ca }}")
    proxy = {"proxy": "http://robot:{{ proxy_password }}@127.0.0.1:1"}
    headers = {"proxy_headers": {"proxy_basic_auth": "robot:{{ proxy_password }}"}}
    return {
        "foreign secret": list_of(one("foreign"), one("a", certificate=CA, certificate_secret="foreign")),
        **{name: {"export_registry": one(name)} for name in ECHOES},
        **{
            f"stored-{name}": {"export_registry": one(f"stored-{name}", update_password="on_create", organization="x")}
            for name in ECHOES
        },
        "echo of what goes": {"export_registry": {"name": "quoted", "state": "absent"}},
        "echo of the list": list_of(*(one(name) for name in ECHOES)),
        "echo of the other": {"export_registry": one("echo-body", registry_password="{{ other }}")},
        "unauthorized": list_of(one("a"), namespace="unauthorized"),
        "unauthorized info": {"export_registry_info": {"namespace": "unauthorized"}},
        "unreachable": list_of(one("a"), host=NOWHERE),
        "unreachable proxy": list_of(one("a"), **proxy),
        "unreachable proxy with headers": list_of(one("a"), **proxy, **headers),
        "password of the API": {"export_registry_info": {"password": "{{ other }}", "host": NOWHERE}},
        "no namespace": list_of(one("a"), namespace="not-there"),
        "denied by the registry": {"export_registry_check": {"destinations": [checked]}},
        "registry not there": {"export_registry_check": {"destinations": [one("a", registry="127.0.0.1:1")]}},
        "a new password denied by the registry": rotate(gossip),
        "a new password at no registry": rotate("registry.example.com", names=["stored"]),
        "echo of a new password": rotate("registry.example.com", names=["stored-echo-body"], verify="never"),
        "names not there": {"export_registry_check": {"names": ["not-there"]}},
    }


def role(name: str, **variables: Any) -> Task:
    given = {f"export_registries_{key}": value for key, value in variables.items()}
    return {
        "name": name,
        "ansible.builtin.include_role": {"name": "epinio.registries.export_registries"},
        "vars": given,
    }


def roles() -> dict[str, list[Task]]:
    """Return tasks that use the role, by whether they succeed.

    A password in an option of the role that is a choice or a boolean is not among them: Ansible's own validation quotes
    it, before the collection is asked.
    """
    password = "{{ password }}"
    return {
        "succeed": [role("role", destinations=[one("a", certificate=CA)]), role("role again", destinations=[one("a")])],
        "fail": [
            role("role with bad options", destinations=[one("A")]),
            role("role with a word for a list", destinations=password),
            role("role with a word for an item", destinations=[password]),
            role("role with a list for a password", destinations=[one("a", registry_password=[password])]),
            role("role with an unknown option", destinations=[{**one("a"), "registry_passwort": password}]),
        ],
    }

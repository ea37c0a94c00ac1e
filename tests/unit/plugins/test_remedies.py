# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever follows a remedy arrives: each one that names a value is read by a machine, followed, and tried again."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster, contexts, sentences
from ansible_collections.epinio.registries.plugins.module_utils._desired import catalogue as desired
from ansible_collections.epinio.registries.plugins.module_utils._desired.destination import parse_destinations
from ansible_collections.epinio.registries.plugins.module_utils._options import CONNECTION, OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._reading import auth_files, epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading import catalogue as reading
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.plugins.module_utils._runs import catalogue as runs
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.plugins.plugin_utils import _list_file, _logins
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import ApiServer


def use(remedy):
    """Return the value that a remedy says to use."""
    return ast.literal_eval(re.fullmatch(r"Use ('.*')\.", remedy)[1])


def of_item(option, value, *, using=use, code=None):
    """Follow what is said of an option of a destination."""

    def follow():
        [problem] = parse_destinations([{**builders.item("acme"), option: value}], many=True).problems
        assert (problem.code, problem.option) == (code, option)
        followed = {**builders.item("acme"), option: using(problem.remedy)}
        return parse_destinations([followed], many=True).problems

    return follow


def of_secret(registry, organization):
    """Follow what is said of a destination that somebody else wrote."""

    def read(registry, organization):
        config = builders.docker_config(registry, "robot", "s3cret")
        annotations = {"epinio.io/registry-namespace": organization}
        secret = Secret.from_api(builders.destination_secret("acme", config=config, annotations=annotations))
        return epinio.read(secret, lambda _name: None).problems

    def follow():
        said = {problem.remedy: problem.option for problem in read(registry, organization)}
        [(remedy, option)] = said.items()
        return read(**{"registry": registry, "organization": organization, option: use(remedy)})

    return follow


def of_options(module, args, *, option, using):
    """Follow what is said of the options of a module: the one that is wrong becomes what the remedy names."""

    def shape(given):
        try:
            engine.check_shape(module, given, OPTIONS[module].own, foreign=CONNECTION)
        except Failure as failure:
            return failure.result["problems"]
        return []

    def follow():
        [problem] = shape(args)
        value = args[option]
        rest = {key: one for key, one in args.items() if key != option}
        return shape({**rest, **using(problem["remedy"], value)})

    return follow


def renamed(remedy, value):
    """Return the option that is meant, with the value."""
    return {re.match(r"Did you mean (\w+)\?", remedy)[1]: value}


def into_items(remedy, value):
    """Return a list whose one item has the option that is meant."""
    return {"destinations": [{**builders.item("acme"), **renamed(remedy, value)}]}


def first_choice(remedy, _value):
    return {"verify": re.match(r"Use (\w+) or ", remedy)[1]}


def known_option(remedy, value):
    return {re.search(r"known here: ([\w, ]+)\.", remedy)[1].split(", ")[0]: [value]}


def of_filter(first, *, using):
    """Follow what the filter from_docker_config says."""
    config = json.dumps(builders.docker_config("ghcr.io", "robot", "s3cret"))

    def said(**options):
        try:
            _logins.destinations(config, **options)
        except AnsibleFilterError as error:
            return [str(error)]
        return []

    def follow():
        [message] = said(**first)
        return said(**using(message))

    return follow


def of_lookup():
    """Follow what the lookup says of a term."""
    config = json.dumps(builders.docker_config("ghcr.io", "robot", "s3cret")).encode()
    place = auth_files.Place("auth.json", named="config_file")

    def follow():
        with pytest.raises(auth_files.Refused) as refused:
            auth_files.credentials(["https://ghcr.io"], [place], lambda _path: config, missing_is_empty=False)
        [problem] = refused.value.problems
        term = re.fullmatch(r"Use (\S+)\.", problem.remedy)[1]
        assert auth_files.credentials([term], [place], lambda _path: config, missing_is_empty=False)
        return []

    return follow


def of_identity():
    """Follow what is said of a vault identity that a run does not have."""

    def follow():
        secrets = [("staging", None)]
        with pytest.raises(_list_file.Refused) as refused:
            _list_file.Vault(secrets, "prod")
        known = re.search(r"those that there are: (\w+)\.", refused.value.problem.remedy)[1]
        given = re.search(r"--vault-id (\w+)@", refused.value.problem.remedy)[1]
        assert _list_file.Vault(secrets, known)
        assert _list_file.Vault([*secrets, (given, None)], "prod")
        return []

    return follow


def without(remedy):
    pattern = ast.literal_eval("'" + re.search(r"regex_replace\('(.*?)', ''\)", remedy)[1] + "'")
    return "s3\u200bcret".replace(pattern, "")


def of_context(context):
    """Follow what is said of a context that is missing, or unknown."""

    def follow():
        with ApiServer() as api:
            config = {
                "clusters": [{"name": "c", "cluster": {"server": api.url}}],
                "users": [{"name": "u", "user": {"token": "t0ken"}}],
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
            }
            given = {"kubeconfig": config, "namespace": "epinio", "timeout": 2.0}
            with pytest.raises(cluster.ClusterError) as failed, cluster.connect({**given, "context": context}):
                pass
            known = re.search(r"Set context to one of its contexts: (\w+)\.", str(failed.value))[1]
            with cluster.connect({**given, "context": known}) as connected:
                return connected.list(None)

    return follow


def of_inventory(wanted, excluded):
    """Follow what the inventory says of contexts that are named and not there, or all left out."""

    def follow():
        one = {"name": "prod", "cluster": {"server": "https://a:6443"}}
        files = {Path("config"): {"clusters": [one], "contexts": [{"name": "prod", "context": {"cluster": "prod"}}]}}
        _found, [problem] = contexts.found(files, "kubeconfig", wanted, excluded)
        known = re.search(r"The contexts are: (\w+)\.", problem)[1]
        found, problems = contexts.found(files, "kubeconfig", [known], [])
        assert [one.name for one in found] == ["prod"]
        return problems

    return follow


PASSWORD = {"registry": "ghcr.io", "registry_username": "robot", "registry_password": "s3cret"}
FOLLOWED = {
    "name_invalid": of_item("name", "Acme_One", code="name_invalid"),
    "registry_not_canonical": of_item("registry", "https://index.docker.io/v1/", code="registry_not_canonical"),
    "organization_repeats_registry": of_item(
        "organization", "registry.example.com/acme", code="organization_repeats_registry"
    ),
    "organization_too_deep": of_item("registry", "docker.io/acme", code="organization_too_deep"),
    "organization_invalid:repaired": of_item("organization", "/Acme", code="organization_invalid"),
    "invisible_character": of_item("registry_password", "s3\u200bcret", code="invisible_character", using=without),
    "registry_invalid:repaired": of_secret("ghcr.io/Team", "acme"),
    "registry_not_url:repaired": of_secret("ghcr.io ", "acme"),
    "registry_without_host:repaired": of_secret("ghcr.io/https://", "acme"),
    "option_unknown": of_options(
        "export_registry", {**builders.item("acme"), "organisation": "x"}, option="organisation", using=renamed
    ),
    "option_unknown:within": of_options(
        "export_registries", {"registry_pasword": "s3cret"}, option="registry_pasword", using=into_items
    ),
    "option_unknown:none": of_options(
        "export_registry_info", {"nonsense": "acme"}, option="nonsense", using=known_option
    ),
    "choice_wanted": of_options(
        "export_registry_password", {**PASSWORD, "verify": "after"}, option="verify", using=first_choice
    ),
    "login_not_there": of_filter(
        {"organizations": "acme", "only": ["quay.io"]},
        using=lambda message: {
            "organizations": "acme",
            "only": [ast.literal_eval(re.search(r"there is one for: (\S+)\.", message)[1])],
        },
    ),
    "option_required:organizations": of_filter(
        {"organizations": {}},
        using=lambda message: {"organizations": {ast.literal_eval(re.search(r"as a key (\S+)", message)[1]): "acme"}},
    ),
    "login_host_invalid:repaired": of_lookup(),
    "vault_missing:identity": of_identity(),
    "context_none": of_context(None),
    "context_unknown": of_context("nowhere"),
    "pattern_unmatched": of_inventory(["stag*"], []),
    "contexts_none": of_inventory(["*"], ["*"]),
}
#: Fields that name no value, but where to look.
PLACES = {"option", "secret", "file", "host", "variable", "path", "hint"}
#: What names a form, the options of an inventory, and the same address with https://.
FORMS = {"option_wrong", "setting_unknown", "speaks_https"}


def test_each_remedy_that_names_a_value_is_followed_below():
    named = {
        case
        for catalogue in (desired.CATALOGUE, reading.CATALOGUE, runs.CATALOGUE, sentences._SENTENCES)
        for case, said in catalogue.cases.items()
        if {field for _text, field, _spec, _conversion in string.Formatter().parse(said.remedy)} - PLACES - {None}
    }
    assert named - FORMS == FOLLOWED.keys()


@pytest.mark.parametrize("follow", [pytest.param(follow, id=case) for case, follow in FOLLOWED.items()])
def test_whoever_follows_it_arrives(follow):
    assert list(follow()) == []

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments
from ansible_collections.epinio.registries.plugins.module_utils._options import CONNECTION, OPTIONS
from ansible_collections.epinio.registries.plugins.module_utils._runs import engine
from ansible_collections.epinio.registries.plugins.module_utils._runs.outcome import Failure
from ansible_collections.epinio.registries.tests.support import builders


def said(module, **args):
    return [str(one) for one in arguments.check(args, OPTIONS[module].own, foreign=CONNECTION).problems]


def whole(module, **args):
    """Return the message of a failure, with what is wrong besides the shape."""
    with pytest.raises(Failure) as failure:
        engine.check_shape(module, args, OPTIONS[module].own, foreign=CONNECTION)
    return str(failure.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        pytest.param("password", "registry_password", id="password"),
        pytest.param("token", "registry_password", id="token"),
        pytest.param("username", "registry_username", id="user name"),
        pytest.param("user", "registry_username", id="user"),
        pytest.param("url", "registry", id="address"),
        pytest.param("server", "registry", id="server"),
        pytest.param("host", "registry", id="host"),
        pytest.param("ca", "certificate", id="authority"),
        pytest.param("ca_cert", "certificate", id="authority's certificate"),
        pytest.param("cert", "certificate", id="certificate"),
        pytest.param("org", "organization", id="organization cut short"),
        pytest.param("namespace", "organization", id="namespace of the registry"),
        pytest.param("Registry", "registry", id="upper case"),
        pytest.param("registry-password", "registry_password", id="a hyphen for an underscore"),
        pytest.param("regstry", "registry", id="a letter too few"),
        pytest.param("organisation", "organization", id="British spelling"),
        pytest.param("certificate_secrets", "certificate_secret", id="a plural"),
    ],
)
def test_an_unknown_option_of_an_item(given, meant):
    item = builders.item("ghcr", **{given: "value"})
    assert said("export_registries", destinations=[item]) == [
        f"destinations[0] (ghcr): unknown option {given}. Did you mean {meant}?"
    ]
    del item[given]
    assert said("export_registries", destinations=[{**item, meant: "value"}]) == []


@pytest.mark.parametrize(
    ("module", "args", "expected"),
    [
        pytest.param(
            "export_registry", {"url": "x"}, "ghcr: unknown option url. Did you mean registry?", id="of a single module"
        ),
        pytest.param(
            "export_registry_certificate",
            {"ca": "x"},
            "ghcr: unknown option ca. Did you mean certificate?",
            id="of the certificate's module",
        ),
        pytest.param(
            "export_registry_info", {"nams": "x"}, "ghcr: unknown option nams. Did you mean names?", id="of the reader"
        ),
        pytest.param(
            "export_registry",
            {"kubconfig": "x"},
            "ghcr: unknown option kubconfig. Did you mean kubeconfig?",
            id="of the connection",
        ),
    ],
)
def test_an_unknown_option_of_a_module(module, args, expected):
    assert said(module, name="ghcr", **args) == [expected]


def test_an_option_in_the_wrong_place():
    assert said("export_registries", destinations=[builders.item("a", kubeconfig="x")]) == [
        "destinations[0] (a): unknown option kubeconfig. Put it beside destinations, not into one of its items."
    ]
    assert said("export_registries", registry="ghcr.io") == [
        "unknown option registry. Did you mean registry? It belongs to each item of destinations, behind `- name:`."
    ]
    assert said("export_registries", url="ghcr.io", destinations=[]) == [
        "unknown option url. Did you mean registry? It belongs to each item of destinations, behind `- name:`."
    ]


def test_an_option_that_is_like_no_other():
    (line,) = said("export_registry_info", nonsense=1)
    assert line.startswith("unknown option nonsense. These are known here: names, ")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("s3cret", id="the password"),
        pytest.param("s3cret: x", id="a line of YAML"),
        pytest.param("{", id="a brace"),
        pytest.param("a" * 70, id="a very long word"),
    ],
)
def test_what_may_be_a_secret_is_no_name_of_an_option(key):
    item = {"name": "a", "registry_password": "s3cret", key: None}
    (line,) = said("export_registries", destinations=[item])
    assert line.startswith(
        "destinations[0] (a): unknown option that is not a word. These are known here: name, registry, "
    )


LIST = "Begin each destination with `- name:`; [] means that there is none."
ONE = {"name": "ghcr", "registry": "ghcr.io"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            json.dumps([ONE]),
            "destinations: It is text, where a list of destinations is wanted. Give it as JSON with braces around "
            "(-e '{\"NAME\": [...]}', where -e NAME='[...]' gives text), or make a list of the text with the filter "
            "from_yaml.",
            id="text",
        ),
        pytest.param(
            {"ghcr": {"registry": "ghcr.io"}},
            "destinations: It is a mapping, where a list of destinations is wanted. Begin each destination with "
            "`- name:`; or, if the mapping has to stay, loop with export_registry over what the filter dict2items "
            "makes of it.",
            id="a mapping",
        ),
        pytest.param(
            ONE,
            "destinations: It is one destination, where a list of them is wanted. Begin it with `- name:`, or put it "
            "in brackets.",
            id="one destination",
        ),
        pytest.param(
            None,
            f"destinations: It is missing, null or empty, where a list of destinations is wanted. {LIST}",
            id="null",
        ),
        pytest.param(
            "",
            f"destinations: It is missing, null or empty, where a list of destinations is wanted. {LIST}",
            id="empty",
        ),
        pytest.param(7, f"destinations: It is a number, where a list of destinations is wanted. {LIST}", id="a number"),
        pytest.param(
            [[ONE]],
            "destinations[0]: It is a list, where the options of a destination are wanted. Take one pair of brackets "
            "or one `-` away, or use the filter flatten on the whole list.",
            id="a list in the list",
        ),
        pytest.param(
            ["ghcr"],
            "destinations[0]: It is text, where the options of a destination are wanted. Begin each destination with "
            "`- name:`, and indent its other options as far as `name`.",
            id="text in the list",
        ),
        pytest.param(
            [None],
            "destinations[0]: It is null, where the options of a destination are wanted. Begin each destination with "
            "`- name:`, and indent its other options as far as `name`.",
            id="null in the list",
        ),
    ],
)
def test_the_list(given, expected):
    assert said("export_registries", destinations=given) == [expected]
    assert whole("export_registries", destinations=given) == f"Nothing was written: 1 problem.\n- {expected}"


def test_the_list_is_missing():
    assert said("export_registries") == said("export_registries", destinations=None)
    assert said("export_registry_check") == said("export_registry_check", destinations=None) == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(yaml.safe_load(json.dumps([builders.item("ghcr")])), id="what from_yaml makes of the text"),
        pytest.param([builders.item("ghcr")], id="brackets around one"),
        pytest.param([], id="none"),
        pytest.param(({"name": "a"},), id="a tuple"),
    ],
)
def test_who_follows_the_remedy_arrives(given):
    assert said("export_registries", destinations=given) == []


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        pytest.param("state", "gone", "choice_wanted", id="an unknown state"),
        pytest.param("state", True, "choice_wanted", id="a boolean for a state"),
        pytest.param("state", "", "option_empty", id="an empty state"),
        pytest.param("update_password", "s3cret", "choice_wanted", id="the password for a choice"),
        pytest.param("adopt", "maybe", "boolean_wanted", id="a word for a boolean"),
        pytest.param("recreate", [], "boolean_wanted", id="a list for a boolean"),
        pytest.param("labels", "a=b", "mapping_wanted", id="text for labels"),
        pytest.param("labels", ["a"], "mapping_wanted", id="a list for labels"),
        pytest.param("labels", "", "option_empty", id="empty labels"),
        pytest.param(
            "annotations", {"day": datetime.date(2026, 1, 1)}, "metadata_invalid", id="a date for an annotation"
        ),
        pytest.param("organization", datetime.date(2026, 1, 1), "not_text", id="a date for an organization"),
        pytest.param("certificate", datetime.date(2026, 1, 1), "not_text", id="a date for a certificate"),
        pytest.param("namespace", 10, "not_text", id="a number for a namespace"),
        pytest.param("namespace", " ", "option_empty", id="a blank for a namespace"),
        pytest.param("timeout", "soon", "number_wanted", id="a word for a number"),
        pytest.param("timeout", True, "number_wanted", id="a boolean for a number"),
        pytest.param("timeout", 0, "number_wanted", id="no time"),
        pytest.param("timeout", -1.5, "number_wanted", id="less than no time"),
        pytest.param("timeout", "nan", "number_wanted", id="what is no number"),
        pytest.param("timeout", "inf", "number_wanted", id="for ever"),
        pytest.param("timeout", 86401, "number_wanted", id="more than a day"),
        pytest.param("namespace", "epinio\u200b", "invisible_character", id="a zero-width space in a namespace"),
        pytest.param("namespace", " epinio", "invisible_character", id="a blank before a namespace"),
    ],
)
def test_values_of_another_shape(option, value, code):
    args = builders.item("acme", **{option: value})
    found = arguments.check(args, OPTIONS["export_registry"].own).problems
    assert [(one.code, one.name, one.option) for one in found] == [(code, "acme", option)]
    assert "s3cret" not in str(found[0])


@pytest.mark.parametrize("option", ["names", "fail_on"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("", "option_empty", id="nothing"),
        pytest.param([""], "option_empty", id="an empty name"),
        pytest.param([8], "not_text", id="a number among them"),
        pytest.param([None], "not_text", id="null among them"),
        pytest.param([["a"]], "not_text", id="a list among them"),
        pytest.param(8, "names_wanted", id="a number"),
        pytest.param({"a": "b"}, "names_wanted", id="a mapping"),
    ],
)
def test_lists_of_names(option, value, code):
    found = arguments.check({option: value}, OPTIONS["export_registry_check"].own).problems
    assert [(one.code, one.option) for one in found] == [(code, option)]


@pytest.mark.parametrize(
    ("module", "option", "value"),
    [
        pytest.param("export_registries", "prune_except", ["acme\ufeff"], id="what prune would not spare"),
        pytest.param("export_registries", "prune_except", "acme,beta\u00a0", id="in a text with commas"),
        pytest.param("export_registries_file", "dest", "list.yml\u200b", id="a file that nobody finds"),
        pytest.param("export_registries_file", "vault_id", "prod ", id="a vault identity"),
        pytest.param("export_registries_file", "names", ["\u200eacme"], id="names of a file"),
        pytest.param("export_registry_password", "names", ["acme\u2060"], id="names of a rotation"),
        pytest.param("export_registry_check", "name", "acme\ufeff", id="by its alias"),
        pytest.param("export_registries_report", "previous", "\ufeffa.json", id="a report"),
    ],
)
def test_what_nobody_sees_is_refused_in_every_text(module, option, value):
    given = {"destinations": [], "dest": "a", "inputs": [], option: value}
    spec = OPTIONS[module].own
    found = arguments.check({key: one for key, one in given.items() if key in spec or key == option}, spec).problems
    assert [one.code for one in found] == ["invisible_character"]


@pytest.mark.parametrize("module", OPTIONS)
def test_an_unquoted_number_is_refused_in_every_text_of_every_module(module):
    spec = OPTIONS[module].own
    for option, declared in spec.items():
        if declared.get("type") in ("str", "path") or declared.get("elements") == "str":
            value = [1402434204] if declared.get("elements") else 750
            problems = arguments.check({option: value}, spec).problems
            codes = {one.code for one in problems if one.option == option}
            assert codes == {"choice_wanted" if "choices" in declared and not declared.get("elements") else "not_text"}


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        pytest.param("validate_certs", "banana", "It is neither true nor false.", id="no boolean"),
        pytest.param("verify_ssl", "banana", "It is neither true nor false.", id="by its alias"),
        pytest.param("proxy_headers", "a", "It is text, where a mapping of keys and texts is wanted.", id="no mapping"),
        pytest.param(
            "impersonate_groups", {"a": "b"}, "It is a mapping, where a list of names is wanted.", id="no list"
        ),
        pytest.param("impersonate_groups", [5], "It is a number, not text", id="a number in the list"),
    ],
)
def test_the_shape_of_an_option_of_the_connection(option, value, expected):
    (line,) = said("export_registry_info", **{option: value})
    assert line.startswith(f"{option}: {expected}")


@pytest.mark.parametrize("option", CONNECTION)
def test_an_option_of_the_connection_that_is_empty_counts_as_not_given(option):
    assert said("export_registry_info", **{option: ""}) == said("export_registry_info", **{option: None}) == []


def test_what_is_required_is_asked_for_with_all_else():
    assert said("export_registries_file", passwords="clear") == [
        "passwords: It does not take this value. Use vault or placeholder.",
        "dest: It is missing or empty. Set dest.",
    ]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("state", None, id="null for a state"),
        pytest.param("adopt", "yes", id="a word for true"),
        pytest.param("adopt", 1, id="a number for true"),
        pytest.param("recreate", False, id="false"),
        pytest.param("timeout", "30", id="a number as text"),
        pytest.param("timeout", 0.5, id="half a second"),
        pytest.param("labels", {}, id="no labels"),
        pytest.param("certificate", None, id="null for a certificate"),
        pytest.param("certificate", ["a list is for the check of certificates to judge"], id="a list of certificates"),
    ],
)
def test_what_ansible_takes_is_taken(option, value):
    assert said("export_registry", **builders.item("acme", **{option: value})) == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("acme,beta", id="text with commas"),
        pytest.param(["acme"], id="a list"),
        pytest.param([], id="an empty list"),
        pytest.param(None, id="null"),
    ],
)
def test_names_are_taken(value):
    assert said("export_registry_info", names=value) == said("export_registry_info", name=value) == []


def test_all_problems_at_once():
    items = [
        {"name": "one", "registry": "ghcr.io", "organization": "a", "username": "robot", "password": "s3cret"},
        "two",
        builders.item("Three"),
    ]
    lines = whole("export_registries", destinations=items, prune="perhaps").splitlines()
    assert [line.partition(".")[0] for line in lines] == [
        "Nothing was written: 5 problems",
        "- prune: It is neither true nor false",
        "- destinations[0] (one): unknown option username",
        "- destinations[0] (one): unknown option password",
        "- destinations[1]: It is text, where the options of a destination are wanted",
        lines[5].partition(".")[0],
    ]
    assert lines[5].startswith("- destinations[2] (Three), name: ")
    assert "s3cret" not in "".join(lines)


@pytest.mark.parametrize(
    ("module", "begin"),
    [
        pytest.param("export_registry_check", "Nothing was checked: 1 problem.", id="nothing is checked"),
        pytest.param("export_registry_info", "Nothing was read: 1 problem.", id="nothing is read"),
        pytest.param("export_registry_certificate", "Nothing was written: 3 problems.", id="nothing is written"),
    ],
)
def test_what_was_not_done(module, begin):
    assert whole(module, nonsense=1).startswith(begin)

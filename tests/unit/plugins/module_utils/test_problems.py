# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import string

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Problem, Sentences, quoted

CATALOGUE = Catalogue(
    {
        "a:b": Sentences("The path {value!a} of the {kind} {secret!r} is of {subject!s}.", "Use {better!a} as path."),
    }
)
WINGS = ("_desired", "_reading", "_runs", "_audit")


def problem(**fields):
    given = {"value": "path", "kind": "path", "secret": "the-path", "subject": "CN=path", "better": "a/path", **fields}
    return CATALOGUE.problem("a:b", name="path", option="path", **given)


def test_what_others_wrote_is_masked_and_our_words_are_not():
    shown = problem().masked(Mask(["path"]))
    assert shown.message == "The path '********' of the path 'the-********' is of CN=********."
    assert shown.remedy == "Use 'a/********' as path."
    assert (shown.code, shown.name, shown.option) == ("a", "********", "path")


def test_without_a_secret_in_it_it_stays_as_it_is():
    assert problem().masked(Mask(["other"])) == problem()


@pytest.mark.parametrize(
    ("value", "secret", "shown"),
    [
        pytest.param("it's", "'", 'It is "it********s".', id="a quote that is one of the value's own"),
        pytest.param("a\x1bb", "other", r"It is 'a\x1bb'.", id="what a terminal would take for a command"),
        pytest.param("\u0142", "\u0142", "It is '********'.", id="a letter that stands escaped"),
        pytest.param(5, "5", "It is ********.", id="no text"),
        pytest.param("x" * 90, "xx", "It is (a value of 92 characters).", id="a value that is too long"),
    ],
)
def test_a_value_in_quotes(value, secret, shown):
    said = Catalogue({"a": Sentences("It is {value!a}.", "")}).problem("a", value=value)
    assert said.masked(Mask([secret])).message in (shown, shown.replace('"', "'"))


def test_a_place_is_printable():
    assert str(Problem("a", "It is.", "Do.", index=1, name="x\x1b[2J\r\ny")) == "destinations[1] (x [2J y): It is. Do."


def test_what_a_problem_read_from_a_document_says_stays():
    assert Problem("a", "{value!a}", "").masked(Mask(["a"])).message == "{value!a}"


def test_a_value_is_quoted_with_a_conversion_wherever_it_is_named():
    """Fields that hold what people wrote; without a conversion they would not be masked."""
    theirs = {"value", "better", "secret", "key", "registry", "label"}
    for wing in WINGS:
        name = f"ansible_collections.epinio.registries.plugins.module_utils.{wing}.catalogue"
        for case, said in importlib.import_module(name).CATALOGUE.cases.items():
            for text in (said.message, said.remedy):
                bare = {field for _text, field, _spec, how in string.Formatter().parse(text) if field and not how}
                assert not bare & (theirs - {"secret"} if "kubectl edit secret {secret}" in text else theirs), case


def test_quoted():
    assert quoted("a'b") == '"a\'b"'

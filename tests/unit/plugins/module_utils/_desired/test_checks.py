# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of the options of one item, each by itself."""

from __future__ import annotations

import datetime
import json
import re

import jinja2
import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.options import problems


def text(**options):
    (problem,) = destination.parse_destinations([builders.item("acme", **options)], many=True).problems
    return str(problem)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            {"registry": None},
            "destinations[0] (acme), registry: It is missing or empty. Set registry.",
            id="no registry",
        ),
        pytest.param(
            {"organization": ""},
            "destinations[0] (acme), organization: It is missing or empty. Set organization.",
            id="an empty organization",
        ),
        pytest.param(
            {"registry": "https://Registry.example.com/"},
            "destinations[0] (acme), registry: 'https://Registry.example.com/' has https:// before the host. "
            "Use 'registry.example.com'.",
            id="a scheme and upper case",
        ),
        pytest.param(
            {"registry": "https://"},
            "destinations[0] (acme), registry: 'https://' has https:// before the host. "
            "Use the registry's host name: host[:port][/path], in lower case, without scheme.",
            id="a scheme alone",
        ),
        pytest.param(
            {"registry_password": 123},
            "destinations[0] (acme), registry_password: It is a number, not text: YAML reads 0123 as 83, 12:30 as 750 "
            "and 1e3 as 1000, so what you wrote is lost. Put it in quotes where it is written.",
            id="a number for a password",
        ),
        pytest.param(
            {"registry_password": "s3cret\n"},
            "destinations[0] (acme), registry_password: It begins or ends with a control character, mostly "
            "the line end of a file. Remove it with the filter trim.",
            id="a line end behind the password",
        ),
        pytest.param(
            {"registry_password": "a\0b"},
            "destinations[0] (acme), registry_password: It holds a control character, which registries, Helm and "
            "skopeo do not read in the same way. Remove it, and check how the value was read. Line ends alone are "
            "allowed, and only within a password.",
            id="NUL within the password",
        ),
        pytest.param(
            {"registry_password": "\udc80"},
            "destinations[0] (acme), registry_password: It cannot be written as UTF-8. Check how the value was read.",
            id="a password that is no UTF-8",
        ),
        pytest.param(
            {"registry_username": "a:b"},
            "destinations[0] (acme), registry_username: It holds a colon; everything behind the colon would become "
            "part of the password (RFC 7617). Use the user name that the registry gave, without a colon.",
            id="a colon in the user name",
        ),
        pytest.param(
            {"labels": {"epinio.io/x": "y"}},
            "destinations[0] (acme), labels: 'epinio.io/x' belongs to Epinio or to this collection. Remove it.",
            id="a label of Epinio",
        ),
        pytest.param(
            {"labels": {"tier": "no spaces"}},
            "destinations[0] (acme), labels: The value of 'tier' is not a label value. "
            "Use at most 63 letters, digits, '-', '_' and '.', or an annotation.",
            id="a label's value with a blank",
        ),
        pytest.param(
            {"annotations": {"a b": "x"}},
            "destinations[0] (acme), annotations: 'a b' is not a Kubernetes key. "
            "Use [prefix/]name, the name at most 63 letters, digits, '-', '_' and '.'.",
            id="an annotation's key with a blank",
        ),
        pytest.param(
            {"annotations": {"a": 1}},
            "destinations[0] (acme), annotations: The value of 'a' is a number, not text. "
            "Put it in quotes where it is written.",
            id="a number for an annotation",
        ),
        pytest.param(
            {"annotations": {"a": ["x" * 300_000]}},
            "destinations[0] (acme), annotations: The value of 'a' is a list, not text. "
            "Make text of it, with the filter to_json.",
            id="a list for an annotation",
        ),
        pytest.param(
            {"annotations": {"a": "x" * 300_000}},
            "destinations[0] (acme), annotations: They hold 300001 bytes; 262144 are allowed. Shorten them.",
            id="annotations above the limit",
        ),
        pytest.param(
            {"certificate_secret": "Company"},
            "destinations[0] (acme), certificate_secret: 'Company' has upper-case letters. Use 'company'.",
            id="upper case in the certificate secret",
        ),
    ],
)
def test_texts(options, expected):
    assert text(**options) == expected


TEXTS = ["name", "registry", "organization", "registry_username", "registry_password", "certificate"]
TEXTS += ["certificate_secret"]


@pytest.mark.parametrize("option", TEXTS)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(0o12345671234, id="a number"),
        pytest.param(12 * 60 + 30, id="a time"),
        pytest.param(1.1, id="a version"),
        pytest.param(True, id="a boolean"),
        pytest.param(datetime.date(2026, 11, 27), id="a date"),
        pytest.param(datetime.datetime(2026, 11, 27, 1, tzinfo=datetime.timezone.utc), id="a date with a time"),
        pytest.param(["a"], id="a list"),
        pytest.param({"a": "b"}, id="a mapping"),
    ],
)
def test_what_is_no_text_is_refused_in_every_option(option, value):
    name = None if option == "name" else "acme"
    code = "certificate_not_pem" if option == "certificate" and isinstance(value, list) else "not_text"
    assert problems({**builders.item("acme"), option: value}) == [(code, 0, name, option)]


@pytest.mark.parametrize(
    ("value", "way"),
    [
        pytest.param(["s3cret", "other"], "first", id="an item of a list"),
        pytest.param(["s3cret", "other"], "join(',')", id="all items of a list"),
        pytest.param({"a": "b"}, "to_json", id="JSON of a mapping"),
        pytest.param("s3cret ", "trim", id="a blank"),
        pytest.param("\u00a0s3cret", r"regex_replace('\u00a0', '')", id="a no-break space"),
        pytest.param("\ufeffs3cret", r"regex_replace('\ufeff', '')", id="a byte order mark"),
        pytest.param("s3\u200bcret", r"regex_replace('\u200b', '')", id="a zero-width space"),
        pytest.param("s3cret\U000e0020", r"regex_replace('\U000e0020', '')", id="a tag"),
        pytest.param("s3cret\n", "trim", id="a line end"),
    ],
)
def test_who_follows_the_remedy_arrives(value, way):
    said = destination.parse_destinations([builders.item("acme", registry_password=value)], many=True).problems
    assert len(said) == 1
    filters = {"regex_replace": lambda text, old, new: re.sub(old, new, text), "to_json": json.dumps}
    environment = jinja2.Environment(autoescape=False)
    environment.filters.update(filters)
    made = environment.from_string("{{ value | " + way + " }}").render(value=value)
    assert problems(builders.item("acme", registry_password=made)) == []
    assert way.partition("(")[0] in said[0].remedy


@pytest.mark.parametrize("option", ["registry_username", "registry_password", "name", "registry", "organization"])
@pytest.mark.parametrize(
    ("template", "where"),
    [
        pytest.param("{}acme", "begins with", id="at the beginning"),
        pytest.param("ac{}me", "holds", id="within"),
        pytest.param("acme{}", "ends with", id="at the end"),
    ],
)
@pytest.mark.parametrize(
    ("character", "named"),
    [
        pytest.param("\ufeff", "byte order mark (U+FEFF)", id="byte order mark"),
        pytest.param("\u200b", "zero width space (U+200B)", id="zero width space"),
        pytest.param("\xa0", "no-break space (U+00A0)", id="no-break space"),
        pytest.param("\u3000", "ideographic space (U+3000)", id="ideographic space"),
        pytest.param("\xad", "soft hyphen (U+00AD)", id="soft hyphen"),
        pytest.param("\u202e", "right-to-left override (U+202E)", id="right-to-left override"),
        pytest.param("\u2028", "line separator (U+2028)", id="line separator"),
        pytest.param("\x85", "control character (U+0085)", id="control character"),
        pytest.param("\u3164", "hangul filler (U+3164)", id="hangul filler"),
    ],
)
def test_what_nobody_sees_is_named(option, template, where, character, named):
    value = template.format(character)
    [problem] = destination.parse_destinations([{**builders.item("acme"), option: value}], many=False).problems
    assert (problem.code, problem.option) == ("invisible_character", option)
    assert problem.message == f"It {where} an invisible character: {named}."


@pytest.mark.parametrize("option", ["registry_username", "registry_password", "organization", "certificate_secret"])
@pytest.mark.parametrize(
    ("value", "where"),
    [pytest.param(" acme", "begins with", id="before"), pytest.param("acme ", "ends with", id="behind")],
)
def test_a_blank_at_an_end(option, value, where):
    [problem] = destination.parse_destinations([builders.item("x", **{option: value})], many=False).problems
    assert str(problem) == f"x, {option}: It {where} an invisible blank. Remove it, for instance with the filter trim."


@pytest.mark.parametrize("option", ["labels", "annotations"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="a boolean"),
        pytest.param("a=b", id="text"),
        pytest.param(["a"], id="a list"),
        pytest.param(5, id="a number"),
    ],
)
def test_labels_and_annotations_are_mappings(option, value):
    assert problems(builders.item("acme", **{option: value})) == [("mapping_wanted", 0, "acme", option)]


def test_a_blank_within_a_password_is_one_of_its_letters():
    assert problems(builders.item("acme", registry_password="a pass phrase")) == []


@pytest.mark.parametrize(
    "value", [pytest.param("", id="nothing"), pytest.param(" ", id="a blank"), pytest.param("\n", id="a line end")]
)
@pytest.mark.parametrize("option", ["certificate", "certificate_secret"])
def test_what_is_empty_does_not_mean_none(option, value):
    assert problems(builders.item("acme", **{option: value})) == [("option_empty", 0, "acme", option)]
    assert problems(builders.item("acme", **{option: None})) == []


@pytest.mark.parametrize("option", ["registry_username", "registry_password"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("\x00", "control_character", id="NUL alone"),
        pytest.param("a\x1fb", "control_character", id="control character within"),
        pytest.param("a\tb", "control_character", id="tab within"),
        pytest.param("a\nb\x7f", "control_character", id="DEL behind a line end"),
        pytest.param("a\n", "control_character", id="line end of a file"),
        pytest.param("a\r\n", "control_character", id="line end of a file from Windows"),
        pytest.param("\na", "control_character", id="empty first line"),
        pytest.param("a\n b\n  ", "control_character", id="line end and blanks at the end"),
        pytest.param(1.5, "not_text", id="number"),
    ],
)
def test_user_name_and_password(option, value, code):
    assert problems(builders.item("acme", **{option: value})) == [(code, 0, "acme", option)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a\nb", id="line feed"),
        pytest.param("a\r\nb", id="carriage return and line feed"),
        pytest.param("a\rb", id="carriage return"),
    ],
)
def test_a_user_name_is_one_line(value):
    assert problems(builders.item("acme", registry_username=value)) == [
        ("control_character", 0, "acme", "registry_username")
    ]


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        pytest.param("a\n", "Remove it with the filter trim.", id="end"),
        pytest.param("\r\n a\tb \n", "Remove it with the filter trim.", id="both ends"),
    ],
)
def test_who_trims_what_is_to_be_trimmed_is_not_told_so_again(value, remedy):
    def found(password):
        item = builders.item("acme", registry_password=password)
        return [problem.remedy for problem in destination.parse_destinations([item], many=True).problems]

    assert found(value) == [remedy]
    assert remedy not in found(value.strip())

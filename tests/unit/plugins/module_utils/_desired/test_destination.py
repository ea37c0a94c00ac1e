# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import datetime
import json
import re

import jinja2
import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination, secrets
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import Secret
from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import given, settings
from hypothesis import strategies as st

CA, OTHER_CA = builders.authority("CA one"), builders.authority("CA two")


def problems(*items):
    found = destination.parse_destinations(list(items), many=True).problems
    return [(problem.code, problem.index, problem.name, problem.option) for problem in found]


def text(**options):
    (problem,) = destination.parse_destinations([builders.item("acme", **options)], many=True).problems
    return str(problem)


def test_a_valid_destination():
    parsed = destination.parse_destinations(
        [builders.item("acme", certificate=CA, labels={"a": "b"}, update_password="on_create")], many=True
    )
    assert (parsed.problems, parsed.warnings) == ([], [])
    (item,) = parsed.items
    assert (item.index, item.name, item.certificate_secret) == (0, "acme", "acme-certificate")
    assert (item.keep_password, item.labels, item.annotations) == (True, {"a": "b"}, {})
    assert "s3cret" not in repr(item)


def test_a_single_destination_has_no_index():
    (item,) = destination.parse_destinations([builders.item("acme")], many=False).items
    assert item.index is None
    found = destination.parse_destinations([builders.item("acme", registry="")], many=False).problems
    assert str(found[0]) == "acme, registry: It is missing or empty. Set registry."


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
            "and 1e3 as 1000, and nobody can tell what was written. Put it in quotes where it is written.",
            id="a number for a password",
        ),
        pytest.param(
            {"registry_password": "s3cret\n"},
            "destinations[0] (acme), registry_password: It begins or ends with a control character, most of the time "
            "the line end of a file. Remove it with the filter trim.",
            id="a line end behind the password",
        ),
        pytest.param(
            {"registry_password": "a\0b"},
            "destinations[0] (acme), registry_password: It holds a control character, which registries, Helm and "
            "skopeo do not read alike. Remove it, and check how the value was read. Line ends alone are allowed, and "
            "only within a password.",
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


HUB = "is Docker Hub, which is named docker.io here"
API, PAGE = "is the address of an API", "is the address of a web page"
IMAGE = "is an image, with its tag or digest"


@pytest.mark.parametrize(
    ("registry", "fault", "better"),
    [
        pytest.param("https://index.docker.io/v1/", HUB, "docker.io", id="Docker's own key for Docker Hub"),
        pytest.param("index.docker.io", HUB, "docker.io", id="the index of Docker Hub"),
        pytest.param("index.docker.io/v1/", HUB, "docker.io", id="the index with a path"),
        pytest.param("registry-1.docker.io", HUB, "docker.io", id="the host that serves Docker Hub"),
        pytest.param("https://registry-1.docker.io/v2/", HUB, "docker.io", id="the API of Docker Hub"),
        pytest.param("hub.docker.com", HUB, "docker.io", id="the site of Docker Hub"),
        pytest.param("docker.com", HUB, "docker.io", id="the site of Docker"),
        pytest.param("Docker.com", HUB, "docker.io", id="the site of Docker in upper case"),
        pytest.param("hub.docker.com/r/acme/app", HUB, "docker.io", id="a page of Docker Hub"),
        pytest.param(
            "https://hub.docker.com/repositories/acme?tab=1", HUB, "docker.io", id="a page of Docker Hub with a query"
        ),
        pytest.param("registry.hub.docker.com", HUB, "docker.io", id="the old name of Docker Hub"),
        pytest.param("https://docker.io", "has https:// before the host", "docker.io", id="a scheme before docker.io"),
        pytest.param("DOCKER.IO", "has upper-case letters", "docker.io", id="docker.io in upper case"),
        pytest.param("docker.io/library/nginx:1.27", IMAGE, "docker.io", id="an image of Docker Hub"),
        pytest.param("https://harbor.example.com/api/v2.0", API, "harbor.example.com", id="the API of Harbor"),
        pytest.param(
            "https://registry.example.com:5000/v2/", API, "registry.example.com:5000", id="the API behind a port"
        ),
        pytest.param("registry.example.com/v2", API, "registry.example.com", id="the API without a scheme"),
        pytest.param(
            "https://acme.example.com/artifactory/api/docker/local/v2",
            API,
            "acme.example.com",
            id="the API of Artifactory",
        ),
        pytest.param(
            "https://harbor.example.com/harbor/projects/5/repositories",
            PAGE,
            "harbor.example.com",
            id="a page of Harbor",
        ),
        pytest.param("https://quay.io/repository/acme/app?tab=tags", PAGE, "quay.io", id="a page of Quay"),
        pytest.param("https://github.com/orgs/acme/packages", PAGE, "ghcr.io", id="a page of GitHub"),
        pytest.param("gitlab.com", PAGE, "registry.gitlab.com", id="the site of GitLab"),
        pytest.param("ghcr.io/acme/app:1.0", IMAGE, "ghcr.io", id="an image with a tag"),
        pytest.param(f"ghcr.io/acme/app@sha256:{'0' * 64}", IMAGE, "ghcr.io", id="an image with a digest"),
        pytest.param("docker pull ghcr.io/acme/app:1.0", "is a command", "ghcr.io", id="docker pull"),
        pytest.param("docker login registry.example.com", "is a command", "registry.example.com", id="docker login"),
        pytest.param("helm push chart.tgz oci://ghcr.io/acme", "is a command", "ghcr.io/acme", id="helm push"),
        pytest.param("oci://ghcr.io", "has oci:// before the host", "ghcr.io", id="the scheme of Helm"),
        pytest.param("HTTPS://ghcr.io", "has HTTPS:// before the host", "ghcr.io", id="a scheme in upper case"),
        pytest.param("ghcr.io/", "ends with a slash", "ghcr.io", id="a slash behind"),
        pytest.param(
            "Registry.example.com/Team",
            "has upper-case letters",
            "registry.example.com/team",
            id="upper case in host and path",
        ),
        pytest.param("ghcr.io\n", "has white space at an end", "ghcr.io", id="a line end behind"),
    ],
)
def test_a_registry_is_named_as_what_it_is_and_the_remedy_arrives(registry, fault, better):
    [problem] = destination.parse_destinations([builders.item("x", registry=registry)], many=False).problems
    assert (problem.code, problem.option) == ("registry_not_canonical", "registry")
    quoted = "(a value of 81 characters)" if len(ascii(registry)) > 80 else ascii(registry)
    assert problem.message.partition(" ")[0] == quoted.partition(" ")[0]
    assert (problem.message.endswith(f" {fault}."), problem.remedy) == (True, f"Use {better!r}.")
    assert problems(builders.item("x", registry=better)) == []


@pytest.mark.parametrize(
    "registry",
    [
        pytest.param("robot:s3cret@ghcr.io", id="a user name and a password"),
        pytest.param("https://robot:s3cret@ghcr.io/acme", id="with a scheme and a path"),
        pytest.param("s3cret@ghcr.io", id="a password alone"),
        pytest.param("robot:pa/s3cret@ghcr.io", id="a slash in the password"),
        pytest.param("robot:s3@cret@ghcr.io", id="an at sign in the password"),
        pytest.param("docker login https://robot:s3cret@ghcr.io", id="in a command"),
        pytest.param(f"robot:s3cret@ghcr.io/app@sha256:{'0' * 64}", id="in an image with a digest"),
        pytest.param("robot:s3cret@", id="nothing behind them"),
    ],
)
def test_a_secret_in_an_address_is_never_quoted(registry):
    for options in ({"registry": registry}, {"organization": registry}):
        item = builders.item("x", **options, registry_password="other")
        [problem] = destination.parse_destinations([item], many=False).problems
        assert not any(part in str(problem) for part in ("s3", "cret", "robot", "pa/"))
        assert "'@'" in problem.message


@pytest.mark.parametrize(
    ("registry", "organization", "code", "option", "better"),
    [
        pytest.param(
            "docker.io/acme", "acme", "organization_too_deep", "registry", "docker.io", id="Docker Hub with a path"
        ),
        pytest.param(
            "docker.io",
            "acme/exports",
            "organization_too_deep",
            "organization",
            "acme",
            id="Docker Hub with an organization of two parts",
        ),
        pytest.param(
            "ghcr.io",
            "ghcr.io/acme",
            "organization_repeats_registry",
            "organization",
            "acme",
            id="the registry repeated",
        ),
        pytest.param(
            "ghcr.io",
            "https://ghcr.io/acme/team",
            "organization_repeats_registry",
            "organization",
            "acme/team",
            id="the registry repeated with a scheme",
        ),
        pytest.param(
            "docker.io",
            "docker.io/acme",
            "organization_repeats_registry",
            "organization",
            "acme",
            id="Docker Hub repeated",
        ),
        pytest.param(
            "a.b:5000/team",
            "a.b:5000/acme",
            "organization_repeats_registry",
            "organization",
            "acme",
            id="the host repeated without the registry's path",
        ),
        pytest.param("ghcr.io", "Acme", "organization_invalid", "organization", "acme", id="upper case"),
        pytest.param(
            "ghcr.io", "/acme//team/", "organization_invalid", "organization", "acme/team", id="slashes too many"
        ),
        pytest.param(
            "registry.example.com/team_",
            "acme",
            "organization_invalid",
            "registry",
            None,
            id="an underscore at the end of the registry's path",
        ),
        pytest.param("ghcr.io", "a___b", "organization_invalid", "organization", None, id="three underscores in a row"),
        pytest.param("ghcr.io", "a b", "organization_invalid", "organization", None, id="a blank"),
        pytest.param(
            "ghcr.io",
            "https://other.example/acme",
            "registry_without_host",
            "organization",
            None,
            id="another registry before the organization",
        ),
        pytest.param("300.1.1.1", "acme", "registry_no_address", "registry", None, id="no IPv4 address"),
        pytest.param("a_b.example", "acme", "registry_underscore", "registry", None, id="an underscore in the host"),
        pytest.param("a.b:65536", "acme", "registry_port_invalid", "registry", None, id="a port above 65535"),
    ],
)
def test_the_option_that_holds_the_fault_is_blamed(registry, organization, code, option, better):
    given = {"registry": registry, "organization": organization}
    [problem] = destination.parse_destinations([builders.item("x", **given)], many=False).problems
    assert (problem.code, problem.option) == (code, option)
    assert (problem.remedy == f"Use {better!r}.") is (better is not None)
    if better is not None:
        assert problems(builders.item("x", **{**given, option: better})) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("Acme", "'Acme' has upper-case letters. Use 'acme'.", id="upper case"),
        pytest.param("acme_prod", "'acme_prod' has an underscore. Use 'acme-prod'.", id="an underscore"),
        pytest.param("acme prod", "'acme prod' has white space. Use 'acme-prod'.", id="a blank"),
        pytest.param("-acme", "'-acme' has a part that begins with '.', '_' or '-'. Use 'acme'.", id="a hyphen first"),
        pytest.param(
            "acme/prod",
            "'acme/prod' has a slash. Use lower-case letters, digits, '-' and '.', beginning and ending with a letter "
            "or digit.",
            id="a slash",
        ),
    ],
)
def test_a_name_that_kubernetes_does_not_take(name, said):
    [problem] = destination.parse_destinations([builders.item(name)], many=False).problems
    assert f"{problem.message} {problem.remedy}" == said


HOST_NAME = "Use the registry's host name: host[:port][/path], in lower case, without scheme."


@pytest.mark.parametrize(
    ("registry", "organization", "expected", "remedies"),
    [
        pytest.param(
            "https://a.b",
            "Team",
            ["registry_not_canonical", "organization_invalid"],
            ["Use 'a.b'."],
            id="a scheme, and upper case",
        ),
        pytest.param(
            "https://a.b",
            "",
            ["option_required", "registry_not_canonical"],
            ["Use 'a.b'."],
            id="a scheme, and no organization",
        ),
        pytest.param(
            "https://",
            "Team",
            ["registry_not_canonical", "organization_invalid"],
            [HOST_NAME],
            id="a scheme alone, and upper case",
        ),
        pytest.param(
            "HTTPS://a_b:x",
            "Team",
            ["registry_not_canonical", "organization_invalid"],
            [HOST_NAME],
            id="a scheme before a wrong port, and upper case",
        ),
        pytest.param("a b", "Team", ["registry_not_url", "organization_invalid"], [], id="no URL, and upper case"),
        pytest.param(
            "registry",
            "Team",
            ["organization_invalid", "registry_not_qualified"],
            [],
            id="an unqualified host, and upper case",
        ),
        pytest.param("", "Team", ["option_required", "organization_invalid"], [], id="no registry, and upper case"),
        pytest.param(
            "registry",
            "",
            ["option_required", "registry_not_qualified"],
            [],
            id="an unqualified host, and no organization",
        ),
    ],
)
def test_neither_registry_nor_organization_hides_what_is_wrong_with_the_other(
    registry, organization, expected, remedies
):
    item = builders.item("acme", registry=registry, organization=organization)
    found = destination.parse_destinations([item], many=True).problems
    assert [problem.code for problem in found] == expected
    assert [problem.remedy for problem in found if problem.code == "registry_not_canonical"] == remedies


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        pytest.param(None, {}, [("option_required", 0, None, "name")], id="no name"),
        pytest.param("", {}, [("option_required", 0, "", "name")], id="an empty name"),
        pytest.param("Upper", {}, [("name_invalid", 0, "Upper", "name")], id="upper case"),
        pytest.param("a_b", {}, [("name_invalid", 0, "a_b", "name")], id="an underscore"),
        pytest.param("a..b", {}, [("name_invalid", 0, "a..b", "name")], id="two dots in a row"),
        pytest.param("-a", {}, [("name_invalid", 0, "-a", "name")], id="a hyphen first"),
        pytest.param("a\n", {}, [("name_invalid", 0, "a\n", "name")], id="a line end"),
        pytest.param("a" * 254, {}, [("name_too_long", 0, "a" * 254, "name")], id="longer than a name may be"),
        pytest.param("a" * 253, {}, [], id="as long as a name may be"),
        pytest.param("a" * 241, {"certificate": CA}, [], id="as long as a name with a certificate may be"),
        pytest.param(
            "a" * 242,
            {"certificate": CA},
            [("name_too_long", 0, "a" * 242, "name")],
            id="longer than a name with a certificate may be",
        ),
        pytest.param(
            "a" * 242, {"certificate": CA, "certificate_secret": "ca"}, [], id="a certificate secret of another name"
        ),
        pytest.param("registry-creds", {}, [("name_reserved", 0, "registry-creds", "name")], id="Epinio's own secret"),
        pytest.param(
            "registry-creds",
            {"state": "absent"},
            [("name_reserved", 0, "registry-creds", "name")],
            id="Epinio's own secret, to be removed",
        ),
        pytest.param(
            "acme",
            {"certificate_secret": "registry-creds"},
            [("name_reserved", 0, "acme", "certificate_secret")],
            id="Epinio's own secret for the certificate",
        ),
        pytest.param(
            "acme",
            {"certificate_secret": "acme"},
            [("secret_conflict", 0, "acme", "certificate_secret")],
            id="one secret for both",
        ),
    ],
)
def test_names(name, options, expected):
    assert problems(builders.item(name, **options)) == expected


def test_absent_needs_a_name_only():
    assert problems({"name": "acme", "state": "absent"}) == []


def test_all_problems_of_the_whole_list_at_once():
    bad = builders.item("two", registry="", organization="", registry_username=None, registry_password="")
    assert problems(builders.item("One"), bad, builders.item("three", certificate="no PEM"), builders.item("two"))[
        :6
    ] == [
        ("name_invalid", 0, "One", "name"),
        ("option_required", 1, "two", "registry"),
        ("option_required", 1, "two", "organization"),
        ("option_required", 1, "two", "registry_username"),
        ("option_required", 1, "two", "registry_password"),
        ("certificate_not_pem", 2, "three", "certificate"),
    ]
    assert problems(bad, builders.item("two"))[-1] == ("name_duplicate", 1, "two", "name")


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
    assert problem.message == f"It {where} a character that nobody sees: {named}."


@pytest.mark.parametrize("option", ["registry_username", "registry_password", "organization", "certificate_secret"])
@pytest.mark.parametrize(
    ("value", "where"),
    [pytest.param(" acme", "begins with", id="before"), pytest.param("acme ", "ends with", id="behind")],
)
def test_a_blank_at_an_end(option, value, where):
    [problem] = destination.parse_destinations([builders.item("x", **{option: value})], many=False).problems
    assert (
        str(problem)
        == f"x, {option}: It {where} a blank that nobody sees. Remove it, for instance with the filter trim."
    )


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


def test_a_state_that_is_null_is_the_usual_one():
    (item,) = destination.parse_destinations([builders.item("acme", state=None)], many=True).items
    assert item.present


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


KEY_FILE = """{
  "type": "service_account",
  "project_id": "acme-project",
  "private_key": "made up\\nof two lines\\n",
  "client_email": "exports@acme-project.iam.gserviceaccount.com"
}"""


@pytest.mark.parametrize(
    ("password", "written"),
    [
        pytest.param(KEY_FILE, KEY_FILE, id="key file of many lines"),
        pytest.param(KEY_FILE.replace("\n", "\r\n"), KEY_FILE.replace("\n", "\r\n"), id="its lines end as in Windows"),
        pytest.param(json.loads(KEY_FILE), json.dumps(json.loads(KEY_FILE)), id="mapping that Ansible made of it"),
        pytest.param("one\n\ntwo", "one\n\ntwo", id="any other text of several lines"),
    ],
)
def test_the_key_of_a_google_service_account(password, written):
    item = builders.item("acme", registry_username="_json_key", registry_password=password)
    parsed = destination.parse_destinations([item], many=True)
    assert parsed.problems == []
    assert parsed.items[0].password == written
    secret = secrets.authentication(parsed.items[0], written).written()
    reading = _epinio.read(secret, lambda _name: None)
    assert reading.usable
    assert dockerconfig.exact(secret.data[".dockerconfigjson"]).password == written


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"type": "authorized_user"}, id="of another type"),
        pytest.param({"private_key": None}, id="without a private key"),
        pytest.param({"client_email": 5}, id="not all of it text"),
    ],
)
def test_no_other_mapping_is_a_password(change):
    item = builders.item("acme", registry_password={**json.loads(KEY_FILE), **change})
    assert problems(item) == [("not_text", 0, "acme", "registry_password")]


@pytest.mark.parametrize(
    ("registry", "organization", "option"),
    [
        pytest.param("registry.example.com", "Acme", "organization", id="upper case"),
        pytest.param("registry.example.com", "acme/", "organization", id="a slash behind"),
        pytest.param("registry", "acme", "registry", id="an unqualified host"),
        pytest.param("registry example.com", "acme", "registry", id="a blank within the host"),
    ],
)
def test_registry_and_organization_are_judged_by_both_pushes(registry, organization, option):
    found = problems(builders.item("acme", registry=registry, organization=organization))
    assert {one[3] for one in found} == {option}


def test_two_items_that_want_one_secret():
    inline = builders.item("a", certificate=CA)
    assert problems(inline, builders.item("a-certificate")) == [("secret_conflict", 0, "a", "name")]
    assert problems(builders.item("a-certificate", state="absent"), inline) == [("secret_conflict", 1, "a", "name")]
    one, two = (
        builders.item(name, certificate=pem, certificate_secret="ca") for name, pem in (("a", CA), ("b", OTHER_CA))
    )
    assert problems(one, two) == [("certificate_conflict", 1, "b", "certificate")]
    assert problems(one, {**two, "certificate": CA + "\n"}) == []


def test_warnings_of_a_certificate_name_their_place():
    expired = builders.authority("old", days=-1, since=10)
    (warning,) = destination.parse_destinations([builders.item("acme", certificate=expired)], many=True).warnings
    assert (warning.code, warning.index, warning.name, warning.option) == (
        "certificate_expired",
        0,
        "acme",
        "certificate",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"name": "ca", "certificate": CA}, [], id="a certificate"),
        pytest.param({"name": "ca", "state": "absent"}, [], id="none where it shall go"),
        pytest.param({"name": "ca"}, [("option_required", "certificate")], id="no certificate"),
        pytest.param({"certificate": CA}, [("option_required", "name")], id="no name"),
        pytest.param(
            {"name": "registry-creds", "certificate": CA}, [("name_reserved", "name")], id="Epinio's own secret"
        ),
        pytest.param(
            {"name": "ca", "certificate": CA + builders.PRIVATE_KEY.decode()},
            [("certificate_private_key", "certificate")],
            id="a private key beside the certificate",
        ),
    ],
)
def test_a_shared_certificate(options, expected):
    found = destination.parse_certificate(options).problems
    assert [(problem.code, problem.option) for problem in found] == expected


#: What both pushes would accept and is refused all the same; the documentation has the reason of each.
DELIBERATE = {"registry_not_canonical", "control_character", "invisible_character", "organization_too_long"}
DELIBERATE |= {"organization_repeats_registry", "organization_too_deep"}
PARTS = st.lists(
    st.sampled_from(
        ["a", "acme", "team", "A", "-", "_", "__", ".", "..", "/", ":", "5000", "@", " ", "é", "[::1]", "\n"]
    ),
    max_size=6,
).map("".join)
HOSTS = st.one_of(
    st.sampled_from(["registry.example.com", "ghcr.io", "docker.io", "index.docker.io", "localhost", "10.0.0.1:5000"]),
    st.builds("{}{}".format, st.sampled_from(["", "https://", "oci://", "registry.example.com", "a.b:"]), PARTS),
)
WORDS = st.one_of(
    st.text(max_size=6), st.sampled_from(["robot", "a:b", "x\x00", "s3cret\n", "a\nb", "$oauthtoken", "ümläut"])
)


@settings(max_examples=2 * settings().max_examples)
@given(registry=HOSTS, organization=PARTS, username=WORDS, password=WORDS)
def test_what_is_let_through_is_usable_and_what_is_refused_is_not(registry, organization, username, password):
    options = {"registry": registry, "organization": organization}
    item = builders.item("acme", **options, registry_username=username, registry_password=password)
    refused = {problem.code for problem in destination.parse_destinations([item], many=True).problems}
    try:
        config = dockerconfig.encode(registry=registry, username=username, password=password)
    except UnicodeEncodeError:
        assert "not_text" in refused
        return
    secret = builders.destination_secret("acme", annotations={"epinio.io/registry-namespace": organization})
    secret["data"] = {".dockerconfigjson": base64.b64encode(config).decode()}
    usable = _epinio.read(Secret.from_api(secret), lambda _name: None).usable
    assert usable or refused, "let through, and not usable"
    assert not usable or refused <= DELIBERATE, "refused, and usable"

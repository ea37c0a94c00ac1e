# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a registry and an organization: together they are where the legs push to."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.options import problems

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

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.epinio.registries.plugins.module_utils._cluster import contexts

ONE, TWO = Path("/etc/one.yaml"), Path("/etc/two.yaml")


def content(*names, server="https://{}.example.com:6443", token="made-up", cluster="cluster-{}", user="user-{}"):
    """Return a kubeconfig with a context of each name, and a cluster and a user of its own."""
    return {
        "clusters": [{"name": cluster.format(name), "cluster": {"server": server.format(name)}} for name in names],
        "users": [{"name": user.format(name), "user": {"token": token}} for name in names],
        "contexts": [
            {"name": name, "context": {"cluster": cluster.format(name), "user": user.format(name)}} for name in names
        ],
    }


def found(*configs, wanted=("*",), excluded=()):
    files = dict(zip((ONE, TWO), configs))
    parsed, problems = contexts.parsed(
        {path: yaml.safe_dump(config).encode() for path, config in files.items()}, "kubeconfig"
    )
    assert problems == []
    return contexts.found(parsed, "kubeconfig", wanted, excluded)


def test_a_context_has_all_that_an_inventory_needs():
    assert found(content("prod")) == (
        [contexts.Context("prod", "prod", "cluster-prod", "user-prod", "https://prod.example.com:6443", (ONE,))],
        [],
    )


@pytest.mark.parametrize(
    ("name", "host"),
    [
        pytest.param("prod-eu.example_1", "prod-eu.example_1", id="a host name"),
        pytest.param("kubernetes-admin@kubernetes", "kubernetes-admin-kubernetes", id="kubeadm"),
        pytest.param(
            "arn:aws:eks:eu-central-1:123:cluster/prod", "arn-aws-eks-eu-central-1-123-cluster-prod", id="EKS"
        ),
        pytest.param("team a: [prod]", "team-a-prod", id="a pattern of Ansible"),
        pytest.param("-x", "x", id="an option of a command"),
        pytest.param("{{ 1 + 1 }}", "1-1", id="a template"),
    ],
)
def test_the_name_of_a_context_becomes_that_of_a_host(name, host):
    [one], problems = found(content(name))
    assert (one.name, one.host, problems) == (name, host, [])


@pytest.mark.parametrize(
    ("wanted", "excluded", "left"),
    [
        pytest.param(["*"], [], ["prod-eu", "prod-us", "kind-1"], id="all"),
        pytest.param(["prod-*"], [], ["prod-eu", "prod-us"], id="by a pattern"),
        pytest.param(["kind-?", "prod-eu"], [], ["prod-eu", "kind-1"], id="two patterns, in the order of the file"),
        pytest.param(["*"], ["kind-*", "nobody"], ["prod-eu", "prod-us"], id="without some"),
        pytest.param(["PROD-*", "*"], [], None, id="case matters"),
    ],
)
def test_patterns_choose(wanted, excluded, left):
    chosen, problems = found(content("prod-eu", "prod-us", "kind-1"), wanted=wanted, excluded=excluded)
    if left is None:
        [problem] = problems
        assert problem == (
            "contexts has PROD-*, which matches no context. Correct or remove it. "
            "The contexts are: prod-eu, prod-us, kind-1."
        )
    else:
        assert ([one.name for one in chosen], problems) == (left, [])


def test_a_context_of_two_files_takes_both_and_the_others_one():
    whole = content("split")
    first = {**content("a"), "contexts": [*content("a")["contexts"], *whole["contexts"]]}
    second = {name: [*content("b")[name], *(() if name == "contexts" else whole[name])] for name in whole}
    chosen, problems = found(first, second)
    assert {one.name: one.files for one in chosen} == {"a": (ONE,), "split": (ONE, TWO), "b": (TWO,)}
    assert problems == []


def test_the_same_twice_is_once():
    chosen, problems = found(content("a"), content("a", "b"))
    assert ([(one.name, one.files) for one in chosen], problems) == ([("a", (ONE,)), ("b", (TWO,))], [])


def dangling(**names):
    config = content("a")
    return {**config, "contexts": [{"name": "a", "context": {**config["contexts"][0]["context"], **names}}]}


MEET = "Rename one (kubectl config rename-context), or add it to exclude."


@pytest.mark.parametrize(
    ("configs", "wanted", "messages"),
    [
        pytest.param(
            [content("default"), content("default", server="https://other", token="other")],
            ["*"],
            [
                f"cluster-default is in {ONE} and in {TWO} under clusters, with different content. "
                "kubectl would ignore the second: rename one of them, or make an inventory of each file.",
                f"user-default is in {ONE} and in {TWO} under users, with different content. "
                "kubectl would ignore the second: rename one of them, or make an inventory of each file.",
            ],
            id="what kubectl would pass over",
        ),
        pytest.param(
            [content("a b", "a:b", "c", "c/")],
            ["*"],
            [
                f"The contexts a b and a:b would both be the host a-b. {MEET}",
                f"The contexts c and c/ would both be the host c. {MEET}",
            ],
            id="names that meet",
        ),
        pytest.param(
            [content("???")],
            ["*"],
            [
                "The name of the context ??? has no letter and no digit to make a host from. "
                "Rename it (kubectl config rename-context), or add it to exclude."
            ],
            id="no name at all",
        ),
        pytest.param(
            [dangling(cluster="gone")],
            ["*", "b"],
            [
                "contexts has b, which matches no context. Correct or remove it. The contexts are: a.",
                "The context a of the kubeconfig that kubeconfig gives names the cluster gone, which is not there, "
                "or has no server. Add it to clusters, or set context to another one.",
            ],
            id="a pattern, and a cluster that is missing",
        ),
        pytest.param(
            [dangling(user="gone")],
            ["*"],
            [
                "The context a of the kubeconfig that kubeconfig gives names the user gone, which is not there. "
                "Add it to users, or set context to another one."
            ],
            id="a user that is missing",
        ),
        pytest.param(
            [{"contexts": []}],
            ["*"],
            ["No context is left for the inventory. Check contexts and exclude. The contexts are: none."],
            id="no context",
        ),
    ],
)
def test_every_problem_at_once(configs, wanted, messages):
    _contexts, problems = found(*configs, wanted=wanted)
    assert problems == messages


def test_all_excluded():
    assert found(content("a"), excluded=["*"]) == (
        [],
        ["No context is left for the inventory. Check contexts and exclude. The contexts are: a."],
    )


def test_of_many_contexts_some_are_named():
    _contexts, [problem] = found(content(*(f"c{number}" for number in range(25))), wanted=["x"])
    assert problem.endswith("c18, c19 and 5 more.")


def test_files_that_are_no_kubeconfig_are_named_by_their_place():
    contents = {ONE: b"- a", TWO: b"a: ]", Path("/etc/three.yaml"): b"contexts: [{name: a}]"}
    files, problems = contexts.parsed(contents, "kubeconfig")
    assert list(files) == [Path("/etc/three.yaml")]
    assert problems == [
        "The kubeconfig that kubeconfig[0] gives is not a mapping. "
        "Compare it with what kubectl config view --raw --flatten shows.",
        f"The kubeconfig at {TWO}, line 1 (kubeconfig[1]) is not YAML. Give a kubeconfig that kubectl accepts.",
    ]


def test_a_login_in_the_address_of_a_server_is_no_variable():
    [one], _problems = found(content("a", server="https://me:secret@a.example.com"))
    assert one.server == "https://********@a.example.com"

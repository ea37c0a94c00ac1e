# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._cluster import cluster as _cluster
from ansible_collections.epinio.registries.tests.support import builders
from ansible_collections.epinio.registries.tests.support.api_server import options

ADDRESS = "Write https://HOST:PORT, as server in a kubeconfig."
PROXY = "Write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT."
FILE = "Give the path of a file in PEM form, where Ansible runs."


def message(given):
    with pytest.raises(_cluster.ClusterError) as failed, _cluster.connect({**options("http://localhost:1"), **given}):
        pass
    return str(failed.value)


WRONG = [
    pytest.param(
        "host", "ftp://a", f"is ftp://a, which is not an address of an API server. {ADDRESS}", id="host of ftp"
    ),
    pytest.param("host", "https://", f"is https://, which names no host. {ADDRESS}", id="host without a host"),
    pytest.param("host", "https://a b", f"is https://a b, which names no host. {ADDRESS}", id="host with a blank"),
    pytest.param("host", "https://a:0", f"is https://a:0, and no server has port 0. {ADDRESS}", id="host with port 0"),
    pytest.param(
        "host", "https://a:x", f"is https://a:x, which is not an address. {ADDRESS}", id="host with a port of text"
    ),
    pytest.param(
        "host", "https://[a", f"is https://[a, which is not an address. {ADDRESS}", id="host with half a bracket"
    ),
    pytest.param(
        "host",
        "https://a/?b",
        f"is https://a/?b, and an API server's address has no question mark and no number sign. {ADDRESS}",
        id="host with a query",
    ),
    pytest.param(
        "proxy", "a:3128", f"is a:3128, which is not an address of a proxy. {PROXY}", id="proxy without a scheme"
    ),
    pytest.param("proxy", "ftp://a", f"is ftp://a, which is not an address of a proxy. {PROXY}", id="proxy of ftp"),
    pytest.param("ca_cert", "/nowhere", f"is /nowhere, and there is no such file. {FILE}", id="CA that is not there"),
    pytest.param("ca_cert", "/", f"is /, which is a folder. {FILE}", id="CA that is a folder"),
    pytest.param("client_cert", "/nowhere", f"is /nowhere, and there is no such file. {FILE}", id="no certificate"),
    pytest.param("client_key", "/nowhere", f"is /nowhere, and there is no such file. {FILE}", id="no key"),
    pytest.param(
        "api_key",
        "one\ntwo",
        "has a character within that no token has, such as a line end. Give the token in one line.",
        id="token in two lines",
    ),
    pytest.param(
        "api_key", "Bearer one", "begins with the word Bearer. Give only the token.", id="token with a scheme"
    ),
    *(
        pytest.param(
            option,
            f"{value}\u200b",
            "ends with an invisible character: zero width space (U+200B). Take it out where it is written.",
            id=f"invisible in {option}",
        )
        for option, value in (
            ("context", "prod"),
            ("host", "https://a"),
            ("kubeconfig", "/config"),
            ("password", "s3cret"),
            ("proxy", "http://a"),
            ("no_proxy", "a"),
        )
    ),
    *(
        pytest.param(
            option,
            "a\nb",
            "has a character that an HTTP header cannot hold, such as a line end. Give it in one line of ASCII "
            "characters.",
            id=f"a line end in {option}",
        )
        for option in ("impersonate_user", "impersonate_groups")
    ),
]


@pytest.mark.parametrize("from_environment", [False, True], ids=["option", "variable"])
@pytest.mark.parametrize(("option", "value", "said"), WRONG)
def test_a_value_that_is_not_taken_is_named(monkeypatch, option, value, said, from_environment):
    variable = f"K8S_AUTH_{option.upper()}"
    if from_environment:
        monkeypatch.setenv(variable, value)
    assert message({option: None if from_environment else value}) == (
        f"{variable if from_environment else option} {said}"
    )


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        pytest.param("client_cert", "K8S_AUTH_CERT_FILE", id="certificate"),
        pytest.param("client_key", "K8S_AUTH_KEY_FILE", id="key"),
        pytest.param("ca_cert", "K8S_AUTH_SSL_CA_CERT", id="authority"),
    ],
)
def test_a_variable_by_the_name_of_the_client_is_named(monkeypatch, option, variable):
    monkeypatch.setenv(variable, "/nowhere")
    assert message({option: None}).startswith(f"{variable} is /nowhere, and there is no such file.")


def test_the_text_of_a_file_is_not_repeated():
    text = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"
    assert message({"client_key": text}) == f"client_key holds the text of a file, where its path is wanted. {FILE}"


def test_a_variable_that_is_neither_yes_nor_no_is_refused(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "banana")
    assert message({}) == "K8S_AUTH_VERIFY_SSL is banana, which is neither yes nor no. Write true or false."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"username": "jane"}, "username is given without password.", id="no password"),
        pytest.param({"password": "s3cret"}, "password is given without username.", id="no user name"),
        pytest.param({"client_key": __file__}, "client_key is given without client_cert.", id="no certificate"),
    ],
)
def test_half_a_pair_is_refused(given, said):
    assert message({"api_key": None, **given}).startswith(said)


@pytest.mark.parametrize(
    "option",
    ["kubeconfig", "context", "username", "password", "ca_cert", "client_cert", "client_key", "proxy", "no_proxy"],
)
@pytest.mark.parametrize("from_environment", [False, True], ids=["option", "variable"])
def test_empty_counts_as_not_given(api, monkeypatch, option, from_environment):
    if from_environment:
        monkeypatch.setenv(f"K8S_AUTH_{option.upper()}", "")
    with _cluster.connect({**options(api.url), **({} if from_environment else {option: ""})}) as cluster:
        cluster.list(None)


LOGIN = "Give USER:PASSWORD, or write both into the address of the proxy, with special characters as in %40."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("proxy_basic_auth", "jane", f"has no colon. {LOGIN}", id="no password"),
        pytest.param("proxy_basic_auth", "\u0142:x", f"has a letter that is not in Latin-1. {LOGIN}", id="letters"),
        pytest.param("basic_auth", "jane", f"has no colon. {LOGIN}", id="no password for the server"),
        pytest.param("user_agent", "a\nb", "has a character that an HTTP header cannot hold", id="a line end"),
    ],
)
@pytest.mark.parametrize("from_environment", [False, True], ids=["option", "variable"])
def test_a_header_for_a_proxy_that_is_none_is_named(monkeypatch, name, value, said, from_environment):
    variable = f"K8S_AUTH_PROXY_HEADERS_{name.upper()}"
    if from_environment:
        monkeypatch.setenv(variable, value)
    text = message({} if from_environment else {"proxy_headers": {name: value}})
    assert text.startswith(f"{variable if from_environment else f'proxy_headers.{name}'} {said}")
    assert value not in text


def test_a_proxy_that_no_library_speaks_to_is_named():
    assert message({"proxy": "socks4://jane:s3cret@a:1"}) == (
        "The proxy socks4://********@a:1 cannot be used with the Python libraries that are installed. Use one with "
        "http://, or install the others: python -m pip install --upgrade kubernetes PySocks"
    )


def test_names_go_out_in_utf_8_as_those_of_kubectl(api):
    given = {**options(api.url), "api_key": None, "username": "\u0142", "password": "\u00f6"}
    with _cluster.connect({**given, "impersonate_user": "\u0142"}) as cluster:
        cluster.list(None)
    (sent,) = api.headers
    assert sent["Impersonate-User"].encode("latin-1").decode() == "\u0142"
    assert sent["authorization"] == f"Basic {builders.auth(chr(0x142), chr(0xF6))}"


def test_an_address_without_a_scheme_is_https():
    with _cluster.connect({**options("127.0.0.1:1")}) as cluster, pytest.raises(_cluster.ClusterError) as failed:
        cluster.list(None)
    assert str(failed.value).startswith("The API server at https://127.0.0.1:1 cannot be reached")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("t0ken\n", id="a line end behind"),
        pytest.param(" t0ken ", id="blanks around"),
        pytest.param("\tt0ken\r\n", id="a tab before, a line end of Windows behind"),
    ],
)
def test_white_space_around_a_token_is_no_part_of_it(api, token):
    with _cluster.connect({**options(api.url), "api_key": token}) as cluster:
        cluster.list(None)
    assert api.headers[0]["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: b: c", r"The kubeconfig at .*/config, line 1 \(kubeconfig\) is not YAML", id="no YAML"),
        pytest.param("[]", "The kubeconfig that kubeconfig gives is not a mapping", id="a list"),
        pytest.param("", "The kubeconfig that kubeconfig gives is not a mapping", id="an empty file"),
        pytest.param("users: {}", "has users that are not a list", id="users are a mapping"),
        pytest.param("kind: Config", "has no current-context", id="no context"),
        pytest.param(
            "current-context: one", r"has no context one\..*its contexts: none", id="a context that is not there"
        ),
        pytest.param("$ANSIBLE_VAULT;1.1;AES256\n31", "is encrypted with Ansible Vault", id="encrypted"),
    ],
)
def test_a_kubeconfig_that_is_none(tmp_path, text, said):
    (tmp_path / "config").write_text(text)
    assert re.search(said, message({"api_key": None, "host": None, "kubeconfig": str(tmp_path / "config")}))


def test_the_text_of_a_kubeconfig_is_not_repeated():
    said = message({"api_key": None, "host": None, "kubeconfig": "users: [{user: {token: s3cret}}]\nkind: Config\n"})
    assert said.startswith("kubeconfig holds the text of a kubeconfig, where the path of a file is wanted.")
    assert "s3cret" not in said

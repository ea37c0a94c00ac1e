# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pip is told in a container is what this machine tells it, but for files that are not there."""

from __future__ import annotations

import configparser

import pytest

from tests.execution_environment import pip_settings


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        pytest.param(
            "global.index-url='https://pypi.example.com/simple'",
            {"global": {"index-url": "https://pypi.example.com/simple"}},
            id="an index",
        ),
        pytest.param(
            ":env:.timeout='9'\nglobal.timeout='5'", {"global": {"timeout": "9"}}, id="a variable counts before a file"
        ),
        pytest.param(
            "global.extra-index-url='https://a.example.com\\nhttps://b.example.com'",
            {"global": {"extra-index-url": "https://a.example.com\nhttps://b.example.com"}},
            id="two indexes",
        ),
        pytest.param("install.no-binary='x'", {"install": {"no-binary": "x"}}, id="a setting of one command"),
        pytest.param("global.proxy='http://a%40b:c@d'", {"global": {"proxy": "http://a%40b:c@d"}}, id="a percent sign"),
        pytest.param(":env:.find-links='/w'\nglobal.cert='/c'", {}, id="files of this machine are not in a container"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_what_pip_is_told(listed: str, said: dict[str, dict[str, str]]) -> None:
    read = configparser.RawConfigParser()
    read.read_string(pip_settings.as_file(listed))
    assert {name: dict(read[name]) for name in read.sections()} == said

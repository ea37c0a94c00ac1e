# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever bytes come: docker configs, PEM bundles, challenges, URLs. See decoders.py for what has to hold."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz import decoders, hostile
from tests.fuzz.counting import inputs


@inputs("docker configs, in order", 600, data=hostile.CONFIGS)
def test_docker_configs(data: bytes) -> None:
    decoders.docker_config(data, whole=True)


@inputs("docker configs, damaged", 4500, data=hostile.MUTATED_CONFIGS)
def test_damaged_docker_configs(data: bytes) -> None:
    decoders.docker_config(data)


@inputs("PEM bundles, in order", 800, data=hostile.PEM)
def test_bundles(data: bytes) -> None:
    decoders.pem(data)


@inputs("PEM bundles, damaged", 2500, data=hostile.MUTATED_PEM)
def test_damaged_bundles(data: bytes) -> None:
    decoders.pem(data)


_CHALLENGE = st.sampled_from(
    [
        *("Bearer", "Basic", " ", ",", "=", '"', "\\", "realm", '="https://a.b/c"'),
        *('realm="x"', "error=", "abc==", "\t", "\0"),
    ]
)


@inputs(
    "WWW-Authenticate",
    2500,
    data=st.lists(_CHALLENGE | st.text(st.characters(max_codepoint=255), max_size=4), max_size=12).map(
        lambda parts: "".join(parts).encode("latin-1")
    ),
)
def test_challenges(data: bytes) -> None:
    decoders.challenges(data)


_URL = st.sampled_from(
    [
        *(
            "https://",
            "oci://",
            "//",
            "/",
            ":",
            "@",
            "[",
            "]",
            "::1",
            ".",
            "..",
            "%",
            "%25",
            "%zz",
            "?",
            "#",
            "\n",
            "_",
        ),
        *("docker.io", "index.docker.io", "registry.example.com", ":5000", "acme", "A", "é", "\x7f", "a" * 60, "-"),
    ]
)
_URLS = st.lists(_URL | hostile.TEXT, max_size=8).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))


@inputs("registries and organizations", 2500, data=_URLS)
def test_targets(data: bytes) -> None:
    decoders.targets(data)


@inputs("what Go parses", 2500, data=_URLS | st.binary(max_size=80) | hostile.JSON.map(repr).map(hostile.encoded))
def test_go(data: bytes) -> None:
    decoders.go(data)


@inputs("texts with secrets", 800, data=st.binary(max_size=60) | hostile.TEXT.map(hostile.encoded))
def test_masking(data: bytes) -> None:
    decoders.masking(data)

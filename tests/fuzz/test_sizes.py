# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of hostile sizes: four times the input takes about four times the work and memory, or is refused at once.

Work is processor time, compared with itself at another size, so that no machine is too slow: quadratic work would be
sixteen times as much. Where another process is in the way, it is measured again.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.epinio.registries.plugins.module_utils import _invocation, _masking
from ansible_collections.epinio.registries.plugins.module_utils._cluster import errors
from ansible_collections.epinio.registries.plugins.module_utils._desired import destination
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading import pem as _pem
from ansible_collections.epinio.registries.plugins.module_utils._reading import targets as _targets
from ansible_collections.epinio.registries.tests.support import builders

from tests.fuzz import certificates, decoders, hostile, in_process
from tests.fuzz.oracle import PASSWORD

MIB = 1 << 20
_FACTOR = 4
_LIMIT = 10  # linear work comes out at 4 or a little more, quadratic work at 16
_ATTEMPTS = 6
_COPIES = 200  # bytes of memory for each byte of input: what a regular expression remembers of each repetition


def _seconds(work: Callable[[Any], object], value: Any) -> float:
    parsers = (_certificates._parse_small, _certificates._parse_large, _pem._mend_small, _pem._mend_large)
    for kept in (*parsers, _targets._cached):
        kept.cache_clear()
    gc.collect()
    begun = time.process_time()
    work(value)
    return time.process_time() - begun


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _config(auths: int) -> bytes:
    entry = f'{{"auth":"{builders.auth("robot", "x")}"}}'
    return ('{"auths":{' + ",".join(f'"h{number}":{entry}' for number in range(auths)) + "}}").encode()


def _entry(value: str) -> bytes:
    return ('{"auths":{"registry.example.com":{"username":"robot","password":' + value + "}}}").encode()


def _parse(**options: Any) -> list[str]:
    parsed = destination.parse_destinations([hostile.item(**options)], many=True)
    return [problem.code for problem in parsed.problems]


def _many(count: int) -> list[dict[str, Any]]:
    # Each wrong, and named as every user name and its auth begin: the worst for what looks for secrets in the texts.
    return [
        hostile.item(
            name=f"robot{number}",
            registry_username=f"robot{number}",
            registry_password=f"robot-{number}",
            organization="A",
        )
        for number in range(count)
    ]


def _refused(items: list[dict[str, Any]]) -> None:
    with in_process.server():
        params = in_process.connection(destinations=items, prune=False, prune_all=False, prune_except=())
        assert in_process.engine("export_registries", params).failed


def _blocks(count: int) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" * count


def _redacted(host: str) -> None:
    assert "robot" not in str(_invocation.redacted({"host": host}, {"host": {}}))


_DECODED: dict[str, tuple[Callable[[bytes], None], Callable[[int], bytes], int]] = {
    "docker config with many entries": (decoders.docker_config, _config, 1_000),
    "docker config with a deep value": (decoders.docker_config, lambda n: _entry("[" * n + "]" * n), 20_000),
    "docker config with many values": (decoders.docker_config, lambda n: _entry("[" + "0," * n + "0]"), 4_000),
    "docker config with a long number": (decoders.docker_config, lambda n: _entry("1" * n), 50_000),
    "docker config with a long exponent": (decoders.docker_config, lambda n: _entry("1e" + "9" * n), 50_000),
    "docker config with many escapes": (decoders.docker_config, lambda n: _entry('"' + "\\n" * n + '"'), 10_000),
    "docker config with a string without end": (decoders.docker_config, lambda n: _entry('"' + "\\\\" * n), 20_000),
    "docker config with many colons": (decoders.docker_config, lambda n: _entry(":" * n), 50_000),
    "docker config of white space": (decoders.docker_config, lambda n: b" " * n + b"{", 200_000),
    "docker config of invalid UTF-8": (
        decoders.docker_config,
        lambda n: _entry('"').replace(b"robot", b"\xff" * n),
        50_000,
    ),
    "PEM with many blocks": (decoders.pem, _blocks, 250),
    "PEM with many certificates": (
        decoders.pem,
        lambda n: b"".join(map(certificates.as_pem, certificates.every_der()[:4])) * n,
        20,
    ),
    "PEM with many beginnings": (decoders.pem, lambda n: b"-----BEGIN CERTIFICATE-----\n" * n, 2_000),
    "PEM with many ends": (decoders.pem, lambda n: b"\n-----END CERTIFICATE-----" * n, 2_000),
    "PEM with beginnings on one line": (decoders.pem, lambda n: b"-----BEGIN " * n + b"\n-----END ", 5_000),
    "PEM with beginnings and ends": (decoders.pem, lambda n: b"-----BEGIN A-----\n-----END B-----\n" * n, 2_000),
    "PEM with many headers": (
        decoders.pem,
        lambda n: b"-----BEGIN A-----\n" + b"a: b\n" * n + b"\n-----END A-----\n",
        10_000,
    ),
    "PEM with long labels": (decoders.pem, lambda n: b"-----BEGIN " + b"A " * n + b"\n", 50_000),
    "PEM with long labels that break off": (decoders.pem, lambda n: b"-----BEGIN PRIVATE KE" * n, 5_000),
    "PEM of dashes": (decoders.pem, lambda n: b"-" * n, 50_000),
    "PEM of white space": (decoders.pem, lambda n: b"----- " + b" " * n, 50_000),
    "PEM of line ends": (decoders.pem, lambda n: b"\r\n" * n, 50_000),
    "challenge of tokens": (decoders.challenges, lambda n: b"Bearer " + b"a" * n, 100_000),
    "challenge of parameters": (decoders.challenges, lambda n: b"Bearer " + b'a="b",' * n, 5_000),
    "challenge of quotes": (decoders.challenges, lambda n: b"Bearer " + b'a="b" ' * n, 20_000),
    "challenge of quotes without end": (decoders.challenges, lambda n: b"Bearer " + b'a="\\",' * n, 10_000),
    "challenge of escapes": (decoders.challenges, lambda n: b'Bearer a="' + b"\\" * n, 50_000),
    "challenge of equals signs": (decoders.challenges, lambda n: b"Bearer " + b"=" * n + b" x", 50_000),
    "challenge of white space": (decoders.challenges, lambda n: b"Bearer a" + b" \t" * n + b"x", 50_000),
    "challenge of schemes": (decoders.challenges, lambda n: b"Basic, " * n, 5_000),
    "path of dots": (decoders.go, lambda n: b"../" * n, 20_000),
    "path of slashes": (decoders.go, lambda n: b"/" * n, 100_000),
    "URL of escapes": (decoders.go, lambda n: b"a://" + b"%80" * n, 20_000),
    "URL of brackets": (decoders.go, lambda n: b"a://" + b"[" * n, 50_000),
    "URL of at signs": (decoders.go, lambda n: b"a://" + b"@" * n, 50_000),
    "JSON that is deep": (decoders.go, lambda n: b"[" * n, 50_000),
    "JSON that is deep in objects": (decoders.go, lambda n: b'{"":' * n, 50_000),
    "registry of parts": (decoders.targets, lambda n: b"a.b/" + b"a/" * n + b"\nacme", 20_000),
    "registry of dashes": (decoders.targets, lambda n: b"a" + b"-" * n + b"!\nacme", 50_000),
    "registry of dots": (decoders.targets, lambda n: b"a." * n + b"!\nacme", 20_000),
    "organization of underscores": (decoders.targets, lambda n: b"a.b\n" + b"a_" * n + b"!", 20_000),
    "text with secrets": (decoders.masking, lambda n: PASSWORD.value.encode()[:8] * n, 1_000),
}
_GIVEN: dict[str, tuple[Callable[[Any], object], Callable[[int], Any], int]] = {
    "list of many": (_refused, _many, 500),
    "list of one again and again": (_refused, lambda n: [hostile.item()] * n, 250),
    "name of dots": (lambda value: _parse(name=value), lambda n: "a." * n + "!", 50_000),
    "name of dashes": (lambda value: _parse(name=value), lambda n: "a" + "-" * n, 100_000),
    "registry of slashes": (lambda value: _parse(registry=value), lambda n: "https://" + "/" * n, 100_000),
    "registry of parts, as an option": (lambda value: _parse(registry=value), lambda n: "a.b" + "/A" * n, 20_000),
    "organization of parts": (lambda value: _parse(organization=value), lambda n: "a/" * n, 20_000),
    "password": (lambda value: _parse(registry_password=value), lambda n: "x" * n, 500_000),
    "password that is a list": (lambda value: _parse(registry_password=value), lambda n: ["x"] * n, 500_000),
    "password in a refused list": (
        lambda value: _refused([hostile.item(registry_password=value, organization="A")]),
        lambda n: "x" * n,
        20_000,
    ),
    "labels": (lambda value: _parse(labels=value), lambda n: {f"a/{number}": number for number in range(n)}, 5_000),
    "label": (lambda value: _parse(labels=value), lambda n: {"a": "-" * n, "." * n: "a"}, 100_000),
    "annotations": (lambda value: _parse(annotations=value), lambda n: {"a" * n: "b" * n}, 200_000),
    "certificate": (lambda value: _parse(certificate=value), lambda n: "-----BEGIN \n" * n, 5_000),
    "certificate of dashes": (lambda value: _parse(certificate=value), lambda n: "-" * n + "BEGIN", 100_000),
    "certificate of blanks": (lambda value: _parse(certificate=value), lambda n: "-" + " " * n, 100_000),
    "certificate of words": (lambda value: _parse(certificate=value), lambda n: "-BEGIN A A A A A A" * n, 5_000),
    "certificate of escapes": (
        lambda value: _parse(certificate=value),
        lambda n: "-BEGIN CERTIFICATE-" + "\\" * n + "-END CERTIFICATE-",
        100_000,
    ),
    "certificate of a name": (lambda value: _parse(certificate=value), lambda n: "a." * n, 20_000),
    "foreign error": (errors.one_line, lambda n: "a" * n, 5_000),
    "foreign error of hosts": (errors.one_line, lambda n: "a(host=" * n, 2_000),
    "host": (_redacted, lambda n: "http://robot@" + "//" * n, 2_000),
    "foreign text": (_masking.Mask(["robot", "robot:x"]), lambda n: "rob" * n, 20_000),
}


@pytest.mark.parametrize(("work", "make", "size"), [*_DECODED.values(), *_GIVEN.values()], ids=[*_DECODED, *_GIVEN])
def test_four_times_the_input_is_about_four_times_the_work(work: Any, make: Any, size: int) -> None:
    small, large = make(size), make(_FACTOR * size)
    work(small)  # what is compiled and cached once
    ratios = []
    for _attempt in range(_ATTEMPTS):
        fast = max(_seconds(work, small), 0.002)  # less is not measured well
        ratios.append(_seconds(work, large) / fast)
        if ratios[-1] < _LIMIT:
            return
    pytest.fail(f"four times the input took {ratios} times the work")


@pytest.mark.parametrize(
    ("work", "make", "size"),
    list(_DECODED.values()),
    ids=list(_DECODED),
)
def test_memory_keeps_in_proportion(work: Any, make: Any, size: int) -> None:
    data = make(size)
    assert _peak(lambda: work(data)) < _COPIES * len(data) + MIB


def test_a_docker_config_with_many_entries_has_one_reason() -> None:
    data = _config(100_000)
    reading = epinio.read(decoders.secret_with(data), lambda _name: None)
    assert {problem.code for problem in reading.problems} == {"auths_several"}


@pytest.mark.parametrize("depth", [100_000, 1_000_000])
@pytest.mark.parametrize(
    "opening",
    [
        pytest.param(b"[", id="lists"),
        pytest.param(b'{"auths":', id="objects for auths"),
        pytest.param(b'{"auths":{"a":[', id="lists for an entry"),
    ],
)
def test_a_deep_docker_config_is_refused_before_its_end(depth: int, opening: bytes) -> None:
    data = opening * depth
    with pytest.raises(dockerconfig.Unreadable, match="config_not_json"):
        dockerconfig.parse(data)
    assert dockerconfig.exact(data) is None
    tree = _peak(lambda: epinio.read(decoders.secret_with(data[: 16 * MIB]), lambda _name: None))
    assert tree < 8 * len(data) + 16 * MIB


def test_a_pem_of_100_mb_is_refused_unread() -> None:
    text = (certificates.as_pem(certificates.every_der()[0]).decode() * (300 * 1024))[: 100 * MIB]
    assert len(text) == 100 * MIB
    codes: list[str] = []
    peak = _peak(lambda: codes.extend(_parse(certificate=text)))
    assert codes == ["certificate_too_large"]
    assert peak < MIB
    data = text.encode()
    assert _peak(lambda: _certificates.parse_bundle(data)) < MIB
    assert _certificates.parse_bundle(data) == _certificates.Bundle()


def test_a_list_of_references_to_references_is_not_followed() -> None:
    """Sixty-four aliases of YAML, each a list of twice the one before: more entries than there are atoms on earth."""
    value: list[Any] = [PASSWORD.value]
    for _level in range(64):
        value = [value, value]
    assert _parse(registry_password=value, labels={"a": value}, annotations={"b": value}) == [
        "not_text",
        "metadata_invalid",
        "metadata_invalid",
    ]
    _refused([hostile.item(registry_password=value, annotations={"b": value})])

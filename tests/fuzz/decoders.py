# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of the rooms that read foreign bytes, for any bytes; used by hypothesis and by atheris."""

from __future__ import annotations

import base64
import contextlib
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils import _masking
from ansible_collections.epinio.registries.plugins.module_utils._proof import challenge as _challenge
from ansible_collections.epinio.registries.plugins.module_utils._reading import agreement, dockerconfig, epinio, skopeo
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import go as _go
from ansible_collections.epinio.registries.plugins.module_utils._reading import pem as _pem
from ansible_collections.epinio.registries.plugins.module_utils._reading import targets as _targets
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    DOCKERCONFIG,
    NAMESPACE_ANNOTATION,
    Secret,
)

from tests.fuzz.oracle import KEY, PASSWORD, assert_documented, assert_no_secret

__all__ = ["DECODERS", "challenges", "docker_config", "go", "masking", "pem", "secret_with", "targets"]


def docker_config(data: bytes, *, whole: bool = False) -> None:
    """Read bytes as each reader does; ``whole``: the structure is in order, so that nothing shown may be a secret.

    In damaged bytes a password may come to stand where a user name is read.
    """
    shown: list[Any] = []
    entry = dockerconfig.exact(data)
    try:
        shown.append(agreement.stored(data))
        assert shown[0].username
        assert shown[0].password
    except agreement.Contradiction as error:
        assert_no_secret(error)
    codes: set[str] = set()
    try:
        tree = dockerconfig.parse(data)
    except dockerconfig.Unreadable as error:
        codes.add(error.code)
        tree = None
    for reader in (
        dockerconfig.listed_registry,
        dockerconfig.export_entry,
        lambda config: skopeo.credentials(config, ("registry.example.com/acme", "registry.example.com")),
    ):
        try:
            reader(tree)
        except dockerconfig.Unreadable as error:
            codes.add(error.code)
    assert codes <= CATALOGUE.codes.keys()
    assert not (codes and entry)
    reading = epinio.read(secret_with(data), lambda _name: None)
    assert_documented(reading.problems)
    assert all(problem.leg in CATALOGUE.cases[problem.code].legs for problem in reading.problems)
    assert_no_secret(*reading.problems, *(shown and [reading, *shown] if whole else ()))
    assert reading.usable <= reading.listed


def secret_with(config: bytes) -> Secret:
    """Return an authentication secret as the API server gives it."""
    metadata = {
        "name": "acme",
        "labels": {API_EXPORT_LABEL: "true"},
        "annotations": {NAMESPACE_ANNOTATION: "acme"},
    }
    raw = {"metadata": metadata, "data": {DOCKERCONFIG: base64.b64encode(config).decode()}}
    return Secret.from_api(raw)


def pem(data: bytes) -> None:
    """Read bytes as a bundle, and as the text that users give."""
    bundle = _certificates.parse_bundle(data)
    text = data.decode("utf-8", "replace")
    assert _certificates.same(text, f"{text} \n \t\r\n")
    for host in ("registry.example.com:5000/acme", "[2001:db8::1]", text[:40]):
        given = _pem.read(text, host=host)
        assert_documented([*given.problems, *given.warnings])
        assert_no_secret(*given.problems, *given.warnings, bundle)
        assert {problem.code for problem in (*given.problems, *given.warnings)} <= CATALOGUE.codes.keys()
        assert given.problems or _pem.read(given.text, host=host) == given
        for certificate in bundle.certificates:
            _certificates.covers(certificate, host)
    for kind, _has_headers, content in _go.pem_blocks(data):
        assert len(kind) + len(content) <= len(data)


def challenges(data: bytes) -> None:
    """Read bytes as lines of WWW-Authenticate, as http.client gives them."""
    lines = data.decode("latin-1").split("\0")
    lower = [line.lower() for line in lines]
    for challenge in _challenge.parse(lines):
        assert challenge.scheme
        assert not challenge.leads or lower[challenge.line].lstrip(" \t,").startswith(challenge.scheme)
        assert not (challenge.parameters and challenge.token68)


def go(data: bytes) -> None:
    """Read bytes as each of Go's parsers: a value, or ValueError."""
    text = _go.to_text(data)
    assert _go.to_text(text.encode()) == text
    assert len(_go.fold(text)) == len(text)
    with contextlib.suppress(ValueError):
        tree = _go.parse_json(data)
        assert type(tree) in {_go.JSONObject, list, str, float, bool, type(None)}
    with contextlib.suppress(ValueError):
        assert base64.b64decode(data) == _go.decode_base64(data)
    for request in (False, True):
        with contextlib.suppress(ValueError):
            assert isinstance(_go.url_host(text, request=request), str)
    cleaned = _go.clean_path(text)
    assert cleaned == _go.clean_path(cleaned) != ""


def targets(data: bytes) -> None:
    """Judge a registry and an organization."""
    registry, _separator, organization = data.decode("utf-8", "surrogateescape").partition("\n")
    target = _targets.judge(registry, organization)
    if isinstance(target, str):
        assert target in CATALOGUE.codes
    else:
        assert set(target.codes.values()) <= CATALOGUE.codes.keys()
    assert_documented(epinio.target_problems(registry, organization))


_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    repr,
    urllib.parse.quote_plus,
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode(),
)


def masking(data: bytes) -> None:
    """Take two secrets out of a text that holds them in some form, between whatever else."""
    text = data.decode("utf-8", "surrogateescape")
    other = text[: len(text) // 2]
    form = _FORMS[len(data) % len(_FORMS)]
    masked = _masking.Mask([PASSWORD.value, KEY.value])(f"{other} {form(PASSWORD.value)}{text} {form(KEY.value)}")
    assert_no_secret(masked)


#: By the name under which atheris runs them.
DECODERS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (challenges, docker_config, go, masking, pem, targets)
}

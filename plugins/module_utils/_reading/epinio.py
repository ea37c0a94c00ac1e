# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Epinio reads a destination: is it listed, do both legs of an export accept it, and every reason why not.

Epinio has three readers: the list (C(internal/registry/registry.go), C(ExportRegistries)), and in an export
(C(internal/api/v1/application/export.go)) first Helm, which pushes the chart, then skopeo, which pushes the image.
Followed here: Epinio 1.14, Helm 3.19 with oras-go 2.6, containers/image 5.36. No network is involved: a leg that is
C(ok) leaves nothing but the registry's own answer to go wrong.
"""

from __future__ import annotations

import binascii
import dataclasses
import functools
import re
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates as _certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import dockerconfig, targets
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import to_text

__all__ = [
    "API_EXPORT_LABEL",
    "CERTS",
    "CODES",
    "DOCKERCONFIG",
    "MAX_NAME",
    "NAMESPACE_ANNOTATION",
    "SUBDOMAIN",
    "TLS_CRT",
    "TRUE",
    "Leg",
    "Reading",
    "is_secret_name",
    "read",
    "target_problems",
]

#: What returns the data of a secret by its name: key -> base64.
CertificateData = Callable[[str], Optional[Mapping[str, Any]]]

API_EXPORT_LABEL = "epinio.io/api-export-registry"
NAMESPACE_ANNOTATION = "epinio.io/registry-namespace"
DOCKERCONFIG = ".dockerconfigjson"
CERTS = "certs"
TLS_CRT = "tls.crt"
TRUE = "true"

#: RFC 1123 subdomain, as the API server checks the name of a secret, and how long it may be.
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
MAX_NAME = 253

_EVERY = ("list", "chart", "image")
_EXPORT = ("chart", "image")
_WRITE_CONFIG = "Write the docker config anew, with nothing but one entry in auths."
_WRITE_ENTRY = "Write auth, username and password anew, all three, as strings that agree."
_CANONICAL = "Write it as host[:port][/path]: no scheme, no trailing slash."

#: code -> (the legs that can report it, what it means, what to do)
_TABLE: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "label_not_true": (_EVERY, f'The label {API_EXPORT_LABEL} is not "true".', f'Set the label to "{TRUE}".'),
    "organization_missing": (
        _EVERY,
        f"The annotation {NAMESPACE_ANNOTATION} is missing.",
        "Set it to the organization.",
    ),
    "config_missing": (_EVERY, f"The key {DOCKERCONFIG} is missing.", _WRITE_CONFIG),
    "config_not_json": (_EVERY, "The docker config is not JSON by Go's rules.", _WRITE_CONFIG),
    "config_wrong_shape": (_EVERY, "The docker config is not an object of objects.", _WRITE_CONFIG),
    "config_foreign_key": (
        _EVERY,
        "A key beside auths, such as credsStore, holds something else than an object.",
        _WRITE_CONFIG,
    ),
    "config_number_range": (("list",), "A number in the docker config is too large to be read.", _WRITE_CONFIG),
    "auths_missing": (_EVERY, "The docker config has no auths (in lower case).", _WRITE_CONFIG),
    "auths_empty": (_EVERY, "The docker config has no entry in auths.", _WRITE_CONFIG),
    "auths_several": (
        _EVERY,
        "The docker config has more than one entry in auths.",
        "Keep one entry for each destination.",
    ),
    "entry_wrong_type": (
        _EXPORT,
        "An entry, in auths or in a section beside it such as credHelpers, is no object, or a field of it no string.",
        _WRITE_CONFIG,
    ),
    "registry_not_url": (_EXPORT, "Registry and organization make no URL that Epinio can parse.", _CANONICAL),
    "registry_without_host": (_EXPORT, "The registry names no host.", _CANONICAL),
    "certificate_secret_missing": (
        _EXPORT,
        "The secret that certs names does not exist in the namespace.",
        "Create it, or correct the name; mind a line end behind it.",
    ),
    "certificate_key_missing": (
        _EXPORT,
        f"The certificate secret has no key {TLS_CRT}.",
        f"Put the PEM into {TLS_CRT}.",
    ),
    "certificate_unusable": (
        _EXPORT,
        f"No certificate in {TLS_CRT} can be read.",
        "Replace it with a PEM that holds at least one complete certificate.",
    ),
    "registry_invalid": (_EXPORT, "The first part of the registry is no host name.", _CANONICAL),
    "organization_invalid": (
        _EXPORT,
        "The path of the registry and the organization make no name of a repository.",
        "Use lower-case letters and digits, single separators . _ __ - between them, and one / between parts.",
    ),
    "organization_too_long": (
        ("image",),
        "Registry and organization are so long that the name of an image can pass skopeo's limit of 255 characters.",
        "Use a shorter organization.",
    ),
    "registry_underscore": (
        ("image",),
        "skopeo takes a registry with an underscore for a part of the image's name, and finds no host to push to.",
        "Use a host name without an underscore.",
    ),
    "registry_not_qualified": (
        ("image",),
        "skopeo pushes to docker.io, because the registry's first part has neither dot nor port.",
        "Name the host with its domain or port, or docker.io if that is meant.",
    ),
    "registry_is_other_name": (
        ("image",),
        "skopeo pushes to docker.io, which the registry names otherwise.",
        "Write docker.io.",
    ),
    "registry_key_unmatched": (
        ("image",),
        "skopeo finds no credentials under this registry key and would push without.",
        _CANONICAL,
    ),
    "config_unreadable_for_skopeo": (("image",), "skopeo cannot parse the docker config.", _WRITE_CONFIG),
    "credential_helper": (
        ("image",),
        "skopeo would ask a credential helper that its pod does not have.",
        _WRITE_CONFIG,
    ),
    "auth_not_base64": (("image",), "The auth field is not base64.", _WRITE_ENTRY),
    "auth_missing": (
        ("image",),
        "The auth field is missing or holds no user:password; skopeo reads nothing else and would push without.",
        _WRITE_ENTRY,
    ),
    "credentials_missing": (_EXPORT, "The user name or the password is empty.", _WRITE_ENTRY),
    "credentials_differ": (
        ("image",),
        "skopeo takes other credentials from auth than Helm takes from username and password.",
        _WRITE_ENTRY,
    ),
}

#: What each code means, in one sentence: the documentation's list.
CODES: Mapping[str, str] = {code: meaning for code, (_legs, meaning, _remedy) in _TABLE.items()}

#: The legs whose problems a code can be.
CODE_LEGS: Mapping[str, tuple[str, ...]] = {code: legs for code, (legs, _meaning, _remedy) in _TABLE.items()}


@functools.cache
def _problem(code: str, leg: str) -> Problem:
    _legs, message, remedy = _TABLE[code]
    return Problem(code, message, remedy, leg=leg)


@dataclasses.dataclass(frozen=True)
class Leg:
    """What one reader makes of a secret: does it accept it, with which credentials, and what does it push to.

    Empty credentials mean that it would go without. Bytes that are not UTF-8 show as U+FFFD. C(target) is None where
    the reader does not get that far.
    """

    ok: bool = False
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    target: str | None = None


@dataclasses.dataclass(frozen=True)
class Reading:
    """What Epinio makes of a secret.

    C(listed) and C(url): as C(epinio export-registries) shows it. C(usable): listed, both legs accept it with the same
    user name and password, none of them empty, and the image goes to the very host that the docker config names.
    """

    name: str
    listed: bool = False
    url: str | None = None
    registry: str | None = None
    organization: str | None = None
    username: str | None = None
    list: Leg = Leg()
    chart: Leg = Leg()
    image: Leg = Leg()
    certificate_secret: str | None = None
    usable: bool = False
    problems: tuple[Problem, ...] = ()


def is_secret_name(name: str) -> bool:
    """Return whether Kubernetes allows this name for a secret."""
    return len(name) <= MAX_NAME and SUBDOMAIN.fullmatch(name) is not None


def target_problems(registry: str, organization: str) -> tuple[Problem, ...]:
    """Return what the legs have against a registry and an organization, each thing once; empty means usable.

    Judged for the chart C(ws-app-chart:0.0.0) and the image C(ws-app-image:1a2b3c), whatever the credentials. Two
    things are refused that C(read) does not report. The longest image name that Epinio makes by itself (133
    characters) and two slashes have to fit into skopeo's 255, so registry and organization may have 120 together. A
    host with an underscore is accepted by skopeo as a part of the repository's name, and then pushed to no host.
    """
    target = targets.judge(registry, organization)
    if isinstance(target, str):
        return (_problem(target, _EXPORT[0]),)
    if not target.codes and target.reservation:
        return (_problem(target.reservation, "image"),)
    first = {code: leg for leg, code in reversed(target.codes.items())}
    return tuple(_problem(code, leg) for code, leg in reversed(first.items()))


def read(secret: Mapping[str, Any], certificate_data: CertificateData) -> Reading:
    """Return what Epinio makes of a secret.

    C(secret) is the Kubernetes object as the API gives it (data in base64). C(certificate_data) returns the data of the
    secret of that name in the same namespace, in base64, or None where there is none; it is asked for names that
    Kubernetes allows, and for no others.
    """
    metadata = secret.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    data = secret.get("data") or {}
    found: list[Problem] = []
    if (metadata.get("labels") or {}).get(API_EXPORT_LABEL) != TRUE:
        found += _problems("label_not_true")
    organization = None
    if NAMESPACE_ANNOTATION in annotations:
        organization = _text(annotations[NAMESPACE_ANNOTATION])
    else:
        found += _problems("organization_missing")
    config = _read_config(_decoded(data, DOCKERCONFIG) if DOCKERCONFIG in data else None, found)
    certificate_secret = to_text(_decoded(data, CERTS)) or None
    if certificate_secret is not None:
        found += _certificate_problems(certificate_secret, certificate_data)
    target = None
    if config.registry is not None and organization is not None:
        target = targets.judge(config.registry, organization)
        if isinstance(target, str):
            found += _problems(target, _EXPORT)

    listed = not any(problem.leg == "list" for problem in found)
    url = f"{config.registry}/{organization}" if listed else None
    chart, image, agreed = Leg(), Leg(), False
    if isinstance(target, targets.Target) and not any(problem.leg == "chart" for problem in found):
        chart, image, agreed = _legs(config, target, found)
    return Reading(
        name=metadata.get("name") or "",
        listed=listed,
        url=url,
        registry=config.registry,
        organization=organization,
        username=chart.username or image.username or to_text(config.credentials[0]) or None,
        list=Leg(listed, target=url),
        chart=chart,
        image=image,
        certificate_secret=certificate_secret,
        usable=listed and chart.ok and image.ok and agreed,
        problems=tuple(found),
    )


def _problems(code: str, legs: tuple[str, ...] = _EVERY) -> list[Problem]:
    return [_problem(code, leg) for leg in legs]


def _text(value: Any) -> str:
    """Return an annotation's value as Go holds it."""
    return to_text(str(value or "").encode("utf-8", "surrogatepass"))


def _decoded(data: Mapping[str, Any], key: str) -> bytes:
    try:
        return binascii.a2b_base64(data.get(key) or "")
    except (ValueError, TypeError):
        return b""


def _certificate_problems(name: str, certificate_data: CertificateData) -> list[Problem]:
    data = certificate_data(name) if is_secret_name(name) else None
    if data is None:
        return _problems("certificate_secret_missing", _EXPORT)
    if TLS_CRT not in data:
        return _problems("certificate_key_missing", _EXPORT)
    bundle = _certificates.parse_bundle(_decoded(data, TLS_CRT))
    return [] if bundle.certificates else _problems("certificate_unusable", _EXPORT)


@dataclasses.dataclass(frozen=True)
class _Config:
    """What list and export make of a docker config; C(tree) is there for skopeo where it may read something else."""

    registry: str | None = None
    credentials: tuple[bytes, bytes] = dataclasses.field(default=(b"", b""), repr=False)
    tree: Any = dataclasses.field(default=None, repr=False)


def _read_config(raw: bytes | None, found: list[Problem]) -> _Config:
    if raw is None:
        found += _problems("config_missing")
        return _Config()
    entry = dockerconfig.exact(raw)
    if entry is not None and ":" not in entry.username and "\0" not in entry.password:
        return _Config(entry.registry, (entry.username.encode(), entry.password.encode()))
    try:
        tree = dockerconfig.parse(raw)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code)
        return _Config()
    registry = None
    try:
        registry = dockerconfig.listed_registry(tree)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code, ("list",))
    try:
        export = dockerconfig.export_entry(tree)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code, _EXPORT)
        return _Config(registry)
    return _Config(export.registry, export.credentials(), tree)


def _legs(config: _Config, target: targets.Target, found: list[Problem]) -> tuple[Leg, Leg, bool]:
    """Return both legs of the export, and whether they push with the same credentials, to the host that is named."""
    chart_code = target.chart_refusal or (None if all(config.credentials) else "credentials_missing")
    chart = _leg(target.chart_refusal is None, config.credentials, target.chart)
    image = Leg(target=target.image)
    image_code = target.image_refusal
    if not image_code:
        try:
            taken = _skopeo_credentials(config, target)
            image = _leg(True, taken or (b"", b""), target.image)
            image_code = target.other_host or _image_credentials_code(config, target, taken)
        except dockerconfig.Unreadable as error:
            image_code = error.code
    found += _problems(chart_code, ("chart",)) if chart_code else []
    found += _problems(image_code, ("image",)) if image_code else []
    return chart, image, not (chart_code or image_code)


def _leg(ok: bool, credentials: tuple[bytes, bytes], target: str) -> Leg:
    username, password = map(to_text, credentials)
    return Leg(ok, username, password, target)


def _skopeo_credentials(config: _Config, target: targets.Target) -> tuple[bytes, bytes] | None:
    if config.tree is not None:
        return dockerconfig.skopeo_credentials(config.tree, target.lookups)
    return None if target.unmatched else config.credentials


def _image_credentials_code(config: _Config, target: targets.Target, taken: tuple[bytes, bytes] | None) -> str | None:
    if taken is None:
        return target.unmatched or "auth_missing"
    if not all(taken):
        return "credentials_missing"
    return None if taken == config.credentials else "credentials_differ"

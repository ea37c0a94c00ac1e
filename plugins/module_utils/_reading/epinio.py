# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Epinio reads a destination: is it listed, do both legs of an export accept it, and every reason why not.

Epinio has three readers: the list (C(internal/registry/registry.go), C(ExportRegistries)), and in an export
(C(internal/api/v1/application/export.go)) first Helm, which pushes the chart, then skopeo, which pushes the image.
Followed here: Epinio 1.14, Helm 3.19 with oras-go 2.6.2, containers/image 5.36. No network is involved: a leg that is
C(ok) leaves nothing but the registry's own answer to go wrong.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any, cast

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import (
    certificates,
    dockerconfig,
    skopeo,
    spelling,
    targets,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import (
    CATALOGUE,
    EVERY,
    EXPORT,
    Code,
)
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import Leg as LegName
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import to_text
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    DOCKERCONFIG,
    NAMESPACE_ANNOTATION,
    TLS_CRT,
    TRUE,
    Secret,
    is_secret_name,
)

# As short as it can be, so that nothing is too long because of it.
_ANY_ORGANIZATION = "o"


@dataclasses.dataclass(frozen=True)
class Leg:
    """What one reader makes of a secret: does it accept it, with which credentials, and what does it push to.

    Empty credentials mean that it would go without. Bytes that are not UTF-8 show as U+FFFD. C(target) is None where
    the reader does not get that far. C(identity_token) is what skopeo sends to a token service instead of the password.
    """

    ok: bool = False
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    target: str | None = None
    identity_token: str = dataclasses.field(default="", repr=False)


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


def target_problems(registry: str, organization: str) -> tuple[Problem, ...]:
    """Return what the legs have against a registry and an organization, each thing once; empty means usable.

    Judged for the chart C(ws-app-chart:0.0.0) and the image C(ws-app-image:1a2b3c), whatever the credentials. One thing
    is refused that C(read) does not report: the longest image name that Epinio makes by itself (133 characters) and two
    slashes have to fit into skopeo's 255, so registry and organization may have 120 together.
    """
    target = targets.judge(registry, organization)
    if isinstance(target, str):
        return (_target_problem(target, EXPORT[0], registry, organization),)
    codes = target.codes or ({"image": target.reservation} if target.reservation else {})
    first = {code: leg for leg, code in reversed(codes.items())}
    return tuple(_target_problem(code, leg, registry, organization) for code, leg in reversed(first.items()))


def read(secret: Secret, certificate: Callable[[str], Secret | None]) -> Reading:
    """Return what Epinio makes of a secret.

    C(certificate) returns the secret of that name in the same namespace, or None where there is none; it is asked for
    names that Kubernetes allows, and for no others.
    """
    found: list[Problem] = []
    if secret.labels.get(API_EXPORT_LABEL) != TRUE:
        found += _problems("label_not_true", EVERY)
    organization = None
    if NAMESPACE_ANNOTATION in secret.annotations:
        organization = _text(secret.annotations[NAMESPACE_ANNOTATION])
    else:
        found += _problems("organization_missing", EVERY)
    config = _read_config(secret.data.get(DOCKERCONFIG), found)
    if secret.certificate_secret is not None:
        found += _certificate_problems(secret.certificate_secret, certificate)
    target = None
    if config.registry is not None and organization is not None:
        target = targets.judge(config.registry, organization)
        if isinstance(target, str):
            found += [_target_problem(target, leg, config.registry, organization) for leg in EXPORT]

    listed = not any(problem.leg == "list" for problem in found)
    url = f"{config.registry}/{organization}" if listed else None
    chart, image, agreed = Leg(), Leg(), False
    if isinstance(target, targets.Target) and not any(problem.leg == "chart" for problem in found):
        chart, image, codes = _legs(config, target)
        found += [_target_problem(code, leg, config.registry or "", organization or "") for leg, code in codes.items()]
        agreed = not codes
    return Reading(
        name=secret.name,
        listed=listed,
        url=url,
        registry=config.registry,
        organization=organization,
        username=chart.username or image.username or to_text(config.credentials[0]) or None,
        list=Leg(listed, target=url),
        chart=chart,
        image=image,
        certificate_secret=secret.certificate_secret,
        usable=listed and chart.ok and image.ok and agreed,
        problems=tuple(found),
    )


@functools.cache
def _problem(code: Code, leg: LegName) -> Problem:
    return CATALOGUE.problem(code, leg=leg)


def _target_problem(code: Code, leg: LegName, registry: str, organization: str) -> Problem:
    """Return what a leg has against a registry and an organization, in the option that holds it."""
    if f"{code}:repaired" not in CATALOGUE.cases:
        return _problem(code, leg).at(option=next(iter(CATALOGUE.cases[code].options), None))
    alone = targets.judge(registry, _ANY_ORGANIZATION)
    blamed = (
        "registry" if code == alone or (not isinstance(alone, str) and code in alone.codes.values()) else "organization"
    )
    value = registry if blamed == "registry" else organization
    found = spelling.part_of_registry(value) if blamed == "registry" else spelling.organization(value)
    variant = ":secret" if found.secret else ":repaired" if found.better else ""
    case = cast("Code", code + variant)
    return CATALOGUE.problem(
        case, leg=leg, option=blamed, blamed=blamed, fault=found.fault, value=value, better=found.better
    )


def _problems(code: Code, legs: Iterable[LegName]) -> list[Problem]:
    return [_problem(code, leg) for leg in legs]


def _text(value: Any) -> str:
    """Return an annotation's value as Go holds it."""
    return to_text(str(value or "").encode("utf-8", "surrogatepass"))


def _certificate_problems(name: str, certificate: Callable[[str], Secret | None]) -> list[Problem]:
    secret = certificate(name) if is_secret_name(name) else None
    if secret is None:
        return _problems("certificate_secret_missing", EXPORT)
    if TLS_CRT not in secret.data:
        return _problems("certificate_key_missing", EXPORT)
    bundle = certificates.parse_bundle(secret.data[TLS_CRT])
    return [] if bundle.certificates else _problems("certificate_unusable", EXPORT)


@dataclasses.dataclass(frozen=True)
class _Config:
    """What list and export make of a docker config; C(tree) is there for skopeo where it may read something else."""

    registry: str | None = None
    credentials: tuple[bytes, bytes] = dataclasses.field(default=(b"", b""), repr=False)
    tree: Any = dataclasses.field(default=None, repr=False)


def _read_config(raw: bytes | None, found: list[Problem]) -> _Config:
    if raw is None:
        found += _problems("config_missing", EVERY)
        return _Config()
    entry = dockerconfig.exact(raw)
    if entry is not None and ":" not in entry.username and "\0" not in entry.password:
        return _Config(entry.registry, (entry.username.encode(), entry.password.encode()))
    try:
        tree = dockerconfig.parse(raw)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code, EVERY)
        return _Config()
    registry = None
    try:
        registry = dockerconfig.listed_registry(tree)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code, ("list",))
    try:
        export = dockerconfig.export_entry(tree)
    except dockerconfig.Unreadable as error:
        found += _problems(error.code, EXPORT)
        return _Config(registry)
    return _Config(export.registry, export.credentials(), tree)


def _legs(config: _Config, target: targets.Target) -> tuple[Leg, Leg, dict[LegName, Code]]:
    """Return both legs of the export, and what each has against it; nothing: they push with the same credentials."""
    codes: dict[LegName, Code] = {}
    chart_code: Code | None = target.codes.get("chart") or (None if all(config.credentials) else "credentials_missing")
    chart = _leg(target.chart_refusal is None, config.credentials, target.chart)
    image = Leg(target=target.image)
    image_code: Code | None = target.image_refusal
    if not image_code:
        try:
            taken = _skopeo_credentials(config, target)
            token = _identity_token(config, target)
            image = dataclasses.replace(_leg(True, taken or (b"", b""), target.image), identity_token=token)
            token_code: Code | None = "identity_token" if token else None
            image_code = target.other_host or token_code or _image_credentials_code(config, target, taken)
            image_code = image_code or target.astray
        except dockerconfig.Unreadable as error:
            image_code = error.code
    if chart_code:
        codes["chart"] = chart_code
    if image_code:
        codes["image"] = image_code
    return chart, image, codes


def _leg(ok: bool, credentials: tuple[bytes, bytes], target: str) -> Leg:
    username, password = map(to_text, credentials)
    return Leg(ok, username, password, target)


def _skopeo_credentials(config: _Config, target: targets.Target) -> tuple[bytes, bytes] | None:
    if config.tree is not None:
        return skopeo.credentials(config.tree, target.lookups)
    return None if target.unmatched else config.credentials


def _identity_token(config: _Config, target: targets.Target) -> str:
    return "" if config.tree is None else skopeo.identity_token(config.tree, target.lookups)


def _image_credentials_code(config: _Config, target: targets.Target, taken: tuple[bytes, bytes] | None) -> Code | None:
    if taken is None:
        return target.unmatched or "auth_missing"
    if not all(taken):
        return "credentials_missing"
    return None if taken == config.credentials else "credentials_differ"

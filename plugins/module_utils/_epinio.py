# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Epinio reads a destination: is it listed, do both legs of an export accept it, and every reason why not.

Epinio has three readers: the list (C(internal/registry/registry.go), C(ExportRegistries)), and in an export
(C(internal/api/v1/application/export.go)) first Helm, which pushes the chart, then skopeo, which pushes the image.
Followed here: Epinio 1.14, Helm 3.19 with oras-go 2.6, containers/image 5.36. No network is involved: a leg that is C(ok)
leaves nothing but the registry's own answer to go wrong.
"""

from __future__ import annotations

import binascii
import dataclasses
import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.epinio.registries.plugins.module_utils import _certificates, _dockerconfig
from ansible_collections.epinio.registries.plugins.module_utils._go import clean_path, to_text, url_host
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

__all__ = [
    "API_EXPORT_LABEL",
    "CERTS",
    "CODES",
    "DOCKERCONFIG",
    "NAMESPACE_ANNOTATION",
    "TLS_CRT",
    "TRUE",
    "Leg",
    "Reading",
    "read",
    "target_problems",
]

API_EXPORT_LABEL = "epinio.io/api-export-registry"
NAMESPACE_ANNOTATION = "epinio.io/registry-namespace"
DOCKERCONFIG = ".dockerconfigjson"
CERTS = "certs"
TLS_CRT = "tls.crt"
TRUE = "true"

_CHART, _CHART_TAG = "ws-app-chart", "0.0.0"
_IMAGE, _IMAGE_TAG = "ws-app-image", "1a2b3c"

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
    "config_foreign_key": (_EVERY, "A key beside auths holds something else than an object.", _WRITE_CONFIG),
    "config_number_range": (("list",), "A number in the docker config is too large to be read.", _WRITE_CONFIG),
    "auths_missing": (_EVERY, "The docker config has no auths (in lower case).", _WRITE_CONFIG),
    "auths_empty": (_EVERY, "The docker config has no entry in auths.", _WRITE_CONFIG),
    "auths_several": (
        _EVERY,
        "The docker config has more than one entry in auths.",
        "Keep one entry for each destination.",
    ),
    "entry_wrong_type": (_EXPORT, "An entry is no object, or one of its fields is no string.", _WRITE_CONFIG),
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
    "registry_refused_by_helm": (("chart",), "Helm does not take the registry for a host.", _CANONICAL),
    "organization_refused_by_helm": (
        ("chart",),
        "Helm does not take registry path and organization for a repository name.",
        "Use lower-case letters and digits, single separators . _ __ - between them, and / between parts.",
    ),
    "registry_refused_by_skopeo": (("image",), "skopeo does not take the registry for a host.", _CANONICAL),
    "organization_refused_by_skopeo": (
        ("image",),
        "skopeo does not take registry path and organization for a repository name.",
        "Use lower-case letters and digits, single separators . _ __ - between them, and / between parts.",
    ),
    "organization_too_long": (
        ("image",),
        "Registry and organization are so long that the name of an image can pass skopeo's limit of 255 characters.",
        "Use a shorter organization.",
    ),
    "registry_is_docker_hub": (
        ("image",),
        "skopeo pushes to docker.io, because the registry's first part has neither dot nor port.",
        "Name the host with its domain or port, or docker.io if that is meant.",
    ),
    "registry_other_host": (
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
CODES: Mapping[str, str] = {code: meaning for code, (_, meaning, _) in _TABLE.items()}

#: The legs whose problems a code can be.
CODE_LEGS: Mapping[str, tuple[str, ...]] = {code: legs for code, (legs, _, _) in _TABLE.items()}


@functools.cache
def _problem(code: str, leg: str) -> Problem:
    _, message, remedy = _TABLE[code]
    return Problem(code, message, remedy, leg=leg)


@dataclasses.dataclass(frozen=True)
class Leg:
    """What one reader makes of a secret: does it accept it, with which credentials, and what does it push to.

    Empty credentials mean that it would go without. Bytes that are not UTF-8 show as U+FFFD. C(target) is None where the
    reader does not get that far.
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


# Where the legs push to


@dataclasses.dataclass(frozen=True)
class _Target:
    """Where both legs push to with a registry and an organization, and what they have against that."""

    chart: str
    image: str
    #: The keys of auths that skopeo looks for: the image's whole name first, its host last.
    lookups: tuple[str, ...]
    #: Each of these is a code, or None where there is nothing to say.
    chart_refusal: str | None
    image_refusal: str | None
    other_host: str | None
    unmatched: str | None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What speaks against it, whatever the credentials."""
        image = (self.image_refusal, self.other_host or self.unmatched)
        found = [_problem(self.chart_refusal, "chart")] if self.chart_refusal else []
        return tuple(found + [_problem(code, "image") for code in image if code])


_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(f"{_PART}(?:/{_PART})*")  # oras-go, and the same in distribution/reference
_DOMAIN = re.compile(r"[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*(?:\.[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*)*(?::[0-9]+)?")
_NAME_LIMIT = 255  # distribution/reference, NameTotalLengthMax, the host included

# Epinio names an image NAMESPACE-APP-image by default; Kubernetes lets both names have 63 characters.
_LONGEST_IMAGE = 63 + len("-") + 63 + len("-image")


def _without(prefixes: Iterable[str], text: str) -> str:
    for prefix in prefixes:
        text = text[len(prefix) :] if text.startswith(prefix) else text
    return text


@functools.lru_cache(maxsize=4096)
def _target(registry: str, organization: str) -> _Target | str:
    """Judge a registry and an organization; a code instead where the export stops before either leg."""
    destination = f"{registry}/{organization}"
    try:
        host = url_host(destination if "://" in destination else f"oci://{destination}")
    except ValueError:
        return "registry_not_url"
    if not host:
        return "registry_without_host"
    trimmed = _without(("oci://", "https://", "http://"), destination)
    chart = clean_path(
        f"{_without(('oci://',), destination) if destination.startswith('oci://') else trimmed}/{_CHART}"
    )
    image = _normalized_name(f"{trimmed}/{_IMAGE}")
    refusal = _image_refusal(image)
    if refusal:
        return _Target(
            f"{chart}:{_CHART_TAG}",
            f"{trimmed}/{_IMAGE}:{_IMAGE_TAG}",
            (),
            _chart_refusal(host, chart),
            refusal,
            None,
            None,
        )
    parts = image.split("/")
    lookups = tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    matched = registry in lookups or _dockerconfig.matches_host(registry, parts[0])
    named = _without(("oci://", "https://", "http://"), registry).partition("/")[0]
    other_host = None if parts[0] == named else "registry_other_host" if matched else "registry_is_docker_hub"
    return _Target(
        f"{chart}:{_CHART_TAG}",
        f"{image}:{_IMAGE_TAG}",
        lookups,
        _chart_refusal(host, chart),
        None,
        other_host,
        None if matched else "registry_key_unmatched",
    )


def _chart_refusal(host: str, reference: str) -> str | None:
    """Judge a chart's reference without its tag: C(remote.NewRegistry) for the login, C(registry.ParseReference) for the push."""
    registry, slash, repository = reference.partition("/")
    for candidate in (host, registry):
        try:
            fine = bool(candidate) and url_host(f"dummy://{candidate}", request=True) == candidate
        except ValueError:
            fine = False
        if not fine:
            return "registry_refused_by_helm"
    if not slash or not _REPOSITORY.fullmatch(repository):
        return "organization_refused_by_helm"
    return None


def _normalized_name(image: str) -> str:
    """Return the name that C(reference.ParseNormalizedNamed) parses: with docker.io in front where no host is meant."""
    host, slash, rest = image.partition("/")
    if not slash or (host != "localhost" and "." not in host and ":" not in host):
        return f"docker.io/{image}"
    return (
        f"docker.io/{rest if '/' in rest else 'library/' + rest}" if host in ("index.docker.io", "docker.io") else image
    )


def _image_refusal(name: str) -> str | None:
    host, _, repository = name.partition("/")
    if not _REPOSITORY.fullmatch(repository):
        return "organization_refused_by_skopeo"
    if not _DOMAIN.fullmatch(host) and not _REPOSITORY.fullmatch(host):
        return "registry_refused_by_skopeo"
    return "organization_too_long" if len(name) > _NAME_LIMIT else None


def target_problems(registry: str, organization: str) -> tuple[Problem, ...]:
    """Return what the legs have against a registry and an organization, whatever the credentials; empty means usable.

    Judged for the chart C(ws-app-chart:0.0.0) and the image C(ws-app-image:1a2b3c). Besides, the longest image name that
    Epinio can make by itself (132 characters) has to fit into skopeo's 255: registry and organization may have 121 together.
    """
    target = _target(registry, organization)
    if isinstance(target, str):
        return tuple(_problem(target, leg) for leg in _EXPORT)
    if not target.problems and len(target.lookups[0]) - len(_IMAGE) + _LONGEST_IMAGE > _NAME_LIMIT:
        return (_problem("organization_too_long", "image"),)
    return target.problems


# Reading a secret


def _decoded(data: Mapping[str, Any], key: str) -> bytes:
    try:
        return binascii.a2b_base64(data.get(key) or "")
    except (ValueError, TypeError):
        return b""


def read(secret: Mapping[str, Any], certificate_data: Callable[[str], Mapping[str, bytes | str] | None]) -> Reading:
    """Return what Epinio makes of a secret.

    C(secret) is the Kubernetes object as the API gives it (data in base64). C(certificate_data) returns the data of the
    secret of that name in the same namespace, in base64, or None where there is none; it is asked for possible names only.
    """
    metadata = secret.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    data = secret.get("data") or {}
    found: list[Problem] = []

    def report(code: str, legs: Iterable[str] = _EVERY) -> None:
        found.extend(_problem(code, leg) for leg in legs)

    organization = None
    if (metadata.get("labels") or {}).get(API_EXPORT_LABEL) != TRUE:
        report("label_not_true")
    if NAMESPACE_ANNOTATION in annotations:
        organization = _clean(annotations[NAMESPACE_ANNOTATION])
    else:
        report("organization_missing")
    config = None
    if DOCKERCONFIG in data:
        config = _Config(_decoded(data, DOCKERCONFIG), report)
    else:
        report("config_missing")
    certificate_secret = to_text(_decoded(data, CERTS)) or None
    if certificate_secret is not None:
        code = _certificate_refusal(certificate_secret, certificate_data)
        if code:
            report(code, _EXPORT)

    target = None
    if config and config.registry is not None and organization is not None:
        target = _target(config.registry, organization)
        if isinstance(target, str):
            report(target, _EXPORT)

    listed = not any(problem.leg == "list" for problem in found)
    url = f"{config.registry}/{organization}" if listed and config else None
    chart, image = Leg(), Leg()
    same = False
    if config and isinstance(target, _Target) and not any(problem.leg == "chart" for problem in found):
        chart, image, same = _legs(config, target, found)
    username = chart.username or image.username or (config and _shown(config.credentials[0])) or None
    return Reading(
        name=metadata.get("name") or "",
        listed=listed,
        url=url,
        registry=config.registry if config else None,
        organization=organization,
        username=username,
        list=Leg(listed, target=url),
        chart=chart,
        image=image,
        certificate_secret=certificate_secret,
        usable=listed and chart.ok and image.ok and same,
        problems=tuple(found),
    )


_SECRET_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def _certificate_refusal(name: str, certificate_data: Callable[[str], Mapping[str, bytes | str] | None]) -> str | None:
    data = certificate_data(name) if len(name) <= 253 and _SECRET_NAME.fullmatch(name) else None
    if data is None:
        return "certificate_secret_missing"
    if TLS_CRT not in data:
        return "certificate_key_missing"
    return None if _certificates.parse_bundle(_decoded(data, TLS_CRT)).certificates else "certificate_unusable"


def _clean(text: Any) -> str:
    """Return an annotation's value as Go holds it."""
    return to_text(str(text or "").encode("utf-8", "surrogatepass"))


def _shown(text: bytes) -> str:
    return to_text(text)


class _Config:
    """A docker config as the three readers parse it; what the list and the export refuse is reported at once."""

    def __init__(self, raw: bytes, report: Callable[..., None]) -> None:
        self.registry: str | None = None
        self.credentials: tuple[bytes, bytes] = (b"", b"")
        self.tree: Any = None
        entry = _dockerconfig.exact(raw)
        if entry is not None and ":" not in entry.username and entry.password.strip("\0") == entry.password:
            self.registry = entry.registry
            self.credentials = (entry.username.encode(), entry.password.encode())
            return
        try:
            self.tree = _dockerconfig.parse(raw)
        except _dockerconfig.Unreadable as error:
            report(error.code)
            return
        try:
            self.registry = _dockerconfig.listed_registry(self.tree)
        except _dockerconfig.Unreadable as error:
            report(error.code, ("list",))
        try:
            export = _dockerconfig.export_entry(self.tree)
        except _dockerconfig.Unreadable as error:
            report(error.code, _EXPORT)
        else:
            self.registry = export.registry
            self.credentials = export.credentials()

    def skopeo(self, target: _Target) -> tuple[bytes, bytes] | None:
        """Return what skopeo takes for the image; raise Unreadable where it fails."""
        if self.tree is None:
            return None if target.unmatched else self.credentials
        return _dockerconfig.skopeo_credentials(self.tree, target.lookups)


def _legs(config: _Config, target: _Target, found: list[Problem]) -> tuple[Leg, Leg, bool]:
    """Return both legs of the export, and whether they push with the same credentials to the same host."""
    username, password = config.credentials
    chart = Leg(target.chart_refusal is None, _shown(username), _shown(password), target.chart)
    if target.chart_refusal:
        found.append(_problem(target.chart_refusal, "chart"))
    if not username or not password:
        found.append(_problem("credentials_missing", "chart"))
    if target.image_refusal:
        found.append(_problem(target.image_refusal, "image"))
        return chart, Leg(target=target.image), False
    try:
        taken = config.skopeo(target)
    except _dockerconfig.Unreadable as error:
        found.append(_problem(error.code, "image"))
        return chart, Leg(target=target.image), False
    image = Leg(True, *map(_shown, taken or (b"", b"")), target=target.image)
    if target.other_host:
        code = target.other_host
    elif taken is None:
        code = target.unmatched or "auth_missing"
    elif not all(taken):
        code = "credentials_missing"
    else:
        code = "credentials_differ" if taken != config.credentials else None
    if code:
        found.append(_problem(code, "image"))
    return chart, image, code is None and all(config.credentials)

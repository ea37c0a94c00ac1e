# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Helm and skopeo push to with a registry and an organization, and what each has against that.

Followed here: Epinio 1.14 (C(decodeDestination), C(trimSchemes) in C(internal/api/v1/application/export.go)), Helm 3.19
with oras-go 2.6 (C(registry.ParseReference)), containers/image 5.36 (C(docker/reference), C(pkg/docker/config)).
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable

from ansible_collections.epinio.registries.plugins.module_utils._reading import skopeo
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import Code, Leg
from ansible_collections.epinio.registries.plugins.module_utils._reading.go import clean_path, url_host

_CHART, _CHART_TAG = "ws-app-chart", "0.0.0"
_IMAGE, _IMAGE_TAG = "ws-app-image", "1a2b3c"

_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(f"{_PART}(?:/{_PART})*")  # the same in oras-go and in docker/reference
_LABEL = "[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]+)?")
_NAME_LIMIT = 255  # docker/reference, NameTotalLengthMax, the host included

# Go's net.isDomainName: labels of at most 63 characters, 253 in all, and something else than digits and dots.
_ADDRESS = re.compile(r"(?=.{1,253}\Z)(?=.*[^0-9.])[^.]{1,63}(?:\.[^.]{1,63})*")
_LAST_PORT = 65535
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")

# Epinio names an image NAMESPACE-APP-image by default; Kubernetes lets both names have 63 characters.
_LONGEST_IMAGE = 63 + len("-") + 63 + len("-image")

_SCHEMES = ("oci://", "https://", "http://")


@dataclasses.dataclass(frozen=True)
class Target:
    """What both legs push to, for the chart C(ws-app-chart:0.0.0) and the image C(ws-app-image:1a2b3c).

    C(lookups) are the keys of C(auths) that skopeo looks for: the image's whole name first, its host last. The others
    are codes of C(catalogue.Code), or None where there is nothing against it: C(unmatched) where skopeo does not find
    the registry's own key, C(other_host) where the image goes to another host than that key names.
    """

    chart: str
    image: str
    chart_refusal: Code | None
    image_refusal: Code | None
    lookups: tuple[str, ...] = ()
    unmatched: Code | None = None
    other_host: Code | None = None

    @property
    def codes(self) -> dict[Leg, Code]:
        """The first thing that each leg has against it, whatever the credentials: leg -> code."""
        codes: dict[Leg, Code] = {}
        chart = self.chart_refusal or (None if self.astray == "registry_underscore" else self.astray)
        if chart:
            codes["chart"] = chart
        image = self.image_refusal or self.other_host or self.unmatched or self.astray
        if image:
            codes["image"] = image
        return codes

    @property
    def astray(self) -> Code | None:
        """A code where skopeo, or both, take the reference and can connect to no host that is named so."""
        if not self.lookups:
            return None
        host = self.lookups[-1]
        return _unreachable(host) if _DOMAIN.fullmatch(host) else "registry_underscore"

    @property
    def reservation(self) -> Code | None:
        """A code for what ends well with some applications, and not with all."""
        longest = len(self.lookups[0]) - len(_IMAGE) + _LONGEST_IMAGE if self.lookups else 0
        return "organization_too_long" if longest > _NAME_LIMIT else None


def judge(registry: str, organization: str) -> Target | Code:
    """Judge a registry and an organization; a code instead where the export stops before either leg."""
    short = len(registry) + len(organization) < 4 * _NAME_LIMIT
    return _cached(registry, organization) if short else _judge(registry, organization)


def is_repository(text: str) -> bool:
    """Say whether both legs take a text for the name of a repository."""
    return bool(_REPOSITORY.fullmatch(text))


def _judge(registry: str, organization: str) -> Target | Code:
    destination = f"{registry}/{organization}"
    try:
        host = url_host(destination if "://" in destination else f"oci://{destination}")
    except ValueError:
        return "registry_not_url"
    if not host:
        return "registry_without_host"
    trimmed = _without(_SCHEMES, destination)
    pushed = _without(_SCHEMES[:1] if destination.startswith(_SCHEMES[0]) else _SCHEMES, destination)
    chart = clean_path(f"{pushed}/{_CHART}")
    image = _normalized_name(f"{trimmed}/{_IMAGE}")
    refusal = _image_refusal(image)
    target = Target(
        chart=f"{chart}:{_CHART_TAG}",
        image=f"{trimmed}/{_IMAGE}:{_IMAGE_TAG}" if refusal else f"{image}:{_IMAGE_TAG}",
        chart_refusal=_chart_refusal(host, chart),
        image_refusal=refusal,
    )
    return target if refusal else _matched(target, registry, image.split("/"))


# Many destinations share a registry and an organization.
_cached = functools.lru_cache(maxsize=4096)(_judge)


def _without(prefixes: Iterable[str], text: str) -> str:
    for prefix in prefixes:
        text = text[len(prefix) :] if text.startswith(prefix) else text
    return text


def _matched(target: Target, registry: str, parts: list[str]) -> Target:
    """Add which keys skopeo looks for, and whether the registry's own is one of them and names the image's host."""
    lookups = tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    matched = registry in lookups or skopeo.matches_host(registry, parts[0])
    other_host: Code | None = None
    if _without(_SCHEMES, registry).partition("/")[0] != parts[0]:
        other_host = "registry_is_other_name" if matched else "registry_not_qualified"
    unmatched: Code | None = None if matched else "registry_key_unmatched"
    return dataclasses.replace(target, lookups=lookups, unmatched=unmatched, other_host=other_host)


def _is_host(text: str) -> bool:
    """Say whether oras-go takes a text for a registry (C(Reference.ValidateRegistry))."""
    try:
        return bool(text) and url_host(f"dummy://{text}", request=True) == text
    except ValueError:
        return False


def _unreachable(authority: str) -> Code | None:
    """Return a code where Go can connect to no such host and port, whatever the network is."""
    host, _separator, port = authority.partition(":")
    if port and not 0 < int(port) <= _LAST_PORT:
        return "registry_port_invalid"
    return None if _ADDRESS.fullmatch(host) or _IPV4.fullmatch(host) else "registry_no_address"


def _chart_refusal(host: str, reference: str) -> Code | None:
    """Judge what Helm logs in to, and a chart's reference without its tag."""
    registry, _separator, repository = reference.partition("/")
    if not _is_host(host) or not _is_host(registry):
        return "registry_invalid"
    return None if _REPOSITORY.fullmatch(repository) else "organization_invalid"


def _normalized_name(image: str) -> str:
    """Return the name that C(reference.ParseNormalizedNamed) parses: with docker.io in front where no host is meant."""
    host, _separator, rest = image.partition("/")
    if host != "localhost" and "." not in host and ":" not in host:
        return f"docker.io/{image}"
    return f"docker.io/{rest}" if host == "index.docker.io" else image


def _image_refusal(name: str) -> Code | None:
    host, _separator, repository = name.partition("/")
    if not _DOMAIN.fullmatch(host) and not _REPOSITORY.fullmatch(host):
        return "registry_invalid"
    if not _REPOSITORY.fullmatch(repository):
        return "organization_invalid"
    return "organization_too_long" if len(name) > _NAME_LIMIT else None

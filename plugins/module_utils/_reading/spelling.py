# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people write where a registry, an organization or a name belongs: the first thing wrong, and what is meant."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from ansible_collections.epinio.registries.plugins.module_utils._reading import targets
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import is_secret_name

DOCKER_HUB = "docker.io"
#: Hosts that people know Docker Hub by; on the canonical one alone do Helm and skopeo agree.
_DOCKER_HUB = re.compile(r"(?:(?:www|index|registry|registry-1|auth|hub)\.)?docker\.io|(?:[a-z0-9-]+\.)*docker\.com")
#: Web pages whose registry has another host, and hosts that have registries for each account.
_WEB_HOSTS = {"github.com": "ghcr.io", "gitlab.com": "registry.gitlab.com"}
_WEB_PATH = re.compile(r"[?#]|^(?:repository|organization|user|harbor|ui|artifacts|orgs|settings|projects)(?:/|$)")
_API_PATH = re.compile(r"^v[12](?:/|$)|(?:^|/)api(?:/|$)")
_DIGEST = re.compile(r"@sha(?:256|512):[0-9a-f]+$")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
#: Those that are shown; any other word before :// may be a secret that lost its way.
_SCHEMES = {"http://", "https://", "oci://", "docker://"}
_CLIENTS = {"docker", "podman", "skopeo", "helm", "oras", "crane", "nerdctl", "buildah"}
_ANY_ORGANIZATION = "o"

#: The first that is found in a repository's name is what is said of it.
_FAULTS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"^$", "is empty"),
        (r"[\r\n]", "has a line end"),
        (r"\s", "has white space"),
        (r"://", "is an address"),
        (r"[A-Z]", "has upper-case letters"),
        (r"^/", "begins with a slash"),
        (r"/$", "ends with a slash"),
        (r"//", "has two slashes in a row"),
        (r"(?:^|/)\.\.?(?:/|$)", "has a part of nothing but dots"),
        (r":", "has a colon"),
        (r"@", "has an '@'"),
        (r"[^\x00-\x7f]", "has letters outside ASCII"),
        (r"[^a-z0-9._/-]", "has other characters than letters, digits, '.', '_', '-' and '/'"),
        (r"(?:^|/)[._-]", "has a part that begins with '.', '_' or '-'"),
        (r"[._-](?:/|$)", "has a part that ends with '.', '_' or '-'"),
        (r"[._-]{2}", "has separators in a row"),
    )
)
_HOST_FAULTS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"[\r\n]", "has a line end"),
        (r"\s", "has white space"),
        (r"^$", "names no host"),
        (r"\[|:.*:", "has an IPv6 address for its host"),
        (r"[^\x00-\x7f]", "has letters outside ASCII"),
        (r":$", "has a colon without a port"),
        (r":.*[^0-9]", "has a port that is not a number"),
        (r"\.\.", "has two dots in a row"),
        (r"^[.-]|[.-](?::|$)|[.-]{2}", "has a part of the host that begins or ends with '-', or is empty"),
        (r"", "has other characters in its host than letters, digits, '-' and '.'"),
    )
)


@dataclasses.dataclass(frozen=True)
class Spelling:
    """What is wrong with a text, as words behind it; ``better`` is what is meant, where that can be told.

    ``secret``: it holds a user name or a password, and must not be shown.
    """

    fault: str
    better: str | None = None
    secret: bool = False


def registry(text: str) -> Spelling | None:
    """Judge what should be C(host[:port][/path]): None where it has this form, whatever the legs say of its parts."""
    argument = _last_argument(text)
    if has_login(argument or text):
        return Spelling("holds a user name or a password before an '@'", secret=True)
    if argument:
        inner = registry(argument)
        return Spelling("is a command", inner.better if inner else _usable(argument.partition("/")[0]))
    plain = _SCHEME.sub("", text.strip())
    host, _slash, path = plain.partition("/")
    host = host.lower()
    if _DOCKER_HUB.fullmatch(host) and host != DOCKER_HUB:
        return Spelling(f"is Docker Hub, which is named {DOCKER_HUB} here", DOCKER_HUB)
    if host in _WEB_HOSTS or _WEB_PATH.search(path):
        return Spelling("is the address of a web page", _usable(_WEB_HOSTS.get(host, host)))
    if _API_PATH.search(path):
        return Spelling("is the address of an API", _usable(host))
    if _DIGEST.search(plain) or ":" in path:
        return Spelling("is an image, with its tag or digest", _usable(host))
    return _noncanonical(text)


def meant(text: str) -> str:
    """Return the canonical name of the registry that is meant; the text itself where that cannot be told."""
    found = registry(text)
    return found.better if found and found.better else text


def _last_argument(text: str) -> str | None:
    """Return what a command line of a registry's client ends with; None where a text is not such a line."""
    words = text.split()
    if words[:1] == ["sudo"]:
        del words[0]
    return words[-1] if len(words) > 1 and words[0] in _CLIENTS else None


def _noncanonical(text: str) -> Spelling | None:
    better = canonical(text)
    if better == text:
        return None
    scheme = _SCHEME.match(text.strip())
    if text != text.strip():
        fault = "has white space at an end"
    elif scheme:
        known = scheme[0].lower() in _SCHEMES
        fault = f"has {scheme[0] if known else 'a scheme'} before the host"
    elif text != text.lower():
        fault = "has upper-case letters"
    else:
        fault = "ends with a slash"
    return Spelling(fault, _usable(better))


def canonical(text: str) -> str:
    """Return host[:port][/path] as it should stand in the docker config; itself where it is canonical already."""
    return _SCHEME.sub("", text.strip()).rstrip("/").lower()


def has_login(text: str) -> bool:
    """Say whether a text holds what may be a user name or a password: an C(@) that begins no digest."""
    return "@" in _DIGEST.sub("", text.strip())


def _usable(text: str) -> str | None:
    target = targets.judge(text, _ANY_ORGANIZATION)
    return None if isinstance(target, str) or target.codes else text


def part_of_registry(text: str) -> Spelling:
    """Say what the legs have against a registry that has the form C(host[:port][/path])."""
    found = registry(text)
    if found is not None:
        return found
    host, _slash, path = text.partition("/")
    fault = _first(_FAULTS, path) if _usable(host) else _first(_HOST_FAULTS, host)
    return Spelling(fault or "makes no name of a repository")


def organization(text: str) -> Spelling:
    """Say what the legs have against an organization."""
    if has_login(text):
        return Spelling("holds an '@', as before a host or a digest", secret=True)
    better = re.sub("/{2,}", "/", text.strip().lower()).strip("/")
    repaired = "://" not in text and targets.is_repository(better)
    return Spelling(_first(_FAULTS, text) or "makes no name of a repository", better if repaired else None)


def secret_name(text: str) -> Spelling:
    """Say what Kubernetes has against the name of a secret (RFC 1123 subdomain)."""
    better = re.sub(r"[_\s]+", "-", text.strip().lower()).strip("-.")
    faults = [(re.compile("/"), "has a slash"), (re.compile("_"), "has an underscore"), *_FAULTS]
    fault = _first(faults, text) or "is not a name of a Kubernetes secret (RFC 1123 subdomain)"
    return Spelling(fault, better if is_secret_name(better) else None)


def _first(faults: Sequence[tuple[re.Pattern[str], str]], text: str) -> str | None:
    return next((said for pattern, said in faults if pattern.search(text)), None)

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options become frozen destinations, or a list of everything that is wrong with them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates
from ansible_collections.epinio.registries.plugins.module_utils._reading import epinio as _epinio
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import (
    MAX_NAME,
    SUBDOMAIN,
    is_secret_name,
)

__all__ = ["Destination", "Parsed", "SharedCertificate", "parse_certificate", "parse_destinations"]

#: Suffix of the certificate secret that keeps an inline certificate.
CERTIFICATE_SUFFIX = "-certificate"
#: Kubernetes' qualified name (the part behind the slash) and label value.
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
#: Total of keys and values of all annotations, bytes (k8s.io/apimachinery, TotalAnnotationSizeLimitB).
_MAX_ANNOTATIONS = 256 * 1024
#: Epinio keeps its own registry credentials under this name; writing there breaks Epinio.
_RESERVED_NAMES = frozenset({"registry-creds"})
_RESERVED_PREFIXES = ("epinio.io", "epinio.registries")
#: RFC 7617, section 2: user-id and password must not contain control characters.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"^(?:https?|oci|docker)://", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Destination:
    """One valid item of the user's list; ``certificate_secret`` is the name that ``certs`` will hold, or none."""

    index: int | None
    name: str
    present: bool = True
    registry: str = ""
    organization: str = ""
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    certificate: str | None = dataclasses.field(default=None, repr=False)
    certificate_secret: str | None = None
    keep_password: bool = False
    adopt: bool = False
    recreate: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def own_certificate_secret(self) -> str:
        """Return the name of the certificate secret that belongs to this destination alone."""
        return self.name + CERTIFICATE_SUFFIX


@dataclasses.dataclass(frozen=True)
class SharedCertificate:
    """One valid certificate secret that several destinations may name."""

    name: str
    present: bool = True
    certificate: str = dataclasses.field(default="", repr=False)
    adopt: bool = False
    recreate: bool = False
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What the options said: the items in their order, every problem, every warning."""

    items: Sequence[Any]
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


class _Checks:
    """Collects the problems of one item."""

    def __init__(self, index: int | None, name: Any) -> None:
        self.where: dict[str, Any] = {"index": index, "name": name if isinstance(name, str) else None}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def refuse(self, code: str, option: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, message, remedy, option=option, **self.where))

    def secret_name(self, value: str | None, option: str, *, longest: int = MAX_NAME) -> None:
        if not value:
            self.refuse("option_required", option, "It is missing or empty.", f"Set {option}.")
        elif len(value) > longest and SUBDOMAIN.fullmatch(value):
            self.refuse(
                "name_too_long",
                option,
                f"It has {len(value)} characters; {longest} are allowed here.",
                "Use a shorter name."
                if longest == MAX_NAME
                else "Use a shorter name, or give the certificate secret a name of its own with certificate_secret.",
            )
        elif not is_secret_name(value) or len(value) > longest:
            self.refuse(
                "name_invalid",
                option,
                f"{_quoted(value)} is not a name of a Kubernetes secret (RFC 1123 subdomain).",
                "Use lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit.",
            )

    def text(self, value: Any, option: str) -> str | None:
        """Return a user name or password that HTTP Basic authentication can carry (RFC 7617), or refuse it."""
        if value is None or value == "":
            self.refuse("option_required", option, "It is missing or empty.", f"Set {option}.")
            return None
        if not isinstance(value, str):
            self.refuse(
                "not_text",
                option,
                "It is not text: YAML reads an unquoted number, date or boolean as something else and may change it.",
                "Put it in quotes.",
            )
            return None
        if _CONTROL.search(value):
            self.refuse(
                "control_character",
                option,
                "It holds a control character (a line break at the end, most of the time); registries and Epinio's two "
                "pushes do not agree on such a value.",
                "Remove it, for instance with the trim filter.",
            )
            return None
        if not _encodable(value):
            self.refuse("not_text", option, "It cannot be written as UTF-8.", "Check how the value was read.")
            return None
        return value

    def metadata(self, item: Mapping[str, Any]) -> None:
        """Check extra labels and annotations as the API server does, and keep Epinio's keys and ours out of them."""
        for option in ("labels", "annotations"):
            for key, value in (item.get(option) or {}).items():
                prefix, slash, tail = str(key).rpartition("/")
                if prefix.lower() in _RESERVED_PREFIXES:
                    self.refuse(
                        "metadata_reserved",
                        option,
                        f"{_quoted(key)} belongs to Epinio or to this collection.",
                        "Remove it.",
                    )
                elif (
                    not isinstance(key, str) or (slash and not is_secret_name(prefix)) or not _QUALIFIED.fullmatch(tail)
                ):
                    self.refuse(
                        "metadata_invalid",
                        option,
                        f"{_quoted(key)} is not a Kubernetes key.",
                        "Use [prefix/]name, the name at most 63 letters, digits, '-', '_' and '.'.",
                    )
                elif not isinstance(value, str) or not _encodable(value):
                    self.refuse(
                        "metadata_invalid", option, f"The value of {_quoted(key)} is not text.", "Put it in quotes."
                    )
                elif option == "labels" and not _LABEL_VALUE.fullmatch(value):
                    self.refuse(
                        "metadata_invalid",
                        option,
                        f"The value of {_quoted(key)} is not a label value.",
                        "Use at most 63 letters, digits, '-', '_' and '.', or an annotation.",
                    )
        size = sum(
            len(k.encode(errors="replace")) + len(v.encode(errors="replace"))
            for k, v in (item.get("annotations") or {}).items()
            if isinstance(k, str) and isinstance(v, str)
        )
        if size > _MAX_ANNOTATIONS:
            self.refuse(
                "metadata_invalid",
                "annotations",
                f"They hold {size} bytes; {_MAX_ANNOTATIONS} are allowed.",
                "Shorten them.",
            )

    def bundle(self, pem: str, host: str | None) -> None:
        errors, warnings = certificates.problems(pem, host=host)
        self.problems += [problem.at(option="certificate", **self.where) for problem in errors]
        self.warnings += [problem.at(option="certificate", **self.where) for problem in warnings]


def parse_destinations(items: Sequence[Mapping[str, Any]], *, many: bool) -> Parsed:
    """Turn the items of C(destinations), or the options of a single module (``many`` false), into Destinations."""
    destinations: list[Destination] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for number, item in enumerate(items):
        checks = _Checks(number if many else None, item.get("name"))
        destination = _destination(item, checks)
        destinations.append(destination)
        problems += checks.problems
        warnings += checks.warnings
    problems += _between(destinations)
    return Parsed(destinations, problems, warnings)


def parse_certificate(item: Mapping[str, Any]) -> Parsed:
    """Turn the options of C(export_registry_certificate) into one SharedCertificate."""
    checks = _Checks(None, item.get("name"))
    checks.secret_name(item.get("name"), "name")
    _reserved(item.get("name"), "name", checks)
    pem = item.get("certificate")
    present = item.get("state", "present") == "present"
    if present:
        checks.metadata(item)
        if pem:
            checks.bundle(pem, None)
        else:
            checks.refuse("option_required", "certificate", "It is missing or empty.", "Set certificate.")
    certificate = SharedCertificate(
        name=item.get("name") or "", present=present, certificate=pem or "", **_common(item)
    )
    return Parsed([certificate], checks.problems, checks.warnings)


def _destination(item: Mapping[str, Any], checks: _Checks) -> Destination:
    name = item.get("name") or ""
    present = item.get("state", "present") == "present"
    pem = item.get("certificate") or None
    secret = item.get("certificate_secret") or None
    inline = present and pem is not None and secret is None
    checks.secret_name(name, "name", longest=MAX_NAME - len(CERTIFICATE_SUFFIX) if inline else MAX_NAME)
    _reserved(name, "name", checks)
    if not present:
        return Destination(checks.where["index"], name, present=False)
    registry = item.get("registry")
    organization = item.get("organization")
    _target(registry, organization, checks)
    username = checks.text(item.get("registry_username"), "registry_username")
    if username and ":" in username:
        checks.refuse(
            "username_colon",
            "registry_username",
            "It holds a colon; everything behind the colon would become part of the password (RFC 7617).",
            "Use the user name that the registry gave, without a colon.",
        )
    password = checks.text(item.get("registry_password"), "registry_password")
    if secret is not None:
        checks.secret_name(secret, "certificate_secret")
        _reserved(secret, "certificate_secret", checks)
    if pem is not None:
        checks.bundle(pem, registry)
    checks.metadata(item)
    return Destination(
        index=checks.where["index"],
        name=name,
        registry=registry or "",
        organization=organization or "",
        username=username or "",
        password=password or "",
        certificate=pem,
        certificate_secret=secret or (name + CERTIFICATE_SUFFIX if pem is not None else None),
        keep_password=item.get("update_password") == "on_create",
        **_common(item),
    )


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "adopt": bool(item.get("adopt")),
        "recreate": bool(item.get("recreate")),
        "labels": dict(item.get("labels") or {}),
        "annotations": dict(item.get("annotations") or {}),
    }


def _reserved(value: Any, option: str, checks: _Checks) -> None:
    if value in _RESERVED_NAMES:
        checks.refuse(
            "name_reserved", option, f"{value} is where Epinio keeps its own registry credentials.", "Use another name."
        )


# As short as they can be, so that nothing is too long because of them.
_ANY_REGISTRY, _ANY_ORGANIZATION = "a.b", "o"


def _target(registry: str | None, organization: str | None, checks: _Checks) -> None:
    """Check registry and organization by what both legs accept; name the canonical form where it is not that."""
    for option, value in (("registry", registry), ("organization", organization)):
        if not value:
            checks.refuse("option_required", option, "It is missing or empty.", f"Set {option}.")
    canonical = _canonical(registry or "")
    if canonical != registry and registry:
        usable = canonical and not _epinio.target_problems(canonical, _ANY_ORGANIZATION)
        checks.refuse(
            "registry_not_canonical",
            "registry",
            f"{_quoted(registry)} is not in canonical form (host[:port][/path], lower case, no scheme, no trailing "
            "slash).",
            f"Use {_quoted(canonical)}." if usable else "Use the registry's host name.",
        )
        canonical = canonical if usable else ""
    found = _target_problems(canonical, organization)
    if found:  # the first may hide another of the other option
        found += _target_problems(canonical, None) + _target_problems(None, organization)
    for problem in {problem.code: problem for problem in found}.values():
        checks.problems.append(problem.at(option=_option_of(problem), leg=None, **checks.where))


def _target_problems(registry: str | None, organization: str | None) -> list[Problem]:
    return [*_epinio.target_problems(registry or _ANY_REGISTRY, organization or _ANY_ORGANIZATION)]


def _option_of(problem: Problem) -> str:
    return "organization" if problem.code.startswith("organization") else "registry"


def _canonical(registry: str) -> str:
    """Return host[:port][/path] as it should stand in the docker config; itself where it is canonical already."""
    return _SCHEME.sub("", registry.strip()).rstrip("/").lower()


def _between(destinations: Sequence[Destination]) -> Iterable[Problem]:
    """Yield what is wrong between items: names twice, and two items that want the same secret."""
    first: dict[str, Destination] = {}
    for item in destinations:
        earlier = first.setdefault(item.name, item)
        if earlier is not item and item.name:
            yield Problem(
                "name_duplicate",
                f"{_quoted(item.name)} stands already at destinations[{earlier.index}].",
                "Keep one of the two.",
                index=item.index,
                name=item.name,
                option="name",
            )
    content: dict[str, Destination] = {}
    for item in destinations:
        secret = item.certificate_secret
        if secret is None:
            continue
        option = "name" if secret == item.own_certificate_secret else "certificate_secret"
        other = first.get(secret)
        if other is not None:
            yield Problem(
                "secret_conflict",
                f"Its certificate secret {_quoted(secret)} is also the authentication secret of "
                f"{'this destination' if other is item else f'destinations[{other.index}]'}.",
                "Give one of the two another name.",
                index=item.index,
                name=item.name,
                option=option,
            )
        if item.certificate is None:
            continue
        earlier = content.setdefault(secret, item)
        if not certificates.same(earlier.certificate or "", item.certificate):
            yield Problem(
                "certificate_conflict",
                f"The certificate secret {_quoted(secret)} would get another certificate by "
                f"destinations[{earlier.index}].",
                "Use one certificate, or two certificate secrets.",
                index=item.index,
                name=item.name,
                option="certificate",
            )


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(value: Any) -> str:
    """Return a value as it can stand in a sentence: escaped, and whole, as no part of a secret can be masked."""
    text = ascii(value)
    return text if len(text) <= 80 else f"a value of {len(text)} characters"

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the options of one item, each by what Kubernetes, HTTP Basic and the legs accept."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import pem
from ansible_collections.epinio.registries.plugins.module_utils._reading.epinio import target_problems
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    MAX_NAME,
    SUBDOMAIN,
    is_secret_name,
)

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
#: All but line ends, which every client takes within a password all the same: Google's key files have many.
_CONTROL_WITHIN = {"registry_password": re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")}
_SCHEME = re.compile(r"^(?:https?|oci|docker)://", re.IGNORECASE)


class Checks:
    """The checks of one item, each of one option."""

    def __init__(self, findings: Findings, place: Place) -> None:
        self._findings = findings
        self._place = place
        self.refuse = functools.partial(findings.refuse, place)

    def secret_name(self, value: str, option: str, *, keeps_certificate: bool = False) -> None:
        """Check the name of a secret; with ``keeps_certificate`` the name of its certificate secret has to fit too."""
        longest = MAX_NAME - len(CERTIFICATE_SUFFIX) if keeps_certificate else MAX_NAME
        if not value:
            self.refuse("option_required", option=option)
        elif len(value) > longest and SUBDOMAIN.fullmatch(value):
            case: Case = "name_too_long:with_certificate" if keeps_certificate else "name_too_long"
            self.refuse(case, option=option, length=len(value), longest=longest)
        elif not is_secret_name(value) or len(value) > longest:
            self.refuse("name_invalid", option=option, value=quoted(value))
        if value in _RESERVED_NAMES:
            self.refuse("name_reserved", option=option, value=value)

    def username(self, value: Any) -> str | None:
        """Return a user name, or refuse it."""
        username = self.text(value, "registry_username")
        if username and ":" in username:
            self.refuse("username_colon")
        return username

    def text(self, value: Any, option: str) -> str | None:
        """Return a user name or password that HTTP Basic authentication can carry (RFC 7617), or refuse it."""
        case: Case | None = None
        if value is None or value == "":
            case = "option_required"
        elif not isinstance(value, str):
            case = "not_text"
        elif _CONTROL.search(value.replace(value.strip(), "", 1)):
            case = "control_character"
        elif _CONTROL_WITHIN.get(option, _CONTROL).search(value):
            case = "control_character:within"
        elif not _encodable(value):
            case = "not_text:not_utf8"
        if case is None:
            return str(value)
        self.refuse(case, option=option)
        return None

    def metadata(self, item: Mapping[str, Any]) -> None:
        """Check extra labels and annotations as the API server does, and keep Epinio's keys and ours out of them."""
        for option in ("labels", "annotations"):
            for key, value in (item.get(option) or {}).items():
                case = _metadata_case(option, key, value)
                if case is not None:
                    self.refuse(case, option=option, key=quoted(key))
        size = sum(
            len(k.encode(errors="replace")) + len(v.encode(errors="replace"))
            for k, v in (item.get("annotations") or {}).items()
            if isinstance(k, str) and isinstance(v, str)
        )
        if size > _MAX_ANNOTATIONS:
            self.refuse("metadata_invalid:size", size=size, largest=_MAX_ANNOTATIONS)

    def bundle(self, given: str | Sequence[object], host: str | None) -> str:
        """Check a PEM, or a list of them, for the registry's host (None: any); return the PEM that is meant."""
        read = pem.read(given, host=host)
        where = {"option": "certificate", **vars(self._place)}
        self._findings.problems += [problem.at(**where) for problem in read.problems]
        self._findings.warnings += [problem.at(**where) for problem in read.warnings]
        return read.text

    def target(self, registry: str, organization: str) -> None:
        """Check both by what both legs accept; name the canonical form of the registry where it is not that."""
        for option, value in (("registry", registry), ("organization", organization)):
            if not value:
                self.refuse("option_required", option=option)
        canonical = _canonical(registry)
        if canonical != registry:
            usable = canonical and not target_problems(canonical, _ANY_ORGANIZATION)
            case: Case = "registry_not_canonical" if usable else "registry_not_canonical:beyond_repair"
            self.refuse(case, value=quoted(registry), canonical=quoted(canonical))
            canonical = canonical if usable else ""
        found = _target_problems(canonical, organization)
        if found:  # the first may hide another of the other option
            found += _target_problems(canonical, "") + _target_problems("", organization)
        for problem in {problem.code: problem for problem in found}.values():
            option = "organization" if problem.code.startswith("organization") else "registry"
            self._findings.problems.append(problem.at(option=option, leg=None, **vars(self._place)))


def _metadata_case(option: str, key: Any, value: Any) -> Case | None:
    prefix, slash, tail = str(key).rpartition("/")
    if prefix.lower() in _RESERVED_PREFIXES:
        return "metadata_reserved"
    if not isinstance(key, str) or (slash and not is_secret_name(prefix)) or not _QUALIFIED.fullmatch(tail):
        return "metadata_invalid:key"
    if not isinstance(value, str) or not _encodable(value):
        return "metadata_invalid:value"
    return "metadata_invalid:label" if option == "labels" and not _LABEL_VALUE.fullmatch(value) else None


# As short as they can be, so that nothing is too long because of them.
_ANY_REGISTRY, _ANY_ORGANIZATION = "a.b", "o"


def _target_problems(registry: str, organization: str) -> list[Problem]:
    return [*target_problems(registry or _ANY_REGISTRY, organization or _ANY_ORGANIZATION)]


def _canonical(registry: str) -> str:
    """Return host[:port][/path] as it should stand in the docker config; itself where it is canonical already."""
    return _SCHEME.sub("", registry.strip()).rstrip("/").lower()


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def quoted(value: Any) -> str:
    """Return a value as it can stand in a sentence: escaped, and whole, as no part of a secret can be masked."""
    text = ascii(value)
    return text if len(text) <= 80 else f"a value of {len(text)} characters"

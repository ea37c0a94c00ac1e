# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the options of one item, each by what Kubernetes, HTTP Basic and the legs accept."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import arguments, google_key, visible
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import pem, spelling
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
        if not value or not self.visible(value, option):
            return
        if len(value) > longest and SUBDOMAIN.fullmatch(value):
            case: Case = "name_too_long:with_certificate" if keeps_certificate else "name_too_long"
            self.refuse(case, option=option, length=len(value), longest=longest)
        elif not is_secret_name(value) or len(value) > longest:
            found = spelling.secret_name(value)
            invalid: Case = "name_invalid" if found.better else "name_invalid:beyond_repair"
            self.refuse(invalid, option=option, **_fields(value, found))
        if value in _RESERVED_NAMES:
            self.refuse("name_reserved", option=option, value=value)

    def text(self, item: Mapping[str, Any], option: str, *, required: bool = False) -> str:
        """Return an option's text, empty where there is none or it was refused."""
        value = item.get(option)
        case = None if value is None else arguments.text_case(value)
        if case is not None:
            self.refuse(case, option=option)
        elif required and not value:
            self.refuse("option_required", option=option)
        elif value is not None and not required and not value.strip():
            self.refuse("option_empty", option=option)
        else:
            return str(value or "")
        return ""

    def visible(self, value: str, option: str) -> str:
        """Return a text if it shows what it is; refuse what nobody sees in it."""
        case, fields = visible.fault(value)
        if case is None:
            return value
        self.refuse(case, option=option, **fields)
        return ""

    def credential(self, item: Mapping[str, Any], option: str) -> str:
        """Return a user name or password that HTTP Basic authentication can carry (RFC 7617), or refuse it."""
        value = self.text({option: google_key.as_text(item.get(option))}, option, required=True)
        if _CONTROL.search(value.replace(value.strip(), "", 1)):
            self.refuse("control_character", option=option)
        elif _CONTROL_WITHIN.get(option, _CONTROL).search(value):
            self.refuse("control_character:within", option=option)
        elif not _encodable(value):
            self.refuse("not_text:not_utf8", option=option)
        elif option == "registry_username" and ":" in value:
            self.refuse("username_colon")
        else:
            return self.visible(value, option)
        return ""

    def metadata(self, item: Mapping[str, Any]) -> None:
        """Check extra labels and annotations as the API server does, and keep Epinio's keys and ours out of them."""
        for option in ("labels", "annotations"):
            given = item.get(option)
            if given is not None and not isinstance(given, Mapping):
                self.refuse("mapping_wanted", option=option, kind=arguments.word(given))
                continue
            for key, value in (given or {}).items():
                case = _metadata_case(option, key, value)
                if case is not None:
                    self.refuse(case, option=option, key=key, kind=arguments.word(value))
        annotations = item.get("annotations")
        size = sum(
            len(k.encode(errors="replace")) + len(v.encode(errors="replace"))
            for k, v in (annotations if isinstance(annotations, Mapping) else {}).items()
            if isinstance(k, str) and isinstance(v, str)
        )
        if size > _MAX_ANNOTATIONS:
            self.refuse("metadata_invalid:size", size=size, largest=_MAX_ANNOTATIONS)

    def pem(self, item: Mapping[str, Any], host: str | None, *, required: bool = False) -> str:
        """Return the PEM that is meant by a text, or a list of them, for the registry's host (None: any)."""
        given = item.get("certificate")
        given = given if isinstance(given, list) else self.text(item, "certificate", required=required)
        if given == "":
            return ""
        read = pem.read(given, host=host)
        where = {"option": "certificate", **vars(self._place)}
        self._findings.problems += [problem.at(**where) for problem in read.problems]
        self._findings.warnings += [problem.at(**where) for problem in read.warnings]
        return read.text

    def target(self, registry: str, organization: str) -> None:
        """Check both by what both legs accept; name the canonical form of the registry where it is not that."""
        registry, organization = self.visible(registry, "registry"), self.visible(organization, "organization")
        found = spelling.registry(registry) if registry else None
        if found is not None:
            variant = "secret" if found.secret else "" if found.better else "beyond_repair"
            self.refuse(_NOT_CANONICAL[variant], **_fields(registry, found))
            registry = found.better or ""
        if organization:
            registry, organization = self._levels(registry, organization)
        problems = _target_problems(registry, organization)
        if problems:  # the first may hide another of the other option
            problems += _target_problems(registry, "") + _target_problems("", organization)
        for problem in {problem.code: problem for problem in problems}.values():
            self._findings.problems.append(problem.at(leg=None, **vars(self._place)))

    def _levels(self, registry: str, organization: str) -> tuple[str, str]:
        """Refuse a host or a level too many in what makes the repository's name; return what is left to judge."""
        host, _slash, path = registry.partition("/")
        plain = _SCHEME.sub("", organization)
        if not spelling.has_login(organization) and host and plain.lower().startswith(f"{host}/"):
            rest = plain[len(host) + 1 :].strip("/")
            better = rest if not _target_problems("", rest) else None
            case: Case = "organization_repeats_registry" if better else "organization_repeats_registry:beyond_repair"
            self.refuse(case, value=organization, registry=host, better=better)
            return registry, ""
        if host != spelling.DOCKER_HUB:
            return registry, organization
        if path:
            self.refuse("organization_too_deep", option="registry", value=registry, better=host)
        elif "/" in organization.strip("/") and not _target_problems("", organization):
            better = organization.partition("/")[0]
            self.refuse("organization_too_deep", option="organization", value=organization, better=better)
        return host, organization


_NOT_CANONICAL: Mapping[str, Case] = {
    "": "registry_not_canonical",
    "secret": "registry_not_canonical:secret",
    "beyond_repair": "registry_not_canonical:beyond_repair",
}


def _fields(value: str, found: spelling.Spelling) -> dict[str, str | None]:
    return {"value": value, "fault": found.fault, "better": found.better}


def _metadata_case(option: str, key: Any, value: Any) -> Case | None:
    prefix, slash, tail = str(key).rpartition("/")
    if prefix.lower() in _RESERVED_PREFIXES:
        return "metadata_reserved"
    if not isinstance(key, str) or (slash and not is_secret_name(prefix)) or not _QUALIFIED.fullmatch(tail):
        return "metadata_invalid:key"
    if isinstance(value, (Mapping, list)):
        return "metadata_invalid:shape"
    if not isinstance(value, str) or not _encodable(value):
        return "metadata_invalid:value"
    return "metadata_invalid:label" if option == "labels" and not _LABEL_VALUE.fullmatch(value) else None


# As short as they can be, so that nothing is too long because of them.
_ANY_REGISTRY, _ANY_ORGANIZATION = "a.b", "o"


def _target_problems(registry: str, organization: str) -> list[Problem]:
    return [*target_problems(registry or _ANY_REGISTRY, organization or _ANY_ORGANIZATION)]


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

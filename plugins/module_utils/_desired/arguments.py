# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the shape of arguments, before Ansible changes or refuses it with words that help nobody."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._desired import visible
from ansible_collections.epinio.registries.plugins.module_utils._desired.catalogue import Case
from ansible_collections.epinio.registries.plugins.module_utils._desired.findings import Findings, Place
from ansible_collections.epinio.registries.plugins.module_utils._masking import texts
from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem

#: What people call our options, by the options.
_ALIASES: Mapping[str, Sequence[str]] = {
    "name": ("id", "title", "destination_name", "registry_name"),
    "registry": ("url", "uri", "server", "address", "host", "hostname", "endpoint", "registry_url", "registry_host"),
    "organization": (
        *("org", "organisation", "namespace", "project", "tenant", "team", "group", "owner", "path", "prefix"),
        *("repo", "repository", "registry_namespace", "registry_organization"),
    ),
    "registry_username": ("username", "user", "login", "user_name", "registry_user", "registry_login", "account"),
    "registry_password": (
        *("password", "pass", "passwd", "token", "secret", "api_key", "access_token"),
        *("registry_pass", "registry_token", "registry_secret"),
    ),
    "certificate": (
        *("ca", "ca_cert", "cacert", "ca_crt", "ca_certs", "ca_bundle", "ca_certificate", "cert", "crt", "certs"),
        *("pem", "tls", "tls_crt", "ssl_ca_cert", "registry_certificate", "registry_ca"),
    ),
    "certificate_secret": ("ca_secret", "cert_secret", "certs_secret", "tls_secret", "certificate_name"),
    "update_password": ("password_update", "overwrite_password"),
    "state": ("ensure",),
    "destinations": (
        "destination",
        "registries",
        "export_registries",
        "export_registries_destinations",
        "items",
        "list",
    ),
}
_MEANT = {alias: option for option, aliases in _ALIASES.items() for alias in aliases}
#: A word as options are; anything else in the place of one may be part of a text that was read as a mapping.
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")
#: A time limit that is longer is a mistake; seconds.
LONGEST = 86400.0
_BOOLEANS = frozenset({"y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f"})


class Encrypted:
    """Stands for a text that is encrypted, and that no vault password of the run decrypts."""

    def __str__(self) -> str:
        """Return nothing: there is nothing to know."""
        return ""


@dataclasses.dataclass
class Objections:
    """Problems of the shape, and what need not be said any more: options of items, or items as a whole (None)."""

    problems: list[Problem]
    said: set[tuple[int | None, str | None]] = dataclasses.field(default_factory=set)

    def cover(self, problem: Problem) -> bool:
        """Return whether a problem of the content follows from one of the shape."""
        return not self.said.isdisjoint({(problem.index, problem.option), (problem.index, None)})


def kind(value: Any) -> str | None:
    """Return what a value is that is not text: as in C(not_text:KIND); None for text."""
    if isinstance(value, str):
        return None
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "other"


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"),
    ((int, float), "number"),
    (datetime.date, "date"),
    (Mapping, "mapping"),
    ((list, tuple), "list"),
    (type(None), "null"),
    (Encrypted, "encrypted"),
)
_ARTICLES = {"null": "null", "text": "text", "encrypted": "encrypted", "other": "something else"}


def check(
    args: Mapping[str, Any], spec: Mapping[str, Any], *, foreign: Mapping[str, Any] = MappingProxyType({})
) -> Objections:
    """Return everything that is wrong with the shape of a module's arguments.

    ``spec`` has the options of this collection alone, as C(AnsibleModule) takes them; ``foreign`` has those of
    others, of which only mappings, lists and booleans are looked at.
    """
    findings = Findings()
    walk = _Walk(args, findings, Objections(findings.problems))
    walk.options(args, spec, Place(None, args.get("name") if isinstance(args.get("name"), str) else None), foreign)
    listed = spec.get("destinations", {})
    given = args.get("destinations")
    if listed and (given is not None or listed.get("required")) and (None, "destinations") not in walk.objections.said:
        walk.destinations(given, listed["options"])
    return walk.objections


@dataclasses.dataclass
class _Walk:
    args: Mapping[str, Any]
    findings: Findings
    objections: Objections

    @functools.cached_property
    def values(self) -> frozenset[str]:
        """Every value: each may be a secret, also in the place of an option's name."""
        return frozenset(texts(self.args))

    def options(
        self, given: Mapping[str, Any], spec: Mapping[str, Any], place: Place, foreign: Mapping[str, Any]
    ) -> None:
        """Check the options of a module or of an item."""
        known = {alias: option for option, declared in spec.items() for alias in declared.get("aliases", ())}
        for key, value in given.items():
            option = known.get(key, key)
            if option in spec:
                if value is not None and option != "destinations":
                    self._value(value, option, spec[option], place)
            elif option not in foreign:
                self._unknown(key, spec, place, foreign)
            elif foreign[option].get("type") in ("bool", "dict", "list") and value not in (None, ""):
                self._value(value, option, foreign[option], place)
        there = {known.get(key, key) for key, value in given.items() if value is not None}
        for option, declared in spec.items():
            if declared.get("required") and option not in there and option != "destinations":
                self._refuse(place, "option_required", option)

    def destinations(self, given: Any, spec: Mapping[str, Any]) -> None:
        """Check the list, and each of its items."""
        if not isinstance(given, (list, tuple)):
            self._refuse(Place(), _list_case(given), "destinations", kind=word(given))
            return
        for index, item in enumerate(given):
            if isinstance(item, Mapping):
                name = item.get("name")
                self.options(item, spec, Place(index, name if isinstance(name, str) else None), {})
            else:
                what = kind(item) or "text"
                case: Case = "item_wanted:list" if what == "list" else "item_wanted"
                self.findings.refuse(Place(index), case, kind=word(item))
                self.objections.said.add((index, None))

    def _value(self, value: Any, option: str, declared: Mapping[str, Any], place: Place) -> None:
        wanted = declared.get("type", "str")
        if kind(value) in ("date", "encrypted"):  # Ansible's validation takes neither
            found: _Found = (text_case(value), {})
        elif wanted != "raw" and isinstance(value, str) and not value.strip():
            found = ("option_empty", {})
        else:
            found = _SHAPES[wanted](value, declared)
        case, fields = found
        if case is not None:
            self._refuse(place, case, option, **{"kind": word(value), **fields})

    def _unknown(self, key: Any, spec: Mapping[str, Any], place: Place, foreign: Collection[str]) -> None:
        within = spec.get("destinations", {}).get("options", {})
        meant = _suggestion(str(key), spec)
        case: Case = "option_unknown"
        if place.index is not None and key in _BESIDE:
            case = "option_unknown:beside"
        elif str(key) in within or (meant is None and _suggestion(str(key), within)):
            case, meant = "option_unknown:within", str(key) if key in within else _suggestion(str(key), within)
        elif meant is None:
            meant = next(iter(difflib.get_close_matches(str(key), foreign, 1)), None)
            case = "option_unknown" if meant else "option_unknown:none"
        shown = str(key) if _WORD.fullmatch(str(key)) and str(key) not in self.values else "that is not a word"
        self.findings.refuse(place, case, given=shown, meant=meant, known=", ".join(spec))
        if meant is not None:
            self.objections.said |= {(place.index, meant), *([(None, "destinations")] if meant in within else [])}

    def _refuse(self, place: Place, case: Case, option: str, **fields: Any) -> None:
        self.findings.refuse(place, case, option=option, **fields)
        self.objections.said.add((place.index, option))


#: Options that stand beside the list, and that people put into its items.
_BESIDE = frozenset({"kubeconfig", "context", "timeout", "prune", "prune_all", "prune_except", "validate_certs"})


def _suggestion(key: str, spec: Collection[str]) -> str | None:
    word = key.lower().replace("-", "_")
    if word in spec or _MEANT.get(word) in spec:
        return word if word in spec else _MEANT[word]
    return next(iter(difflib.get_close_matches(word, spec, 1)), None)


@functools.lru_cache(maxsize=64)  # a list has the same few keys in every item
def means(key: str, option: str) -> bool:
    """Say whether people mean ``option`` by a key."""
    return _suggestion(key, _ALIASES) == option


def word(value: Any) -> str:
    """Return what a value is, as a sentence says it."""
    name = kind(value) or "text"
    return _ARTICLES.get(name, f"a {name}")


_NOT_TEXT: Mapping[str, Case] = {
    "boolean": "not_text:boolean",
    "number": "not_text:number",
    "date": "not_text:date",
    "mapping": "not_text:mapping",
    "list": "not_text:list",
    "null": "not_text:other",
    "encrypted": "not_text:encrypted",
    "other": "not_text:other",
}


def text_case(value: Any) -> Case | None:
    """Return what is to be said of a value that should be text, or None where it is."""
    what = kind(value)
    return None if what is None else _NOT_TEXT[what]


def _list_case(given: Any) -> Case:
    what = kind(given)
    if what is None:
        return "list_wanted:text" if given.strip() else "list_wanted:null"
    if what == "mapping":
        return "list_wanted:one" if {"name", "registry"} & set(given) else "list_wanted:mapping"
    return "list_wanted:null" if what == "null" else "list_wanted"


#: A case with its fields, or None where a value has the shape that its option wants.
_Found = visible.Found
_WELL: _Found = (None, {})


def _text(value: Any, declared: Mapping[str, Any]) -> _Found:
    if "choices" in declared:
        return _WELL if value in declared["choices"] else ("choice_wanted", _choices(declared))
    case = text_case(value)
    return (case, {}) if case is not None else visible.fault(value)


def _mapping(value: Any, _declared: Mapping[str, Any]) -> _Found:
    if not isinstance(value, Mapping):
        return "mapping_wanted", {}
    dates = [key for key, inner in value.items() if kind(inner) == "date"]
    return ("metadata_invalid:value", {"key": dates[0], "kind": "a date"}) if dates else _WELL


def _list_of_texts(value: Any, declared: Mapping[str, Any]) -> _Found:
    """Check a list of names; text with commas is one, as everywhere in Ansible."""
    if isinstance(value, str):
        return visible.fault(value, blanks=False)
    if not isinstance(value, (list, tuple)):
        return "names_wanted", {}
    if declared.get("elements") == "raw":
        return _WELL
    for item in value:
        case = text_case(item)
        if case is not None or not item.strip():
            return case or "option_empty", {}
        if item not in declared.get("choices", (item,)):
            return "choice_wanted", _choices(declared)
        hidden = visible.fault(item)
        if hidden[0] is not None:
            return hidden
    return _WELL


def _choices(declared: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"choices": " or ".join(declared["choices"])}


def _boolean(value: Any, _declared: Mapping[str, Any]) -> _Found:
    return _WELL if str(value).lower() in _BOOLEANS else ("boolean_wanted", {})


def _number(value: Any, _declared: Mapping[str, Any]) -> _Found:
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return _WELL if 0 < float(value) <= LONGEST else ("number_wanted:no_time", {})
    except (ValueError, OverflowError):
        pass
    return "number_wanted", {}


def _anything(_value: Any, _declared: Mapping[str, Any]) -> _Found:
    return _WELL


#: What the types of an option list want. Raw is what the checks of destinations judge.
_SHAPES: Mapping[str, Callable[[Any, Mapping[str, Any]], _Found]] = {
    "raw": _anything,
    "str": _text,
    "path": _text,
    "dict": _mapping,
    "list": _list_of_texts,
    "bool": _boolean,
    "float": _number,
}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of the connection take: each value that none of them takes is named, with its option or variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._desired import visible
from ansible_collections.epinio.registries.plugins.module_utils._masking import MASK, Mask, without_userinfo

#: The names of the options for the client, where they differ from those of kubernetes.core.
_CLIENT = {
    "validate_certs": "verify_ssl",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
}
_BOOLEANS = frozenset({"0", "1", "false", "true", "no", "yes", "n", "y", "off", "on", "f", "t"})
_PROXIES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


def named(option: str, options: Mapping[str, Any]) -> str:
    """Return the name of what gave an option's value: the option, or a variable."""
    if options.get(option) is not None or options.get(_CLIENT.get(option, option)) is not None:
        return option
    variables = [f"K8S_AUTH_{name.upper()}" for name in (option, _CLIENT.get(option, option))]
    return next((variable for variable in variables if os.environ.get(variable)), option)


def check(auth: dict[str, Any], options: Mapping[str, Any], mask: Mask) -> None:
    """Raise ClusterError for the first value that its option does not take; what is meant without doubt is mended.

    ``auth`` has the values under the client's names; ``options`` are those that are given.
    """
    auth.update({name: value.strip() for name, value in auth.items() if isinstance(value, str)})
    if isinstance(auth.get("host"), str) and auth["host"] and "://" not in auth["host"]:
        auth["host"] = f"https://{auth['host']}"
    for option, judge in _JUDGES.items():
        value = auth.get(_CLIENT.get(option, option))
        if value is None or value == "":
            continue
        fault = judge(value, mask)
        if fault is not None:
            raise ClusterError(said("option_wrong", where=named(option, options), wrong=fault[0], wanted=fault[1]))
    for option in _JUDGES:
        _check_visible(auth.get(_CLIENT.get(option, option)), named(option, options))
    for option in ("validate_certs", "persist_config"):
        _check_variable(option, options, mask)
    for option in ("impersonate_user", "impersonate_groups"):
        _check_header(options.get(option) or os.environ.get(f"K8S_AUTH_{option.upper()}"), named(option, options))
    for name, value in (auth.get("proxy_headers") or {}).items():
        where = f"proxy_headers.{name}" if options.get("proxy_headers") else f"K8S_AUTH_PROXY_HEADERS_{name.upper()}"
        _check_header(value if name == "user_agent" else None, where)
        _check_login(value if name.endswith("basic_auth") else None, where)
    _check_pairs(auth, options)


def _kubeconfig(value: Any, _mask: Mask) -> tuple[str, str] | None:
    if isinstance(value, (str, dict)):
        return None
    return f"is {_kind(value)}, where a path or a mapping is wanted", "Give the path of a kubeconfig, or its content."


def _text(value: Any, _mask: Mask) -> tuple[str, str] | None:
    return None if isinstance(value, str) else (f"is {_kind(value)}, where text is wanted", "Put it in quotes.")


def _host(value: Any, mask: Mask) -> tuple[str, str] | None:
    wanted = "Write https://HOST:PORT, as server in a kubeconfig."
    shown = mask.quote(without_userinfo(value, MASK))
    try:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https"):
            return f"is {shown}, which is not an address of an API server", wanted
        if not parts.hostname or any(c.isspace() for c in value):
            return f"is {shown}, which names no host", wanted
        if parts.port == 0:
            return f"is {shown}, and no server has port 0", wanted
    except ValueError:
        return f"is {shown}, which is not an address", wanted
    if parts.query or parts.fragment:
        return f"is {shown}, and an API server's address has no question mark and no number sign", wanted
    return None


def _token(value: Any, mask: Mask) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return _text(value, mask)
    token = value.strip()
    if token.lower().startswith("bearer "):
        return "begins with the word Bearer", "Give only the token."
    if not token.isascii() or not token.isprintable() or " " in token:
        return "has a character within that no token has, such as a line end", "Give the token in one line."
    return None


def _file(value: Any, mask: Mask) -> tuple[str, str] | None:
    wanted = "Give the path of a file in PEM form, where Ansible runs."
    if "-----BEGIN" in str(value):
        return "holds the text of a file, where its path is wanted", wanted
    shown = mask.quote(str(value))
    if not Path(value).exists():
        return f"is {shown}, and there is no such file", wanted
    if Path(value).is_dir():
        return f"is {shown}, which is a folder", wanted
    if not os.access(value, os.R_OK):
        return f"is {shown}, which cannot be read", wanted
    return None


def _proxy(value: Any, mask: Mask) -> tuple[str, str] | None:
    wanted = "Write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT."
    shown = mask.quote(without_userinfo(value, MASK))
    try:
        parts = urlsplit(value)
        if parts.scheme.lower() not in _PROXIES or not parts.hostname or parts.port == 0:
            return f"is {shown}, which is not an address of a proxy", wanted
    except ValueError:
        return f"is {shown}, which is not an address", wanted
    return None


_JUDGES: Mapping[str, Callable[[Any, Mask], tuple[str, str] | None]] = {
    "kubeconfig": _kubeconfig,
    "context": _text,
    "host": _host,
    "api_key": _token,
    "username": _text,
    "password": _text,
    "ca_cert": _file,
    "client_cert": _file,
    "client_key": _file,
    "proxy": _proxy,
    "no_proxy": _text,
}


def _check_variable(option: str, options: Mapping[str, Any], mask: Mask) -> None:
    """Refuse a variable that is neither yes nor no: kubernetes.core takes everything but no for yes."""
    where = named(option, options)
    value = os.environ.get(where, "").strip()
    if value and value.lower() not in _BOOLEANS:
        wrong = f"is {mask.quote(value)}, which is neither yes nor no"
        raise ClusterError(said("option_wrong", where=where, wrong=wrong, wanted="Write true or false."))


def _check_visible(value: Any, where: str) -> None:
    case, fields = visible.fault(value if isinstance(value, str) else "", blanks=False)
    if case is not None:
        wrong = f"{fields['where']} an invisible character: {fields['character']}"
        raise ClusterError(said("option_wrong", where=where, wrong=wrong, wanted="Take it out where it is written."))


def _check_header(value: Any, where: str) -> None:
    for text in value if isinstance(value, list) else [value]:
        if text is not None and not str(text).isprintable():
            raise ClusterError(said("header_broken", where=where))


def _check_login(value: Any, where: str) -> None:
    """Refuse what is not a user name and a password, and what urllib3 cannot encode."""
    try:
        str(value or ":").encode("latin-1")
        wrong = None if ":" in str(value or ":") else "has no colon"
    except UnicodeEncodeError:
        wrong = "has a letter that is not in Latin-1"
    if wrong:
        wanted = "Give USER:PASSWORD, or write both into the address of the proxy, with special characters as in %40."
        raise ClusterError(said("option_wrong", where=where, wrong=wrong, wanted=wanted))


def _check_pairs(auth: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    for one, other in (("username", "password"), ("client_key", "client_cert")):
        has = [bool(auth.get(_CLIENT.get(option, option))) for option in (one, other)]
        if has[0] != has[1] and not (other == "client_cert" and has[1]):  # the key may be in the certificate's file
            present, missing = (one, other) if has[0] else (other, one)
            wrong = f"is given without {missing}"
            wanted = f"Give both, or neither; {missing} can come from K8S_AUTH_{missing.upper()} too."
            raise ClusterError(said("option_wrong", where=named(present, options), wrong=wrong, wanted=wanted))


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", bool: "a yes or no", int: "a number", float: "a number"}
    return names.get(type(value), "something else")

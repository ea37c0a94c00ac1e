# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs that nobody means well with."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from ansible_collections.epinio.registries.tests.support import builders
from hypothesis import strategies as st

from tests.fuzz import certificates
from tests.fuzz.oracle import KEY, PASSWORD, STORED

__all__ = [
    "ANYTHING",
    "CONFIGS",
    "FEW_CONFIGS",
    "JSON",
    "MUTATED_CONFIGS",
    "MUTATED_PEM",
    "NAMES",
    "PEM",
    "SEEDS",
    "TEXT",
    "mutated",
]

#: Any text that Python can hold, lone surrogates included, and what is known to be read in different ways.
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.sampled_from(
        [
            *("", " ", "\0", "a\n", "\r\n", "\x7f", "\x1b[31m", "\ud800", "\udc80x", "\U0001f600", "\u202e", "\ufeff"),
            *("ß", "\u212a", "\u017f", "İ", "null", "None", "true", "0", "-1", "NaN", "1e999", "~", "{{ 7 * 7 }}"),
            *("../..", "//", "a//b", "[::1]:5000", "%2e%2e", "%zz", "http://", "oci://x", "docker.io", "*", "@", ":"),
            *("x" * 64, "x" * 254, "a." * 130, "-" * 300, '"', "'", "\\", "}" * 40, "#", "?", "$" * 9),
        ]
    ),
)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
#: Whatever YAML and JSON know.
ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
#: The same without what JSON does not know, for what is encoded.
JSON = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 10**30, 1e308, -0.0, "", [], {}]) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
#: So few that lists and clusters speak of the same secrets.
NAMES = st.sampled_from(["acme", "beta", "acme-certificate", "company-ca", "a.b", "registry-creds", "x" * 253])


def encoded(text: str) -> bytes:
    """Return the bytes of a text, with what no UTF-8 has where it holds lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


# Bytes that were good once

_INSERTED = (b"\0", b"\r", b"\n", b"\\u0000", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"{", b"]", b",", b"-----", b"1e999")


def _edited(data: bytes, edits: bytes) -> bytes:
    """Return the data with an edit for each four bytes: what, where (two of them), and how much or which."""
    for kind, high, low, number in zip(*[iter(edits)] * 4):
        start = (high << 8 | low) % (len(data) + 1)
        head, tail = data[:start], data[start:]
        if kind < 80:
            data = head + bytes([tail[0] ^ (number or 1)]) + tail[1:] if tail else data
        elif kind < 130:
            data = head + _INSERTED[number % len(_INSERTED)] + tail
        elif kind < 180:
            data = head + tail[number:]
        elif kind < 200:
            data = head
        elif kind < 240:
            data = head + tail[:number] + tail
        else:
            data = tail + head
    return data


def mutated(good: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return inputs that differ from good ones in up to six places."""
    return st.builds(_edited, good, st.binary(min_size=4, max_size=24))


# Docker configs

_HOSTS = st.sampled_from(["registry.example.com", "registry.example.com:5000/acme", "docker.io", "https://a.b/"]) | TEXT
_AUTHS = st.one_of(
    st.sampled_from([builders.auth("robot", STORED.value), builders.auth("", STORED.value), STORED.value]),
    st.builds(lambda data: base64.b64encode(data).decode(), st.binary(max_size=12)),
    JSON,
)
_ENTRIES = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "auth": _AUTHS,
            "username": st.sampled_from(["robot", ""]) | JSON,
            "password": st.sampled_from([STORED.value, STORED.value, ""]) | JSON,
            "PaSSword": st.just(STORED.value) | JSON,
            "identitytoken": st.just(STORED.value) | JSON,
        },
    ),
    st.just({"auth": builders.auth("robot", STORED.value), "username": "robot", "password": STORED.value}),
    JSON,
)
_TREES = st.one_of(
    st.builds(lambda host, entry: {"auths": {host: entry}}, _HOSTS, _ENTRIES),
    st.fixed_dictionaries(
        {"auths": st.dictionaries(_HOSTS, _ENTRIES, max_size=3) | JSON},
        optional={
            "Auths": st.dictionaries(_HOSTS, _ENTRIES, max_size=2),
            "credHelpers": st.dictionaries(_HOSTS, st.just(STORED.value) | JSON, max_size=2) | JSON,
            "credsStore": TEXT,
            "HttpHeaders": st.just({"Authorization": STORED.value}) | JSON,
        },
    ),
)
#: Docker configs whose structure is in order, as Python's JSON writes them.
CONFIGS = st.builds(
    lambda tree, indent, plain: json.dumps(tree, indent=indent, ensure_ascii=plain).encode("utf-8", "surrogatepass"),
    _TREES | JSON,
    st.sampled_from([None, None, 4]),
    st.booleans(),
)
_HOST, _FIELDS = "registry.example.com", {"username": "robot", "password": STORED.value}
_TREES_ONCE_GOOD = [
    {"auths": {_HOST: {"auth": builders.auth("robot", STORED.value), **_FIELDS}}},
    {"auths": {_HOST: {"auth": builders.auth("robot", STORED.value)}}},
    {"auths": {_HOST: {**_FIELDS, "identitytoken": STORED.value}}, "credHelpers": {_HOST: "x"}, "credsStore": "y"},
    {"auths": {_HOST: _FIELDS, "other.example.com": _FIELDS}, "HttpHeaders": {"Authorization": STORED.value}},
    {"auths": {}, "Auths": {_HOST: {"AUTH": builders.auth("robot", STORED.value), "more": [1e308, None, {"a": []}]}}},
]
#: Bytes that began as a docker config.
MUTATED_CONFIGS = mutated(
    st.sampled_from([json.dumps(tree, indent=indent).encode() for tree in _TREES_ONCE_GOOD for indent in (None, 1)])
)
#: Docker configs for clusters: what is in them is varied by CONFIGS, which takes longer.
FEW_CONFIGS = st.sampled_from(
    [
        *(json.dumps(tree).encode() for tree in _TREES_ONCE_GOOD),
        *(b"", b"{}", b"null", b"[]", b'{"auths":[]}', b'{"auths":{"":{}}}', b'{"auths":{"a.b":null}}', b"\xff"),
        *(json.dumps({"auths": {host: _FIELDS}}).encode() for host in ("", "a", "https://a.b/c/", "\ud800", "a.b\n")),
    ]
)


# PEM

_HEADERS = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"


def _key(label: str) -> bytes:
    body = base64.encodebytes(b"\x30\x82" + KEY.value.encode() * 6)
    return f"-----BEGIN {label}-----\n".encode() + body + f"-----END {label}-----\n".encode()


def _variant(pem: bytes, how: str) -> bytes:
    if how == "crlf":
        return pem.replace(b"\n", b"\r\n")
    if how == "headers":
        first, _newline, rest = pem.partition(b"\n")
        return first + b"\n" + _HEADERS + rest
    if how == "no line ends":
        return pem.replace(b"\n", b" ")
    if how == "indented":
        return b"  " + pem.replace(b"\n", b"\n  ")
    return pem


@functools.cache
def _blocks() -> list[bytes]:
    keys = [_key(f"{kind}PRIVATE KEY") for kind in ("", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH ")]
    other = [
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        b"# a comment\n",
        b"-----BEGIN ",
        b"\n",
    ]
    good = list(map(certificates.as_pem, certificates.every_der()))
    return [*good, *good, *keys, *other]


_BLOCKS = st.builds(
    _variant,
    st.deferred(lambda: st.sampled_from(_blocks())),
    st.sampled_from(["as it is", "as it is", "crlf", "headers", "no line ends", "indented"]),
)
#: Bundles of whole blocks, certificates of every kind and keys among them.
PEM = st.builds(b"".join, st.lists(_BLOCKS, max_size=4))
#: Bytes that begin as a bundle, damaged outside or within the base64.
MUTATED_PEM = st.one_of(
    mutated(PEM),
    st.builds(certificates.as_pem, mutated(st.deferred(lambda: st.sampled_from(certificates.every_der())))),
    st.binary(max_size=60),
)
#: A good certificate, as users give it.
CERTIFICATE = st.deferred(lambda: st.sampled_from(certificates.every_der()[:3])).map(
    lambda der: certificates.as_pem(der).decode()
)
#: What users give as certificate.
PEM_TEXT = (PEM | MUTATED_PEM).map(lambda data: data.decode("utf-8", "replace"))


# Options

OPTION_NAMES = (
    *("name", "registry", "organization", "registry_username", "registry_password", "certificate"),
    *("certificate_secret", "update_password", "labels", "annotations", "adopt", "recreate", "state"),
)
#: A value of an option that is text, as validation leaves it; at times the password, where it does not belong.
_STRINGS = st.one_of(st.none(), TEXT, NAMES, st.just(PASSWORD.value))
_METADATA = st.none() | st.dictionaries(TEXT, ANYTHING, max_size=3)


def _beside_the_password(value: Any) -> Any:
    return {"password": PASSWORD.value, "more": value}


def item(**options: Any) -> dict[str, Any]:
    """Return the options of a destination, good ones where none are given; its password is a canary."""
    return {**builders.item("acme", registry_password=PASSWORD.value), **options}


#: Options of one destination after validation: types are right, values are not.
ITEMS = st.builds(
    lambda options: item(**options),
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "registry": _STRINGS | _HOSTS,
            "organization": _STRINGS,
            "registry_username": ANYTHING,
            "registry_password": st.just(PASSWORD.value) | ANYTHING.map(_beside_the_password),
            "certificate": st.none() | PEM_TEXT,
            "certificate_secret": _STRINGS,
            "update_password": st.sampled_from(["always", "on_create"]),
            "labels": _METADATA,
            "annotations": _METADATA,
            "adopt": st.booleans(),
            "recreate": st.booleans(),
            "state": st.sampled_from(["present", "present", "absent"]),
        },
    )
    | st.fixed_dictionaries({"name": _STRINGS}),
)
#: Options of one destination as a playbook may have them.
RAW_ITEMS = ITEMS | st.builds(
    lambda options: item(**options), st.dictionaries(st.sampled_from(OPTION_NAMES) | TEXT, ANYTHING, max_size=3)
)


#: What each decoder begins with when atheris runs it.
SEEDS = {
    "docker_config": [json.dumps(tree).encode() for tree in _TREES_ONCE_GOOD],
    "pem": _blocks(),
    "challenges": [b'Bearer realm="https://a.b/c",service="d",error="e"\0Basic realm="\\"", Negotiate abc=='],
    "go": [b"https://user@[::1%25eth0]:5000/a/../b?c#%20", b'{"a": [1e3, "\\ud83d\\ude00"]}', b"YWJj\n"],
    "targets": [b"registry.example.com:5000/a\nacme/b", b"docker.io\nacme"],
}

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PEM as people give it, after editors, lookups and filters: what is meant, as Go reads it, or what is wrong."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import functools
import re
from collections.abc import Iterator, Sequence

from ansible_collections.epinio.registries.plugins.module_utils._problems import Problem
from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates, x509
from ansible_collections.epinio.registries.plugins.module_utils._reading.asn1 import EXPLICIT, Elements
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE, Code, Flaw
from ansible_collections.epinio.registries.plugins.module_utils._reading.certificates import MAX_BYTES


@dataclasses.dataclass(frozen=True)
class Given:
    """The PEM that is meant, which Go reads to its last block; or problems, and the text is as it was given."""

    text: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read(given: str | Sequence[object], *, host: str | None, now: datetime.datetime | None = None) -> Given:
    """Read a PEM text, or a list of such texts or of lines, for a host (None: any); ``now`` is an aware time."""
    for number, one in enumerate([given] if isinstance(given, str) else given, start=1):
        if not isinstance(one, str):
            return Given("", (CATALOGUE.problem("certificate_not_pem:item", number=number),))
    text = given if isinstance(given, str) else "\n".join(map(str, given))
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return Given(text, (CATALOGUE.problem("certificate_too_large"),))
    meant = _mend_small(text) if len(text) <= 65536 else _mend_large(text)
    if isinstance(meant, Problem):
        return Given(text, (meant,))
    bundle = certificates.parse_bundle(meant.encode())
    return Given(meant, warnings=tuple(certificates.cautions(bundle, host=host, now=now)))


def _mend(text: str) -> str | Problem:
    """Return the PEM that is meant: as it is where Go reads all of it, otherwise nothing but its certificates."""
    plain = text if text.isascii() else _PRETENDERS.sub(_plain, text)
    if certificates.contains_private_key(plain.encode("utf-8", "replace")):
        return CATALOGUE.problem("certificate_private_key")
    blocks = [*_blocks(plain)]
    if not blocks:
        return CATALOGUE.problem(_what_it_is(plain))
    if _is_text(text) and len(certificates.parse_bundle(text.encode()).certificates) == len(blocks):
        return text
    good: list[str] = []
    bad: list[tuple[int, _Unclear]] = []
    for number, (label, body) in enumerate(blocks, start=1):
        try:
            good.append(_written(_meant(label, body)))
        except _Unclear as error:
            bad.append((number, error))
    if bad:
        number, first = bad[0]
        code = (_UNREADABLE if good else _NONE)[first.flaw]
        return CATALOGUE.problem(code, number=number, label=first.label, reason=first.reason)
    return "".join(good)


# The same text is in many destinations. Only small ones are kept in number, so that the memory stays bounded.
_mend_small = functools.lru_cache(maxsize=1024)(_mend)
_mend_large = functools.lru_cache(maxsize=8)(_mend)

#: What stands for a dash, for a blank, and for nothing, in texts that went through a word processor or a web page.
_PRETENDERS = re.compile(
    "(?P<dash>[\u2010-\u2015\u2212\ufe58\ufe63\uff0d])|(?P<blank>[^\\S\\x00-\\x7f]+)|[\u00ad\u200b-\u200f\u2060\ufeff]"
)


def _plain(match: re.Match[str]) -> str:
    return "-" if match["dash"] else " " if match["blank"] else ""


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


#: A line that begins or ends a block, whatever became of the line ends, the blanks and some of the dashes around it.
_MARK = re.compile(r"(?<=-)[ \t]*(BEGIN|END)\s*([A-Z0-9]{1,30}(?:\s+[A-Z0-9]{1,30}){0,4})(?:\s*-+|\s*\Z)")


def _blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield what each block says it is, and what is between its lines; None where one of the two is missing."""
    begun: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if mark[1] == "BEGIN":
            if begun is not None:
                yield _label(begun), None
            begun = mark
        elif begun is not None and _label(begun) == _label(mark):
            yield _label(mark), text[begun.end() : mark.start()]
            begun = None
        else:
            yield _label(begun or mark), None
            begun = None
    if begun is not None:
        yield _label(begun), None


def _label(mark: re.Match[str]) -> str:
    return " ".join(mark[2].split())


class _Unclear(Exception):
    """Nobody can say which certificate is meant."""

    def __init__(self, flaw: Flaw, *, label: str = "", reason: str = "") -> None:
        super().__init__(flaw)
        self.flaw = flaw
        self.label = label
        self.reason = reason


_UNREADABLE: dict[Flaw, Code] = {
    "halved": "certificate_unreadable:halved",
    "damaged": "certificate_unreadable:damaged",
    "other_kind": "certificate_unreadable:other_kind",
    "refused": "certificate_unreadable:refused",
}
_NONE: dict[Flaw, Code] = {
    "halved": "certificate_none:halved",
    "damaged": "certificate_none:damaged",
    "other_kind": "certificate_none:other_kind",
    "refused": "certificate_none:refused",
}
_TRUSTED = "TRUSTED CERTIFICATE"  # OpenSSL's, with what the certificate is trusted for behind it
_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", _TRUSTED)
_ESCAPED_END = re.compile(r"\\(?:[nrt]|u000[ad]|x0[ad])", re.IGNORECASE)
_HEADER = re.compile(r"^[ \t]*[A-Za-z][\w-]*:.*$", re.MULTILINE)
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]+")
_BASE64 = re.compile(r"([A-Za-z0-9+/]*)={0,2}")


def _meant(label: str, body: str | None) -> bytes:
    """Return the certificate of a block in DER: what is left without all that cannot be base64, to its last byte."""
    if label.replace(" ", "") not in {one.replace(" ", "") for one in _LABELS}:
        raise _Unclear("other_kind", label=label)
    if body is None:
        raise _Unclear("halved")
    lines = _HEADER.sub("", _ESCAPED_END.sub("\n", body))
    match = _BASE64.fullmatch(_NO_BASE64.sub("", lines))
    if match is None or len(match[1]) % 4 == 1 or not match[1]:
        raise _Unclear("damaged")
    der = base64.b64decode(match[1] + "=" * (-len(match[1]) % 4))
    if label.startswith("TRUSTED"):
        der = _without_trust(der)
    try:
        x509.parse(der)
    except x509.Damaged as error:
        raise _Unclear("damaged") from error
    except x509.Refused as error:
        raise _Unclear("refused", reason=str(error)) from error
    return der


def _without_trust(der: bytes) -> bytes:
    """Return the certificate without OpenSSL's X509_CERT_AUX behind it, which must not say what it is not good for."""
    try:
        elements = Elements(der)
        certificate = elements.element()
        settings = elements.within() if elements else None
        while settings:
            tag, _content = settings.any()
            if tag == EXPLICIT | 0:
                raise _Unclear("refused", reason="it says what it must not be trusted for, which Go does not read")
    except ValueError as error:
        raise _Unclear("damaged") from error
    return certificate


def _written(der: bytes) -> str:
    """Return a block as everybody writes it (RFC 7468): lines of 64 characters."""
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


_BLANKS = re.compile(r"\s+")
_BINARY = re.compile("[\x00-\x08\x0e-\x1f\ufffd\ud800-\udfff]")
_FILE = re.compile(r"(?:file:|~?/|\.\.?/|[A-Za-z]:\\)\S*|[\w./\\ -]+\.(?:pem|crt|cer|cert|der|p7b|pfx|p12)")


def _what_it_is(text: str) -> Code:
    """Return what is to be said of a text without any line that begins or ends a block."""
    if "BEGIN" in text.replace("\0", "") and "\0" in text:
        return "certificate_not_pem:utf16"
    if _BINARY.search(text):
        return "certificate_not_pem:binary"
    if len(text) < 4096 and _FILE.fullmatch(text.strip()):
        return "certificate_not_pem:file"
    packed = _BLANKS.sub("", text)
    if len(packed) % 4 == 0 and packed and _BASE64.fullmatch(packed):
        content = base64.b64decode(packed)
        if b"-----BEGIN " in content:
            return "certificate_not_pem:encoded"
        if content.startswith(b"\x30\x82"):
            return "certificate_not_pem:bare"
    return "certificate_not_pem"

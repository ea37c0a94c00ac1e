# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of whatever is in them, good or broken, and whether Go's crypto/x509 takes each (parser.go, Go 1.26).

A unit test compares our reading with these rows, an acceptance test what Go does.
"""

from __future__ import annotations

import dataclasses

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["ROWS", "Row", "certificate", "element", "extension"]


@dataclasses.dataclass(frozen=True)
class Row:
    """A certificate; ``reason``: a part of what we say where Go refuses it, None where Go takes it."""

    id: str
    der: bytes
    reason: str | None = None


def element(tag: int, *parts: bytes) -> bytes:
    """Return an element of DER."""
    content = b"".join(parts)
    size = len(content)
    width = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 0x80 else bytes([0x80 | width]) + size.to_bytes(width, "big")
    return bytes([tag]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return element(0x30, *parts)


def _number(value: int) -> bytes:
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _oid(content: str) -> bytes:
    return element(0x06, bytes.fromhex(content))


def _bits(content: bytes, padding: int = 0) -> bytes:
    return element(0x03, bytes([padding]), content)


def _name(tag: int, value: bytes, kind: str = "550403") -> bytes:
    return _sequence(element(0x31, _sequence(_oid(kind), element(tag, value))))


def extension(kind: str, value: bytes, *, critical: bytes = b"") -> bytes:
    """Return an extension of this object identifier; ``critical``: the element that says so, if there is one."""
    return _sequence(_oid(kind), critical, element(0x04, value))


CRITICAL = element(0x01, b"\xff")
ECDSA_SHA256 = _sequence(_oid("2a8648ce3d040302"))
EC, P256 = "2a8648ce3d0201", "2a8648ce3d030107"
_POINTS = {
    curve.name: ec.derive_private_key(7, curve)
    .public_key()
    .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    for curve in (ec.SECP224R1(), ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1())
}
POINT = _POINTS["secp256r1"]
VALIDITY = _sequence(element(0x17, b"200102030405Z"), element(0x18, b"20600101000000Z"))
NAME = _name(0x0C, b"x")
_PRIME = 2**255 - 19


def _key(kind: str, parameters: bytes, key: bytes, padding: int = 0) -> bytes:
    return _sequence(_sequence(_oid(kind), parameters), _bits(key, padding))


def _ec_key(curve: str, point: bytes) -> bytes:
    return _key(EC, _oid(curve), point)


def _rsa_key(modulus: int, exponent: int, parameters: bytes = b"\x05\x00") -> bytes:
    return _key("2a864886f70d010101", parameters, _sequence(_number(modulus), _number(exponent)))


def _dsa_key(y: int, p: int = 23, q: int = 11, g: int = 4) -> bytes:
    return _key("2a8648ce380401", _sequence(_number(p), _number(q), _number(g)), _number(y))


def certificate(
    *extensions: bytes,
    version: bytes | None = None,
    serial: bytes | None = None,
    inside: bytes = ECDSA_SHA256,
    outside: bytes | None = None,
    issuer: bytes = NAME,
    validity: bytes = VALIDITY,
    subject: bytes = NAME,
    key: bytes | None = None,
    unique: bytes = b"",
    signature: bytes | None = None,
    more: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """Return a certificate of these parts, most of them whole elements; ``more`` stands in it, ``behind`` behind it."""
    inner = _sequence(
        element(0xA0, _number(2)) if version is None else version,
        _number(1) if serial is None else serial,
        inside,
        issuer,
        validity,
        subject,
        _ec_key(P256, POINT) if key is None else key,
        unique,
        element(0xA3, _sequence(*extensions)) if extensions else b"",
    )
    signed = _bits(b"\x30\x06\x02\x01\x01\x02\x01\x01") if signature is None else signature
    return _sequence(inner, inside if outside is None else outside, signed, more) + behind


def _extended(kind: str, value: bytes, *, critical: bytes = b"") -> bytes:
    return certificate(extension(kind, value, critical=critical))


def _alternatives(*names: bytes) -> bytes:
    return _extended("551d11", _sequence(*names))


def _constraints(*parts: bytes) -> bytes:
    return extension("551d13", _sequence(*parts))


def _subtrees(*names: bytes, tag: int = 0xA0) -> bytes:
    return _extended("551d1e", _sequence(element(tag, *(_sequence(name) for name in names))), critical=CRITICAL)


def _timed(tag: int, text: bytes) -> bytes:
    return certificate(validity=_sequence(element(tag, text), element(0x18, b"20600101000000Z")))


_FALSE, _TRUE = element(0x01, b"\0"), CRITICAL
_INFO_ACCESS = "2b06010505070101"
_OCSP = _oid("2b06010505073001")
_DIRECTORY = element(0xA4, NAME)

ROWS = [
    Row("nothing unusual", certificate()),
    Row("nothing at all", b"", "structure"),
    Row("no sequence", b"hello", "structure"),
    Row("cut off", certificate()[:-1], "structure"),
    Row("trailing data", certificate(behind=b"\0"), "behind it"),
    Row("more inside than it should be", certificate(more=_number(7))),
    Row("a length that is not the shortest", b"\x30\x82\x00" + certificate()[2:], "structure"),
    Row("an indefinite length", b"\x30\x80" + certificate()[3:] + b"\0\0", "structure"),
    # version and serial number
    Row("version 1 by default", certificate(version=b"")),
    Row("version 1, written", certificate(version=element(0xA0, _number(0)))),
    Row("version 1, what would be extensions is not read", certificate(_constraints(_number(-1)), version=b"")),
    Row(
        "version 2", certificate(version=element(0xA0, _number(1)), unique=element(0x81, b"\0x") + element(0x82, b"y"))
    ),
    Row("version 4", certificate(version=element(0xA0, _number(3))), "version"),
    Row("version 0", certificate(version=element(0xA0, _number(-1))), "version"),
    Row("version with something behind it", certificate(version=element(0xA0, _number(2), _number(2))), "version"),
    Row("unique identifiers", certificate(_constraints(), unique=element(0x81, b"\0x") + element(0x82, b"\0y"))),
    Row("serial number 0", certificate(serial=_number(0))),
    Row("serial number of 30 bytes", certificate(serial=_number(1 << 232))),
    Row("negative serial number", certificate(serial=_number(-1)), "serial number is negative"),
    Row("serial number with zeros before it", certificate(serial=b"\x02\x02\x00\x01"), "serial number"),
    Row("serial number of no bytes", certificate(serial=b"\x02\x00"), "serial number"),
    # signature algorithm
    Row("signature algorithms that differ", certificate(outside=_sequence(_oid("2a8648ce3d040303"))), "differ"),
    Row(
        "signature algorithms that differ in parameters",
        certificate(outside=_sequence(_oid("2a8648ce3d040302"), b"\x05\x00")),
        "differ",
    ),
    Row("signature algorithm with parameters", certificate(inside=_sequence(_oid("2a8648ce3d040302"), b"\x05\x00"))),
    Row("unknown signature algorithm", certificate(inside=_sequence(_oid("2a03")))),
    Row("signature algorithm that is no identifier", certificate(inside=_sequence(b"\x05\x00")), "signature algorithm"),
    Row("identifier with a number of 31 bits", certificate(inside=_sequence(_oid("2a87ffffff7f")))),
    Row("identifier with a number of 32 bits", certificate(inside=_sequence(_oid("2a8fffffff7f"))), "algorithm"),
    Row("identifier that begins with zeros", certificate(inside=_sequence(_oid("2a8001"))), "signature algorithm"),
    Row("identifier that does not end", certificate(inside=_sequence(_oid("2a86"))), "signature algorithm"),
    Row("signature of no bytes", certificate(signature=_bits(b""))),
    Row("signature with stray bits", certificate(signature=_bits(b"\x01", 4)), "signature"),
    Row("signature with fewer bits", certificate(signature=_bits(b"\x10", 4))),
    Row("signature that is no bit string", certificate(signature=_number(1)), "signature"),
    # names
    Row("no subject", certificate(subject=_sequence())),
    Row("empty subject text", certificate(subject=_name(0x0C, b""))),
    Row("T61String", certificate(subject=_name(0x14, b"B\xfcro"))),
    Row("PrintableString with * and &", certificate(subject=_name(0x13, b"*.a & b"))),
    Row("PrintableString with @", certificate(subject=_name(0x13, b"a@b")), "subject"),
    Row("PrintableString with _", certificate(issuer=_name(0x13, b"a_b")), "issuer"),
    Row("UTF8String", certificate(subject=_name(0x0C, "Zoë 😀".encode()))),
    Row("UTF8String that is none", certificate(subject=_name(0x0C, b"\xff")), "subject"),
    Row("UTF8String with a surrogate", certificate(subject=_name(0x0C, b"\xed\xa0\x80")), "subject"),
    Row("BMPString", certificate(subject=_name(0x1E, "Zoë".encode("utf-16-be")))),
    Row("BMPString with an end", certificate(subject=_name(0x1E, "Zoë\0".encode("utf-16-be")))),
    Row("BMPString of an odd length", certificate(subject=_name(0x1E, b"\0a\0")), "subject"),
    Row("BMPString with surrogates", certificate(subject=_name(0x1E, "😀".encode("utf-16-be"))), "subject"),
    Row("BMPString with a lone surrogate", certificate(subject=_name(0x1E, b"\xd8\x00")), "subject"),
    Row("BMPString with a noncharacter", certificate(subject=_name(0x1E, b"\xff\xfe")), "subject"),
    Row("IA5String", certificate(subject=_name(0x16, b"a@b", "2a864886f70d010901"))),
    Row("IA5String that is none", certificate(subject=_name(0x16, b"\xe4")), "subject"),
    Row("NumericString", certificate(subject=_name(0x12, b"12 3"))),
    Row("NumericString that is none", certificate(subject=_name(0x12, b"1-3")), "subject"),
    Row("UniversalString", certificate(subject=_name(0x1C, b"\0\0\0a")), "subject"),
    Row("a name that is a number", certificate(subject=_name(0x02, b"\1")), "subject"),
    Row("an empty set in a name", certificate(subject=_sequence(element(0x31)))),
    Row("a name that is no set", certificate(subject=_sequence(_sequence())), "subject"),
    # validity
    Row("UTCTime without seconds", _timed(0x17, b"2001020304Z")),
    Row("UTCTime with a zone", _timed(0x17, b"200102030405+0130")),
    Row("UTCTime without seconds, with a zone", _timed(0x17, b"2001020304-2400")),
    Row("UTCTime with a zone of no hours", _timed(0x17, b"200102030405+0000"), "validity"),
    Row("UTCTime with a zone of 61 minutes", _timed(0x17, b"200102030405+0061"), "validity"),
    Row("UTCTime with a zone of 25 hours", _timed(0x17, b"200102030405+2500"), "validity"),
    Row("UTCTime without a zone", _timed(0x17, b"200102030405"), "validity"),
    Row("UTCTime of 1950", _timed(0x17, b"500101000000Z")),
    Row("UTCTime on a leap day", _timed(0x17, b"520229000000Z")),
    Row("UTCTime on no leap day", _timed(0x17, b"510229000000Z"), "validity"),
    Row("UTCTime with a fraction", _timed(0x17, b"200102030405.5Z"), "validity"),
    Row("UTCTime in the second 60", _timed(0x17, b"200102030460Z"), "validity"),
    Row("UTCTime at 24 hours", _timed(0x17, b"200102240000Z"), "validity"),
    Row("GeneralizedTime before 2050", _timed(0x18, b"20200102030405Z")),
    Row("GeneralizedTime without seconds", _timed(0x18, b"202001020304Z"), "validity"),
    Row("GeneralizedTime of the year 0", _timed(0x18, b"00000229000000Z")),
    Row("GeneralizedTime before all time", _timed(0x18, b"00010101000000+2400")),
    Row("GeneralizedTime after all time", _timed(0x18, b"99991231235959-2400")),
    Row("a time that is none", _timed(0x13, b"20200102030405Z"), "validity"),
    # public keys
    Row("RSA", certificate(key=_rsa_key(1 << 2047, 65537))),
    Row("RSA of 15 bits", certificate(key=_rsa_key(0x7FFF, 3))),
    Row("RSA with an even exponent", certificate(key=_rsa_key(1 << 2047, 4))),
    Row("RSA with the largest exponent", certificate(key=_rsa_key(1 << 2047, 2**63 - 1))),
    Row("RSA with an exponent that is too large", certificate(key=_rsa_key(1 << 2047, 2**63)), "exponent"),
    Row("RSA with the exponent 0", certificate(key=_rsa_key(1 << 2047, 0)), "exponent"),
    Row("RSA with a negative exponent", certificate(key=_rsa_key(1 << 2047, -3)), "exponent"),
    Row("RSA with the modulus 0", certificate(key=_rsa_key(0, 3)), "modulus"),
    Row("RSA with a negative modulus", certificate(key=_rsa_key(-5, 3)), "modulus"),
    Row("RSA without parameters", certificate(key=_rsa_key(1 << 2047, 3, b"")), "NULL"),
    Row("RSA with other parameters", certificate(key=_rsa_key(1 << 2047, 3, _sequence())), "NULL"),
    Row("RSA key that is none", certificate(key=_key("2a864886f70d010101", b"\x05\x00", b"\x04\x00")), "public key"),
    Row("RSASSA-PSS key, whatever it is", certificate(key=_key("2a864886f70d01010a", b"", b"?"))),
    Row("DSA", certificate(key=_dsa_key(9))),
    Row("DSA of the number 0", certificate(key=_dsa_key(0)), "DSA"),
    Row("DSA with a negative parameter", certificate(key=_dsa_key(9, g=-4)), "DSA"),
    Row("DSA without parameters", certificate(key=_key("2a8648ce380401", b"", _number(9))), "public key"),
    Row("EC on P-224", certificate(key=_ec_key("2b81040021", _POINTS["secp224r1"]))),
    Row("EC on P-384", certificate(key=_ec_key("2b81040022", _POINTS["secp384r1"]))),
    Row("EC on P-521", certificate(key=_ec_key("2b81040023", _POINTS["secp521r1"]))),
    Row("EC on secp256k1", certificate(key=_ec_key("2b8104000a", _POINTS["secp256k1"])), "curve that Go"),
    Row("EC with explicit parameters", certificate(key=_key(EC, _sequence(_number(1)), POINT)), "spells its curve"),
    Row("EC without parameters", certificate(key=_key(EC, b"", POINT)), "spells its curve"),
    Row("EC point in compressed form", certificate(key=_ec_key(P256, b"\2" + POINT[1:33])), "point"),
    Row("EC point in hybrid form", certificate(key=_ec_key(P256, b"\6" + POINT[1:])), "point"),
    Row("EC point at infinity", certificate(key=_ec_key(P256, b"\0")), "point"),
    Row("EC point beside the curve", certificate(key=_ec_key(P256, POINT[:-1] + bytes([POINT[-1] ^ 1]))), "point"),
    Row("EC point beyond the field", certificate(key=_ec_key(P256, b"\4" + b"\xff" * 64)), "point"),
    Row("EC point of the other curve", certificate(key=_ec_key(P256, _POINTS["secp384r1"])), "point"),
    Row("Ed25519", certificate(key=_key("2b6570", b"", b"k" * 32))),
    Row("Ed25519 with parameters", certificate(key=_key("2b6570", b"\x05\x00", b"k" * 32)), "Ed25519"),
    Row("Ed25519 key of 31 bytes", certificate(key=_key("2b6570", b"", b"k" * 31)), "Ed25519"),
    Row("X25519, whatever it is", certificate(key=_key("2b656e", b"\x05\x00", b"k"))),
    Row("Ed448, whatever it is", certificate(key=_key("2b6571", b"", b"k"))),
    Row("a key with fewer bits", certificate(key=_key("2b6570", b"", b"k" * 32 + b"\0", 3)), "Ed25519"),
    # extensions
    Row("no extensions in their place", certificate(b"")),
    Row("the same extension twice", certificate(_constraints(), _constraints()), "twice"),
    Row("the same unknown extension twice", certificate(extension("2a03", b""), extension("2a03", b"")), "twice"),
    Row("an unknown extension, critical", _extended("2a03", b"?", critical=CRITICAL)),
    Row("CRITICAL written as false", _extended("2a03", b"?", critical=_FALSE)),
    Row("CRITICAL that is neither", _extended("2a03", b"?", critical=element(0x01, b"\1")), "extensions"),
    Row("a broken list of SCTs", _extended("2b06010401d679020402", b"\x04\x02\xff\xff")),
    Row("a poisoned precertificate", _extended("2b06010401d679020403", b"?", critical=CRITICAL)),
    Row("CA", certificate(_constraints(_TRUE))),
    Row("CA with a path length", certificate(_constraints(_TRUE, _number(0)))),
    Row("CA:FALSE written out", certificate(_constraints(_FALSE))),
    Row("CA:FALSE with a path length", certificate(_constraints(_FALSE, _number(3)))),
    Row("a path length alone", certificate(_constraints(_number(3)))),
    Row("CA with a negative path length", certificate(_constraints(_TRUE, _number(-1))), "basic constraints"),
    Row("CA with a huge path length", certificate(_constraints(_TRUE, _number(1 << 63))), "basic constraints"),
    Row("CA that is neither", certificate(_constraints(element(0x01, b"\1"))), "basic constraints"),
    Row("basic constraints with more behind", _extended("551d13", _sequence(_TRUE) + b"?")),
    Row("key usage", _extended("551d0f", _bits(b"\x06", 1))),
    Row("key usage with stray bits", _extended("551d0f", _bits(b"\x07", 1)), "key usage"),
    Row("key usage of nothing", _extended("551d0f", b""), "key usage"),
    Row(
        "SAN of every kind that Go reads",
        _alternatives(
            element(0x81, b"a@b"),
            element(0x82, b"a.example"),
            element(0x86, b"https://a.example/b"),
            element(0x87, b"\x0a\0\0\1"),
            element(0x87, b"\0" * 15 + b"\1"),
        ),
    ),
    Row("SAN without names", _alternatives()),
    Row("SAN that is a x400Address", _alternatives(element(0xA3, _sequence()))),
    Row("SAN that is an ediPartyName", _alternatives(element(0xA5, element(0xA1, element(0x0C, b"x"))))),
    Row("SAN that is a directory name", _alternatives(_DIRECTORY)),
    Row("SAN that is another name", _alternatives(element(0xA0, _oid("2a03"), element(0xA0, b"?")))),
    Row("SAN of an unknown kind", _alternatives(element(0x8F, b"\xff"))),
    Row("SAN DNS name that is not IA5", _alternatives(element(0x82, "ä.example".encode())), "not ASCII"),
    Row("SAN mail address that is not IA5", _alternatives(element(0x81, b"\xe4@b")), "not ASCII"),
    Row("SAN URI that is not IA5", _alternatives(element(0x86, b"https://a/\xe4")), "not ASCII"),
    Row("SAN DNS name of odd letters", _alternatives(element(0x82, b"a_b..c d\0"))),
    Row("SAN URI without a scheme", _alternatives(element(0x86, b"a/b"))),
    Row("SAN URI without anything", _alternatives(element(0x86, b""))),
    Row("SAN URI of SPIFFE", _alternatives(element(0x86, b"spiffe://a.example/ns/b"))),
    Row("SAN URN", _alternatives(element(0x86, b"urn:uuid:1"))),
    Row("SAN URI that is none", _alternatives(element(0x86, b"https://a b/")), "URI"),
    Row("SAN URI with a colon first", _alternatives(element(0x86, b":a")), "URI"),
    Row("SAN URI with a bad escape", _alternatives(element(0x86, b"https://a/%zz")), "URI"),
    Row("SAN URI with a control character", _alternatives(element(0x86, b"https://a/\n")), "URI"),
    Row("SAN URI with a host that ends in a dot", _alternatives(element(0x86, b"https://a.b./")), "URI"),
    Row("SAN URI with an empty label", _alternatives(element(0x86, b"https://a..b/")), "URI"),
    Row("SAN URI with a port", _alternatives(element(0x86, b"https://a.b:5000/"))),
    Row("SAN URI with a port that is none", _alternatives(element(0x86, b"https://a.b:x/")), "URI"),
    Row("SAN URI of https with two colons", _alternatives(element(0x86, b"https://a:b:80/")), "URI"),
    Row("SAN URI of another scheme with two colons", _alternatives(element(0x86, b"x://a:b:80/"))),
    Row("SAN URI at an IPv6 address", _alternatives(element(0x86, b"https://[::1]:80/"))),
    Row("SAN address of 5 bytes", _alternatives(element(0x87, b"12345")), "alternative names"),
    Row("SAN that is no sequence", _extended("551d11", b"\x04\x00"), "alternative names"),
    Row("SAN name that is longer than its list", _extended("551d11", _sequence(b"\x82\x05a")), "names"),
    Row(
        "name constraints",
        _subtrees(
            element(0x82, b".a.example"),
            element(0x82, b""),
            element(0x81, b"a.example"),
            element(0x86, b".a"),
            element(0x87, b"\x0a\0\0\0\xff\0\0\0"),
            _DIRECTORY,
        ),
    ),
    Row("excluded names", _subtrees(element(0x82, b"a.example"), tag=0xA1)),
    Row("name constraints of nothing", _extended("551d1e", _sequence()), "name constraints"),
    Row("name constraints of empty lists", _subtrees(), "name constraints"),
    Row(
        "name constraints with more behind",
        _extended("551d1e", _sequence(element(0xA0, _sequence(_DIRECTORY))) + b"\0"),
        "name constraints",
    ),
    Row("name constraints of an unknown kind", _subtrees(element(0x8F, b"\xff"))),
    Row("DNS constraint with a dot at its end", _subtrees(element(0x82, b"a.")), "name constraints"),
    Row("DNS constraint of a dot", _subtrees(element(0x82, b".")), "name constraints"),
    Row("DNS constraint with an empty label", _subtrees(element(0x82, b"..a")), "name constraints"),
    Row("DNS constraint that is not IA5", _subtrees(element(0x82, b"\xe4")), "name constraints"),
    Row("address constraint of 4 bytes", _subtrees(element(0x87, b"1234")), "name constraints"),
    Row("address constraint with holes", _subtrees(element(0x87, b"1234\xff\0\xff\0")), "constraints"),
    Row("address constraint with a hole in a byte", _subtrees(element(0x87, b"1234\xff\xa0\0\0")), "constr"),
    Row("address constraint of everything", _subtrees(element(0x87, bytes(32)))),
    Row("mail constraint of one address", _subtrees(element(0x81, b"a.b+c@a.example"))),
    Row("mail constraint in quotes", _subtrees(element(0x81, b'"a b\\"c"@a.example'))),
    Row("mail constraint with escapes", _subtrees(element(0x81, b"a\\@b@a.example"))),
    Row("mail constraint of no host", _subtrees(element(0x81, b"a@"))),
    Row("mail constraint of nobody", _subtrees(element(0x81, b"@a.example")), "name constraints"),
    Row("mail constraint with two dots", _subtrees(element(0x81, b"a..b@a.example")), "name constraints"),
    Row("mail constraint with a dot last", _subtrees(element(0x81, b"a.@a.example")), "name constraints"),
    Row("mail constraint with a blank", _subtrees(element(0x81, b"a b@a.example")), "name constraints"),
    Row("mail constraint with an open quote", _subtrees(element(0x81, b'"a@a.example')), "constraints"),
    Row("mail constraint of a bad host", _subtrees(element(0x81, b"a@.a")), "name constraints"),
    Row("URI constraint of an address", _subtrees(element(0x86, b"10.0.0.1")), "name constraints"),
    Row("URI constraint of an IPv6 address", _subtrees(element(0x86, b"::1")), "name constraints"),
    Row("URI constraint of an address with a zone", _subtrees(element(0x86, b"fe80::1%eth0"))),
    Row("URI constraint of no address", _subtrees(element(0x86, b"010.0.0.1"))),
    Row(
        "CRL points",
        _extended(
            "551d1f",
            _sequence(
                _sequence(element(0xA0, element(0xA0, element(0x86, b"http://\xe4"), _DIRECTORY))),
                _sequence(element(0x81, b"\0\0")),
            ),
        ),
    ),
    Row(
        "CRL point relative to its issuer",
        _extended("551d1f", _sequence(_sequence(element(0xA0, element(0xA1))))),
        "CRL",
    ),
    Row("CRL points that are none", _extended("551d1f", _number(1)), "CRL"),
    Row("authority key identifier", _extended("551d23", _sequence(element(0x80, b"k")))),
    Row("authority key identifier by issuer", _extended("551d23", _sequence(element(0xA1)))),
    Row("authority key identifier, critical", _extended("551d23", _sequence(), critical=CRITICAL), "marked critical"),
    Row("authority key identifier that is none", _extended("551d23", b"k"), "authority key identifier"),
    Row("subject key identifier", _extended("551d0e", element(0x04, b"k"))),
    Row(
        "subject key identifier, critical",
        _extended("551d0e", element(0x04, b"k"), critical=CRITICAL),
        "marked critical",
    ),
    Row("subject key identifier that is none", _extended("551d0e", b"k"), "subject key identifier"),
    Row("policies", _extended("551d20", _sequence(_sequence(_oid("551d2000"), b"?"), _sequence(_oid("2a03"))))),
    Row("policies of huge numbers", _extended("551d20", _sequence(_sequence(_oid("2a" + "ff" * 9 + "7f"))))),
    Row("a policy twice", _extended("551d20", _sequence(_sequence(_oid("2a03")), _sequence(_oid("2a03")))), "policies"),
    Row("a policy with zeros before it", _extended("551d20", _sequence(_sequence(_oid("2a8003")))), "policies"),
    Row("a policy that does not end", _extended("551d20", _sequence(_sequence(_oid("2a83")))), "policies"),
    Row("policy mappings", _extended("551d21", _sequence(_sequence(_oid("2a03"), _oid(""))))),
    Row("a policy mapping of one", _extended("551d21", _sequence(_sequence(_oid("2a03")))), "mappings"),
    Row("policy constraints", _extended("551d24", _sequence(element(0x80, b"\0"), element(0x81, b"\xff")))),
    Row("policy constraints of nothing", _extended("551d24", _sequence())),
    Row(
        "policy constraint that is too large",
        _extended("551d24", _sequence(element(0x80, b"\1" * 9))),
        "policy constraints",
    ),
    Row("extended key usage", _extended("551d25", _sequence(_oid("2b06010505070301"), _oid("2a03")))),
    Row("extended key usage of nothing", _extended("551d25", _sequence())),
    Row("extended key usage that is none", _extended("551d25", _sequence(_number(1))), "extended key usage"),
    Row("inhibit any policy", _extended("551d36", _number(-1))),
    Row("inhibit any policy, too large", _extended("551d36", _number(1 << 63)), "inhibit any policy"),
    Row(
        "information access",
        _extended(
            _INFO_ACCESS,
            _sequence(
                _sequence(_OCSP, element(0x86, b"\xe4")),
                _sequence(_OCSP, _DIRECTORY),
                _sequence(_OCSP),
            ),
        ),
    ),
    Row("information access, critical", _extended(_INFO_ACCESS, _sequence(), critical=CRITICAL), "marked critical"),
    Row("information access without a method", _extended(_INFO_ACCESS, _sequence(_sequence())), "information access"),
]

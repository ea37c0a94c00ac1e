# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs, base64 and paths as Go's net/url, encoding/base64 and path read them."""

from __future__ import annotations

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._reading import go
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"QUI=", b"AB", id="padding"),
        pytest.param(b"QU\nI\r=\n", b"AB", id="line ends within"),
        pytest.param(b"QUI=\n", b"AB", id="a line end behind"),
        pytest.param(b"QQ=\n=", b"A", id="a line end within the padding"),
        pytest.param(b"QR==", b"A", id="bits that nothing needs"),
    ],
)
def test_base64(text, expected):
    assert go.decode_base64(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"QUI", id="no padding"),
        pytest.param(b"Q", id="one letter"),
        pytest.param(b"Q===", id="one letter and padding"),
        pytest.param(b"====", id="padding alone"),
        pytest.param(b"QUI= ", id="a blank behind"),
        pytest.param(b" QUI=", id="a blank before"),
        pytest.param(b"QUI=QUI=", id="more behind the padding"),
        pytest.param(b"QU_-", id="the letters of base64url"),
        pytest.param(b"QUI==", id="too much padding"),
        pytest.param(b"***", id="no letters"),
        pytest.param(b"\xff", id="a byte that is no ASCII"),
    ],
)
def test_not_base64(text):
    with pytest.raises(ValueError, match=r"^illegal base64 data$"):
        go.decode_base64(text)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("oci://h.example:5000/a", "h.example:5000", id="a port"),
        pytest.param("oci://h.example:/a", "h.example:", id="an empty port"),
        pytest.param("oci://::1/a", "::1", id="IPv6 without brackets"),
        pytest.param("OCI://h.example", "h.example", id="a scheme in capitals"),
        pytest.param("oci:///a", "", id="a path and no host"),
        pytest.param("oci://", "", id="a scheme alone"),
        pytest.param("oci:a", "", id="a scheme and no slashes"),
        pytest.param("h:1/x", "", id="a host that is taken for a scheme"),
        pytest.param("oci:/a", "", id="one slash"),
        pytest.param("a/b://c", "", id="a path before the scheme"),
        pytest.param("//h.example/a://b", "h.example", id="no scheme"),
        pytest.param("///h.example/a://b", "", id="three slashes"),
        pytest.param("*", "", id="a star"),
        pytest.param("oci://u:p@h.example?x", "h.example", id="a login and a query"),
        pytest.param("oci://u@v@h.example", "h.example", id="two at signs"),
        pytest.param("oci://@h.example", "h.example", id="an empty login"),
        pytest.param("oci://h.example#x?%zz@", None, id="a broken escape in the fragment"),
        pytest.param("oci://h.example#x", "h.example", id="a fragment"),
        pytest.param("oci://h.example?%zz", "h.example", id="a broken escape in the query"),
        pytest.param("oci://b%C3%BCcher.example", "b\xfccher.example", id="a letter that is escaped"),
        pytest.param("oci://b\xfccher.example", "b\xfccher.example", id="a letter that is no ASCII"),
        pytest.param("oci://a%25b", "a%b", id="a percent sign that is escaped"),
        pytest.param("oci://[::1]:5000/a", "[::1]:5000", id="IPv6 with a port"),
        pytest.param("oci://[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", id="IPv4 within IPv6"),
        pytest.param("oci://[fe80::1%25en%20%41]", "[fe80::1%en A]", id="a zone with escapes"),
        pytest.param("oci://<\"!$&'()*+,;=~_-.>", "<\"!$&'()*+,;=~_-.>", id="every sign that a host may have"),
    ],
)
def test_host_of_a_url(url, host):
    if host is None:
        with pytest.raises(ValueError, match=r"^not a URL$"):
            go.url_host(url)
    else:
        assert go.url_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("oci://h.example\n", id="a line end"),
        pytest.param("oci://h\x7f", id="DEL"),
        pytest.param(":h.example", id="a colon first"),
        pytest.param("1://h.example", id="a digit before the scheme"),
        pytest.param("oci://h.example:port", id="a port of letters"),
        pytest.param("oci://h:1:x", id="two colons"),
        pytest.param("oci:// h", id="a blank before the host"),
        pytest.param("oci://h|", id="a bar"),
        pytest.param("oci://h%20", id="a blank that is escaped"),
        pytest.param("oci://h%41", id="a letter of ASCII that is escaped"),
        pytest.param("oci://h%zz", id="a broken escape"),
        pytest.param("oci://h/%zz", id="a broken escape in the path"),
        pytest.param("oci://h/%4", id="half an escape in the path"),
        pytest.param("oci://h#%zz", id="a broken escape in the fragment"),
        pytest.param("oci://ué@h", id="a user name that is no ASCII"),
        pytest.param("oci://u%zz@h", id="a broken escape in the user name"),
        pytest.param("oci://u @h", id="a blank in the user name"),
        pytest.param("oci://a[::1]", id="a letter before the bracket"),
        pytest.param("oci://[::1", id="no closing bracket"),
        pytest.param("oci://[::1]x", id="a letter behind the bracket"),
        pytest.param("oci://[1.2.3.4]", id="IPv4 in brackets"),
        pytest.param("oci://[::g]", id="no hexadecimal digit in IPv6"),
        pytest.param("oci://[]", id="empty brackets"),
        pytest.param("oci://[fe80::1%25]", id="an empty zone"),
        pytest.param("oci://[fe80::1%25a%0a]", id="a line end in the zone"),
        pytest.param("oci://[fe80::1%25%e9]", id="a zone that is no UTF-8"),
        pytest.param("oci://[::1 ]", id="a blank within the brackets"),
    ],
)
def test_not_a_url(url):
    with pytest.raises(ValueError, match=r"^not a URL$|does not appear to be an IPv4 or IPv6 address$"):
        go.url_host(url)


def test_a_request_has_a_stricter_url():
    assert go.url_host("dummy://h#x/..", request=False) == "h"
    for url in ("h.example", "dummy://h#x", ""):
        with pytest.raises(ValueError, match=r"^not a URL$"):
            go.url_host(url, request=True)
    assert go.url_host("/a://b", request=True) == ""
    assert go.url_host("//h/a", request=True) == ""


@given(st.text(alphabet="ab:/@[]%?#. 12cC\n\xe9*") | st.text())
def test_any_text_has_a_host_or_raises_value_error(url):
    for request in (True, False):
        try:
            assert isinstance(go.url_host(url, request=request), str)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - most inputs are refused, some are not


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        pytest.param("a//b/./c/", "a/b/c", id="two slashes, a dot, a slash behind"),
        pytest.param("a/../b", "b", id="two dots take a part away"),
        pytest.param("a/b/../../../c", "../c", id="more dots than parts"),
        pytest.param("../../c", "../../c", id="dots first"),
        pytest.param("/../a", "/a", id="nothing stands above the root"),
        pytest.param("//a", "/a", id="two slashes first"),
        pytest.param("", ".", id="nothing is a dot"),
        pytest.param("a/..", ".", id="nothing that is left is a dot"),
        pytest.param("/", "/", id="the root"),
        pytest.param("a/..b", "a/..b", id="dots that begin a name"),
    ],
)
def test_paths_are_cleaned(path, cleaned):
    assert go.clean_path(path) == cleaned

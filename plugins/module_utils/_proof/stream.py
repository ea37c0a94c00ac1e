# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer that comes in time and whole, however a server drips it."""

from __future__ import annotations

import http.client
import io
import platform
import socket
import time
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal[
    "time",
    "name",
    "connection",
    "proxy",
    "proxy_login",
    "untrusted",
    "tls",
    "not_tls",
    "closed",
    "garbled",
    "python",
]


class Unanswered(Exception):
    """There is no answer, and this is why. The text holds nothing that the server sent.

    ``kind`` is one of: ``time`` (the deadline passed), ``name`` (not resolved), ``connection`` (refused,
    unreachable), ``proxy``, ``proxy_login`` (the proxy wants one, or another), ``untrusted`` (``code`` is OpenSSL's
    verify code), ``tls`` (any other failure of TLS), ``not_tls`` (it speaks something else, such as plain HTTP),
    ``closed`` (without a byte of an answer), ``garbled`` (cut short or not HTTP), ``python`` (its `http.client` is none
    that is known here). ``sent`` tells whether the request may have reached the server.
    """

    def __init__(self, kind: Kind, text: str, *, code: int = 0, sent: bool = False) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code
        self.sent = sent


class Deadline:
    """An instant that no waiting goes past."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left; raises TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class _CutShort(http.client.HTTPException):
    """The stream ended within the head of the answer."""


class TimelyResponse(http.client.HTTPResponse):
    """An answer whose head must be whole, read within the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        read_through(self, lambda stream: _Stream(_Bytes(sock, stream, deadline)))


def read_through(response: http.client.HTTPResponse, wrap: Callable[[io.BufferedReader], io.BufferedReader]) -> None:
    """Let an answer that is not read yet read from what ``wrap`` makes of its stream.

    The one place that knows `fp`, a private part of `http.client`. Raises Unanswered where it is not as expected.
    """
    stream = getattr(response, "fp", None)
    if not isinstance(stream, io.BufferedReader):
        text = f"`http.client` of Python {platform.python_version()} keeps the stream of an answer in another place"
        raise Unanswered("python", text, sent=True)
    response.fp = wrap(stream)


class _Stream(io.BufferedReader):
    """Lines that are whole: `http.client` takes the end of the stream for the end of the headers."""

    begun = False

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(-1 if size is None else size)
        if (line or self.begun) and not line.endswith(b"\n") and len(line) != size:
            raise _CutShort
        self.begun = True
        return line


class _Bytes(io.RawIOBase):
    """The bytes of a socket, all of them by the deadline: a socket's own time limit starts again with each read."""

    def __init__(self, sock: socket.socket, stream: io.BufferedReader, deadline: Deadline) -> None:
        super().__init__()
        self._socket = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._socket.settimeout(self._deadline.left())
        try:
            return self._stream.raw.readinto(buffer) or 0
        except ConnectionError:
            return 0  # a connection that breaks ends the stream like one that is closed

    def close(self) -> None:
        super().close()
        self._stream.close()

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.client
import io
import socket

from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import read_through

from tests.registries.scripted import reply

PLAIN = reply(200, body="body")


def test_an_answer_reads_what_it_is_given_instead_of_its_socket() -> None:
    here, there = socket.socketpair()
    with here, there, http.client.HTTPResponse(here) as response:
        there.sendall(reply(404, body="of the socket"))
        read_through(response, lambda _stream: io.BufferedReader(io.BytesIO(PLAIN)))
        response.begin()
        assert (response.status, response.read()) == (200, b"body")


def test_what_it_is_given_can_read_the_socket() -> None:
    here, there = socket.socketpair()
    with here, there, http.client.HTTPResponse(here) as response:
        there.sendall(PLAIN)
        given: list[io.BufferedReader] = []  # kept, since a stream that nobody holds closes what it reads
        read_through(response, lambda stream: given.append(stream) or io.BufferedReader(stream.raw))
        response.begin()
        assert (response.status, response.read()) == (200, b"body")

# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TCP proxy on loopback that makes a server as far away as a round trip says."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit


@contextlib.contextmanager
def far(url: str, round_trip: float) -> Iterator[str]:
    """Give the URL of the same server, ``round_trip`` seconds away: each direction takes half, connecting a whole one.

    The name stays, so that the server's certificate is valid for it. What is on its way does not wait for what is
    before it, and there is no slow start: this is a link with distance and without a limit of its own.
    """
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    link = _Link(host, port, round_trip)
    thread = threading.Thread(target=link.loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"{parts.scheme}://{host}:{asyncio.run_coroutine_threadsafe(link.open(), link.loop).result()}"
    finally:
        asyncio.run_coroutine_threadsafe(link.close(), link.loop).result()
        link.loop.call_soon_threadsafe(link.loop.stop)
        thread.join()
        link.loop.close()


class _Link:
    """The way to one server, for any number of connections."""

    def __init__(self, host: str, port: int, round_trip: float) -> None:
        self.loop = asyncio.new_event_loop()
        self.ends: set[_End] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._host, self._port, self._round_trip = host, port, round_trip

    async def open(self) -> int:
        """Listen, and return the port."""
        self._server = await self.loop.create_server(self._accepted, self._host, 0, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    def _accepted(self) -> _End:
        # The client believes that it is connected already: what it sends waits until it could be.
        near = _End(self, self._round_trip / 2, since=self.loop.time() + self._round_trip)
        far = _End(self, self._round_trip / 2)
        near.other, far.other = far, near
        task = self.loop.create_task(self._connect(near, far))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return near

    async def _connect(self, near: _End, far: _End) -> None:
        try:
            await self.loop.create_connection(lambda: far, self._host, self._port)
        except OSError:
            near.hang_up()

    async def close(self) -> None:
        """Cut what there is."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in list(self.ends):
            end.hang_up()


class _End(asyncio.Protocol):
    """One end of a connection: what arrives here leaves at the ``other`` end, ``delay`` seconds later."""

    other: _End

    def __init__(self, link: _Link, delay: float, since: float = 0.0) -> None:
        self._link, self._delay, self._since = link, delay, since
        self._transport: asyncio.Transport | None = None
        self._queue: deque[tuple[float, Callable[[asyncio.Transport], None]]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._link.ends.add(self)
        self.other._deliver()

    def data_received(self, data: bytes) -> None:
        self._later(lambda there: there.write(data))

    def eof_received(self) -> bool:
        self._later(lambda there: there.write_eof() if there.can_write_eof() else None)
        return True  # the other direction goes on

    def connection_lost(self, _error: Exception | None) -> None:
        self._link.ends.discard(self)
        self._later(lambda there: there.close())

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _later(self, act: Callable[[asyncio.Transport], None]) -> None:
        due = max(self._link.loop.time(), self._since) + self._delay
        self._queue.append((due, act))
        self._link.loop.call_at(due, self._deliver)

    def _deliver(self) -> None:
        """Do what is due, in order."""
        there, clock = self.other._transport, self._link.loop
        while there is not None and self._queue and self._queue[0][0] <= clock.time() + 0.0005:
            _due, act = self._queue.popleft()
            with contextlib.suppress(OSError):  # it has hung up
                act(there)

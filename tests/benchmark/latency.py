# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TCP proxy on loopback that makes a server as far away as a round trip says."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

_CHUNK = 1 << 18  # bytes


@contextlib.contextmanager
def far(url: str, round_trip: float) -> Iterator[str]:
    """Give the URL of the same server, ``round_trip`` seconds away: each direction takes half, connecting a whole one.

    The name stays, so that the server's certificate is valid for it. What is on its way does not wait for what is
    before it, and there is no slow start: this is a link with distance and without a limit of its own.
    """
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        opened = asyncio.run_coroutine_threadsafe(_listen(host, port, round_trip), loop).result()
        yield f"{parts.scheme}://{host}:{opened.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(host: str, port: int, round_trip: float) -> asyncio.Server:
    async def serve(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        connected = asyncio.get_running_loop().time() + round_trip  # the client believes it is already
        with contextlib.suppress(OSError, asyncio.CancelledError):  # the end of the proxy is no error
            far_in, far_out = await asyncio.open_connection(host, port)
            await asyncio.gather(
                _carry(near_in, far_out, round_trip / 2, connected), _carry(far_in, near_out, round_trip / 2)
            )
            far_out.close()
        near_out.close()

    return await asyncio.start_server(serve, host, 0, backlog=1024)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, delay: float, since: float = 0.0) -> None:
    """Write what is read, and the end of it, ``delay`` seconds later; nothing leaves before the time ``since``."""
    clock = asyncio.get_running_loop().time
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        data = b"-"
        while data:
            try:
                data = await source.read(_CHUNK)
            except OSError:
                data = b""
            queue.put_nowait((max(clock(), since) + delay, data))

    async def write() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - clock())
            with contextlib.suppress(OSError):
                if not data:
                    target.write_eof()
                    return
                target.write(data)

    await asyncio.gather(read(), write())


async def _stop() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

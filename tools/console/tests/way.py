"""The connection from the console to AWS, which a test can interrupt."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.aws import AwsEndpoint


class Way:
    """Forwards connections to an address, or refuses them."""

    def __init__(self, port: int) -> None:
        """Forward to a port of this machine."""
        self._to = port
        self._open = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._gone = False
        self.port = 0

    def is_gone(self) -> None:
        """Break all connections, and accept none."""
        self._loop.call_soon_threadsafe(self._go)

    def is_silent(self) -> None:
        """Accept connections, but never respond."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def is_back(self) -> None:
        """Forward again."""
        self._gone = False
        self._loop.call_soon_threadsafe(self._open.set)

    def run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._forward, "127.0.0.1"))
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        ready.set()
        self._loop.run_forever()
        server.close()
        self._open.set()
        self._go()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop)))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _go(self) -> None:
        self._gone = True
        for writer in self._writers:
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._gone:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        finally:
            self._writers -= {writer, back}
            writer.close()
            back.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@contextmanager
def way_to(endpoint: AwsEndpoint) -> Iterator[tuple[Way, AwsEndpoint]]:
    """Make a connection to an endpoint, and yield the endpoint at its other end."""
    port = urlsplit(endpoint.url).port or 0
    way, ready = Way(port), threading.Event()
    thread = threading.Thread(target=way.run, args=(ready,))
    thread.start()
    ready.wait()
    try:
        yield way, replace(endpoint, url=endpoint.url.replace(str(port), str(way.port)))
    finally:
        way.stop()
        thread.join()

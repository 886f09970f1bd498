"""A TCP proxy before PostgreSQL that loses a connection exactly at a COMMIT."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

COMMIT = b"COMMIT\0"


class Cut(StrEnum):
    """What becomes of a COMMIT and of its connection."""

    BEFORE = "before"  # the server never hears it
    AFTER = "after"  # the server does it, and nobody hears so
    LATE = "late"  # the client hears of the cut while the COMMIT is still on its way
    MUTE = "mute"  # the server does it, and the connection stays open without a word


class Proxy:
    """Passes everything on, but for the next COMMIT once ``cut`` is set."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._parts = parts
        self._tasks: set[asyncio.Task[None]] = set()
        self._late = asyncio.Event()
        self.cut: Cut | None = None
        self.cuts = 0
        self.url = ""

    async def serve(self) -> asyncio.Server:
        """Listen on a free port; ``url`` leads through it."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = urlunsplit(
            self._parts._replace(netloc=f"{self._parts.username}@127.0.0.1:{port}")
        )
        return server

    def let_late_ones_arrive(self) -> None:
        """Deliver a COMMIT that was held back."""
        self._late.set()

    async def close(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        answers = asyncio.create_task(_pump(upstream_reader, writer))
        self._tasks.add(answers)
        try:
            while data := await reader.read(65_536):
                if self.cut is not None and COMMIT in data:
                    cut, self.cut = self.cut, None
                    self.cuts += 1
                    await self._lose(cut, data, upstream_reader, upstream_writer, writer, answers)
                    return
                upstream_writer.write(data)
                await upstream_writer.drain()
        except OSError:
            pass
        finally:
            answers.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answers
            for end in (writer, upstream_writer):
                end.transport.abort()

    async def _lose(
        self,
        cut: Cut,
        data: bytes,
        upstream_reader: asyncio.StreamReader,
        upstream_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        answers: asyncio.Task[None],
    ) -> None:
        answers.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answers
        if cut is Cut.BEFORE:
            return
        if cut is Cut.LATE:
            writer.transport.abort()
            await self._late.wait()
        upstream_writer.write(data)
        await upstream_writer.drain()
        await upstream_reader.read(65_536)  # the server has done it, and says so
        if cut is Cut.MUTE:
            await asyncio.Event().wait()  # until the proxy closes


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """Put a proxy before the database of this address."""
    proxy = Proxy(url)
    server = await proxy.serve()
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()

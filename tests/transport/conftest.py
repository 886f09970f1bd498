"""A running server for the tests that need no limits of their own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.transport.server import Served, World, serve, until


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running() -> AsyncIterator[Served]:
    """One server for all tests, because stopping one takes uvicorn a fifth of a second."""
    async with serve() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="package")
async def served(running: Served) -> Served:
    """The server with the limits that Coffer has by default, as if nobody had used it yet."""
    await until(lambda: len(running.sockets) == 0)
    running.world = World()
    return running

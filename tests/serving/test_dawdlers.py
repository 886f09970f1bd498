"""Nobody holds a connection by sending slowly, by sending without end, or by not reading."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.asgi import Application
from app.serving import ARRIVAL_S, HEAD_BYTES, HEADERS_MAX, STUCK_S, DrainingServer, PoliteProtocol
from app.settings import Settings

POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n"
GET_LONG = b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n"
LONG = b"x" * 8_000_000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, and with a very long one if asked."""
    request = Request(scope, receive)
    try:
        body = await request.body()
    except ClientDisconnect:
        return
    answer = LONG if scope["path"] == "/long" else body
    await PlainTextResponse(answer)(scope, receive, send)


@dataclass
class Caller:
    """The other end of a connection, and the server that has it."""

    far: socket.socket
    server: DrainingServer
    transport: asyncio.Transport

    async def send(self, data: bytes) -> None:
        """Send, and let the server read."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.far, data)
        await asyncio.sleep(0.01)

    async def receive(self, size: int = 65_536) -> bytes:
        """Return what the server sends next; nothing when it has closed."""
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.far, size), 5)

    def later(self, seconds: float) -> None:
        """Have the server look as if so much time had passed."""
        self.server.drop_dawdlers(asyncio.get_running_loop().time() + seconds)


@asynccontextmanager
async def calling() -> AsyncIterator[Caller]:
    config = uvicorn.Config(echo, http=PoliteProtocol, lifespan="off", log_config=None)
    config.load()
    server = DrainingServer(config, Application(Settings("sqlite:///nowhere")))
    near, far = socket.socketpair()
    far.setblocking(False)  # noqa: FBT003  as the standard library has it
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(
        lambda: PoliteProtocol(config, server.server_state, {}), near
    )
    with far:
        yield Caller(far, server, transport)
        transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize("sent", [b"", b"POST / HT", POST[:-2], POST, POST + b"four"])
async def test_a_request_must_arrive_in_time(sent: bytes) -> None:
    async with calling() as caller:
        await caller.send(sent)
        caller.later(ARRIVAL_S - 1)
        assert not caller.transport.is_closing()
        caller.later(ARRIVAL_S + 1)
        assert (await caller.receive()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert await caller.receive() == b""


async def test_the_server_looks_once_a_second() -> None:
    async with calling() as caller:
        (protocol,) = caller.server.server_state.connections
        assert isinstance(protocol, PoliteProtocol)
        protocol._arriving_since_s = float("-inf")
        await caller.server.on_tick(1)
        assert not caller.transport.is_closing()
        await caller.server.on_tick(10)
        assert caller.transport.is_closing()


async def test_who_has_asked_in_time_is_left_alone() -> None:
    async with calling() as caller:
        for _ in range(2):
            await caller.send(POST + b"hello")
            assert (await caller.receive()).endswith(b"hello")
            # Between requests it is for the time of an idle connection to end it.
            caller.later(10 * ARRIVAL_S)
            assert not caller.transport.is_closing()
        await caller.send(POST)
        caller.later(ARRIVAL_S - 1)
        await caller.send(b"hello")
        assert (await caller.receive()).endswith(b"hello")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * (HEAD_BYTES + 1),
        b"GET / HTTP/1.1\r\nhost: " + b"a" * (HEAD_BYTES + 1),
    ],
)
async def test_a_head_has_an_end(head: bytes) -> None:
    async with calling() as caller:
        await caller.send(head)
        answer = await caller.receive()
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert await caller.receive() == b""


async def test_headers_have_a_number() -> None:
    async with calling() as caller:
        await caller.send(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * HEADERS_MAX + b"\r\n")
        assert (await caller.receive()).startswith(b"HTTP/1.1 200 OK\r\n")
        await caller.send(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (HEADERS_MAX + 1) + b"\r\n")
        assert (await caller.receive()).startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_a_large_body_is_no_large_head() -> None:
    size = 3 * HEAD_BYTES
    async with calling() as caller:
        await caller.send(POST.replace(b": 5", b": %d" % size))
        await caller.send(b"a" * size)
        assert (await caller.receive()).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_who_does_not_read_is_dropped() -> None:
    async with calling() as caller:
        await caller.send(GET_LONG)
        caller.later(0)
        caller.later(STUCK_S - 1)
        assert caller.server.server_state.connections
        caller.later(STUCK_S + 1)
        await asyncio.sleep(0.01)
        assert not caller.server.server_state.connections


async def test_who_reads_slowly_is_not() -> None:
    async with calling() as caller:
        await caller.send(GET_LONG)
        caller.later(0)
        got = 0
        while got < len(LONG):
            got += len(await caller.receive(1_000_000))
        caller.later(STUCK_S + 1)
        assert caller.server.server_state.connections


async def test_who_does_not_let_a_connection_end_is_dropped() -> None:
    async with calling() as caller:
        await caller.send(GET_LONG)
        caller.transport.close()
        caller.later(0)
        caller.later(STUCK_S + 1)
        await asyncio.sleep(0.01)
        assert not caller.server.server_state.connections

"""Subscribers say who they are, answer pings, and tell when the last of them has an event."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from benchmarks.compiler import build_load
from benchmarks.load import LoadFailed
from benchmarks.requests import alerts
from benchmarks.subscribers import read_line, subscribed

PATIENCE_S = 20.0
TOKENS = ("t-one", "t-two", "t-333")

Talk = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The load generator."""
    return build_load(tmp_path_factory.mktemp("load"))


async def hear(socket: ServerConnection) -> dict[str, object]:
    """Return the next message."""
    heard: dict[str, object] = json.loads(await socket.recv())
    return heard


async def say(socket: ServerConnection, **message: object) -> None:
    """Send a message as compact as the server's."""
    await socket.send(json.dumps(message, separators=(",", ":")))


@asynccontextmanager
async def speaking(talk: Talk) -> AsyncIterator[int]:
    """Serve sockets on a free port."""
    protocol = Subprotocol("graphql-transport-ws")
    async with serve(talk, "127.0.0.1", 0, subprotocols=[protocol]) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def greet(socket: ServerConnection) -> str:
    """Let a subscriber in, and return its token once it has subscribed."""
    first = await hear(socket)
    assert first["type"] == "connection_init"
    await say(socket, type="connection_ack")
    assert await hear(socket) == {"id": "1", "type": "subscribe", "payload": alerts()}
    payload = first["payload"]
    assert isinstance(payload, dict)
    return str(payload["authorization"])


async def test_all_are_told_and_the_last_counts(program: Path) -> None:
    greeted: dict[str, ServerConnection] = {}
    pongs: list[dict[str, object]] = []
    over = asyncio.Event()

    async def talk(socket: ServerConnection) -> None:
        token = await greet(socket)
        await (await socket.ping(b"are you there"))
        await say(socket, type="ping")
        pongs.append(await hear(socket))
        greeted[token] = socket
        if len(greeted) == len(TOKENS):
            over.set()
        await socket.wait_closed()

    async with (
        speaking(talk) as port,
        subscribed(program, port, TOKENS) as output,
        asyncio.timeout(PATIENCE_S),
    ):
        assert await read_line(output, PATIENCE_S, "subscribed") == "subscribed\n"
        await over.wait()
        for number in range(2):
            begun_ns = time.monotonic_ns()
            data = {"number": number, "long": "x" * 300}
            for socket in greeted.values():
                await say(socket, id="1", type="next", payload={"data": data})
            kind, first, last = (await read_line(output, PATIENCE_S, "told")).split()
            assert kind == "event"
            assert begun_ns <= int(first) <= int(last) <= time.monotonic_ns()
    assert set(greeted) == {f"Bearer {token}" for token in TOKENS}
    assert pongs == [{"type": "pong"}] * len(TOKENS)


async def test_one_who_is_refused_ends_it(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def talk(socket: ServerConnection) -> None:
        await hear(socket)
        await socket.close(4403, "Forbidden")

    async with speaking(talk) as port, subscribed(program, port, TOKENS[:1]) as output:
        with pytest.raises(LoadFailed):
            await read_line(output, PATIENCE_S, "subscribed")
    assert "a socket was closed: Forbidden" in capfd.readouterr().err


async def test_an_event_with_errors_ends_it(
    program: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def talk(socket: ServerConnection) -> None:
        await greet(socket)
        await say(socket, id="1", type="next", payload={"errors": [{"message": "no"}]})
        await socket.wait_closed()

    async with speaking(talk) as port, subscribed(program, port, TOKENS[:1]) as output:
        await read_line(output, PATIENCE_S, "subscribed")
        with pytest.raises(LoadFailed):
            await read_line(output, PATIENCE_S, "told")
    assert '"message":"no"' in capfd.readouterr().err


async def test_one_who_is_never_told_is_not_waited_for(program: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        await greet(socket)
        await socket.wait_closed()

    async with speaking(talk) as port, subscribed(program, port, TOKENS[:1]) as output:
        await read_line(output, PATIENCE_S, "subscribed")
        with pytest.raises(LoadFailed, match="not everybody was told"):
            await read_line(output, 0.01, "told")

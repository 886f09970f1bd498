"""The load generator asks what its template says, and believes only what it expects to be told."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.compiler import build_load
from benchmarks.load import Generator, Load, LoadFailed, Template

HEAD = "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-token: {{b}}\r\n"
TWO = Template(
    head=HEAD,
    body='[{"key":"{{n}}","of":"{{a}}"},{"key":"{{+}}{{n}}","of":"{{a}}"}]',
    draws=[("Ann", "t-0001"), ("Bob", "t-0002")],
    expect="yes",
    items=2,
)
ONE = Template(head=HEAD, body='"{{n}}"', draws=TWO.draws, expect="yes", times=3)

Answer = Callable[[bytes], Awaitable[str]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The load generator, compiled with every warning an error."""
    flags = ("-Wall", "-Wextra", "-Werror")
    return build_load(tmp_path_factory.mktemp("load"), *flags)


@dataclass(slots=True)
class Served:
    """What arrived at the server."""

    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


@asynccontextmanager
async def serving(answer: Answer, status: str = "200 OK") -> AsyncIterator[Served]:
    """Serve HTTP on a free port: what is answered depends on the body."""
    served = Served()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"content-length: (\d+)", head)
                assert length is not None
                body = await reader.readexactly(int(length.group(1)))
                served.heads.append(head)
                served.bodies.append(body.decode())
                text = await answer(body)
                told = f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n{text}"
                for part in (told[:20], told[20:]):
                    writer.write(part.encode())
                    await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


async def run(
    program: Path,
    served: Served,
    template: Template,
    rate: float | None = None,
    tell: Callable[[dict[str, float]], dict[str, float]] = dict,
) -> Load:
    """Put a short load on the server; ``tell`` is called when what counts begins and ends."""
    used = iter([{"servers": 1.0}, {"servers": 3.0}])
    generator = Generator(program, served.port, lambda: tell(next(used)))
    return await asyncio.to_thread(generator.run, template, 3, 0.05, 0.2, rate)


async def says_yes(body: bytes) -> str:
    """Acknowledge every item."""
    del body
    return "yes yes"


async def test_each_item_is_another_and_each_acknowledged_one_is_told(program: Path) -> None:
    async with serving(says_yes) as served:
        load = await run(program, served, TWO)
    form = r'\[{"key":"(\d{10})","of":"(Ann|Bob)"},{"key":"(\d{10})","of":"(Ann|Bob)"}\]'
    found = [re.fullmatch(form, body) for body in served.bodies]
    asked = [int(one.group(index)) for one in found if one is not None for index in (1, 3)]
    assert len(asked) == 2 * len(served.bodies)
    assert sorted(asked) == list(range(len(asked)))
    assert sorted(load.acknowledged) == sorted(asked)
    assert all("x-token: t-000" in head for head in served.heads)
    assert load.per_s > 0
    assert load.cpu_s["servers"] == pytest.approx(2 / (load.per_s * 0.2))
    assert load.p50_ms <= load.p90_ms <= load.p99_ms <= load.p999_ms <= load.max_ms


async def test_half_an_acknowledgement_is_none(program: Path) -> None:
    async with serving(says_yes) as served:
        with pytest.raises(LoadFailed, match="yes yes"):
            await run(program, served, ONE)


async def test_another_status_is_none(program: Path) -> None:
    async with serving(says_yes, "503 Service Unavailable") as served:
        with pytest.raises(LoadFailed, match="503 Service Unavailable"):
            await run(program, served, TWO)


async def test_an_open_loop_counts_from_when_a_request_was_due(program: Path) -> None:
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    async def hangs(body: bytes) -> str:
        await over.wait()
        return await says_yes(body)

    def at_the_end(used: dict[str, float]) -> dict[str, float]:
        if used["servers"] > 1:
            loop.call_soon_threadsafe(over.set)
        return used

    async with serving(hangs) as served:
        load = await run(program, served, TWO, rate=400, tell=at_the_end)
    # Three connections hang to the end, and what fell due meanwhile waited for them, too.
    assert load.per_s == 0
    assert 40 < len(served.bodies) < 200
    assert load.max_ms > 150
    assert load.p50_ms > 50


async def test_a_server_that_hangs_up_is_told(program: Path) -> None:
    async def hangs_up(body: bytes) -> str:
        raise asyncio.IncompleteReadError(body, None)

    async with serving(hangs_up) as served:
        with pytest.raises(LoadFailed, match="closed a connection"):
            await run(program, served, TWO)

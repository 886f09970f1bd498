"""Thousands of operators who wait for a threshold alert, each with a socket of their own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from app.building import built
from benchmarks.arena import PRIZE_MINOR, Arena, prize_serial
from benchmarks.load import LoadFailed
from benchmarks.past import CURRENCY
from benchmarks.requests import alerts
from services.actors import Actor, ActorKind
from services.house import House
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.lottery.fund_pool import FundPool, fund_pool

HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
OPEN_S = 180.0
ARRIVE_S = 30.0
SETTLE_S = 3.0
"""How long nothing happens after all have subscribed, or an alert has reached all."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """What it took: memory of the servers for each subscriber, and each alert on its way."""

    subscriber_kib: float
    arrivals_ms: tuple[float, ...]
    first_arrivals_ms: tuple[float, ...]


async def measure_fan_out(
    arena: Arena, program: Path, port: int, resident_kib: Callable[[], int], alerts_raised: int
) -> FanOut:
    """Raise alerts, the first of which only shows that everybody listens.

    An alert's way is measured from before the prize is claimed that takes the pool below its
    threshold, so it begins a little before the commit; it ends when the last subscriber has it. The
    claim is made in this process, so both server processes learn of it through Redis.

    Raises:
        LoadFailed: An alert did not reach everybody, or a socket was closed.
    """
    async with built(replace(arena.settings, dev=True)) as building:
        before_kib = resident_kib()
        async with _subscribed(arena, program, port) as output:
            await _line(output, OPEN_S, "subscribed")
            await asyncio.sleep(SETTLE_S)
            grown_kib = resident_kib() - before_kib
            last_ms, first_ms = [], []
            for number in range(alerts_raised + 1):
                begun_ns = time.monotonic_ns()
                await _raise_alert(building.house, arena, number)
                _, first, last = (await _line(output, ARRIVE_S, "told")).split()
                if number > 0:
                    first_ms.append((int(first) - begun_ns) / 1e6)
                    last_ms.append((int(last) - begun_ns) / 1e6)
                await _fill_pool(building.house, arena, number)
                await asyncio.sleep(SETTLE_S / 3)
    return FanOut(grown_kib / len(arena.watchers), tuple(last_ms), tuple(first_ms))


@asynccontextmanager
async def _subscribed(
    arena: Arena, program: Path, port: int
) -> AsyncIterator[asyncio.StreamReader]:
    init = {"type": "connection_init", "payload": {"authorization": "Bearer {{a}}"}}
    subscribe = {"id": "1", "type": "subscribe", "payload": alerts()}
    with TemporaryDirectory(prefix="coffer-load-") as name:
        files = {
            "handshake": HANDSHAKE.encode(),
            "init": orjson.dumps(init),
            "subscribe": orjson.dumps(subscribe),
            "draws": "".join(f"{token}\n" for token in arena.watchers).encode(),
        }
        for file, content in files.items():
            (Path(name) / file).write_bytes(content)
        process = await asyncio.create_subprocess_exec(
            str(program),
            "subscribe",
            f"port={port}",
            f"connections={len(arena.watchers)}",
            *(f"{file}={Path(name) / file}" for file in files),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None  # noqa: S101 - piped above
        assert process.stdout is not None  # noqa: S101 - the same
        try:
            yield process.stdout
        finally:
            process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _line(output: asyncio.StreamReader, patience_s: float, what: str) -> str:
    try:
        async with asyncio.timeout(patience_s):
            line = await output.readline()
    except TimeoutError:
        raise LoadFailed(f"not everybody was {what} within {patience_s:.0f} s") from None
    if not line:
        raise LoadFailed("the subscribers gave up, as was said above")
    return line.decode()


async def _raise_alert(house: House, arena: Arena, number: int) -> None:
    winner = Actor(ActorKind.CUSTOMER, arena.winner.customer_id)
    serial = prize_serial(number)
    claim = ClaimPrize(serial, arena.winner.account_id, arena.won_draw_id, serial)
    await claim_prize(house, winner, claim)


async def _fill_pool(house: House, arena: Arena, number: int) -> None:
    await fund_pool(house, arena.centre, FundPool(f"again-{number}", PRIZE_MINOR, CURRENCY))

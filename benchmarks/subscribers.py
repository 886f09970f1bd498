"""Thousands of operators who wait for a threshold alert, each with a socket of their own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
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
    alerts: tuple["Alert", ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """How one alert went: when the first and the last had it, and what telling one of them took."""

    first_ms: float
    last_ms: float
    cpu_s: dict[str, float]

    def __str__(self) -> str:
        """Return it in a line."""
        used = ", ".join(f"{name} {used_s * 1e6:.0f}" for name, used_s in self.cpu_s.items())
        return (
            f"first after {self.first_ms:.0f} ms, last after {self.last_ms:.0f};"
            f" processor µs each: {used}"
        )


async def measure_fan_out(
    arena: Arena,
    program: Path,
    port: int,
    alerts_raised: int,
    *,
    resident_kib: Callable[[], int],
    read_cpu: Callable[[], dict[str, float]],
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
        async with subscribed(program, port, arena.watchers) as output:
            await read_line(output, OPEN_S, "subscribed")
            await asyncio.sleep(SETTLE_S)
            grown_kib = resident_kib() - before_kib
            found = []
            for number in range(alerts_raised + 1):
                before, begun_ns = read_cpu(), time.monotonic_ns()
                await _raise_alert(building.house, arena, number)
                _, first, last = (await read_line(output, ARRIVE_S, "told")).split()
                used = {
                    name: (used_s - before[name]) / len(arena.watchers)
                    for name, used_s in read_cpu().items()
                }
                first_ms, last_ms = ((int(at) - begun_ns) / 1e6 for at in (first, last))
                if number > 0:
                    found.append(Alert(first_ms, last_ms, used))
                await _fill_pool(building.house, arena, number)
                await asyncio.sleep(SETTLE_S / 3)
    return FanOut(grown_kib / len(arena.watchers), tuple(found))


@asynccontextmanager
async def subscribed(
    program: Path, port: int, tokens: Sequence[str]
) -> AsyncIterator[asyncio.StreamReader]:
    """Have a subscriber for each token, and what the load generator says of them.

    It says ``subscribed`` when all are, and ``event`` with the moments when the first and the last
    of them had one, in nanoseconds.
    """
    init = {"type": "connection_init", "payload": {"authorization": "Bearer {{a}}"}}
    subscribe = {"id": "1", "type": "subscribe", "payload": alerts()}
    with TemporaryDirectory(prefix="coffer-load-") as name:
        files = {
            "handshake": HANDSHAKE.encode(),
            "init": orjson.dumps(init),
            "subscribe": orjson.dumps(subscribe),
            "draws": "".join(f"{token}\n" for token in tokens).encode(),
        }
        for file, content in files.items():
            (Path(name) / file).write_bytes(content)
        process = await asyncio.create_subprocess_exec(
            str(program),
            "subscribe",
            f"port={port}",
            f"connections={len(tokens)}",
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


async def read_line(output: asyncio.StreamReader, patience_s: float, what: str) -> str:
    """Return the next line.

    Raises:
        LoadFailed: There is none, or not in time.
    """
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

"""Purchases at the desk: the service without GraphQL, one process, one hot platform wallet."""

import asyncio
import time
from dataclasses import dataclass
from uuid import uuid4

from app.building import built
from benchmarks.arena import Arena
from services.lottery.purchase import purchase


@dataclass(frozen=True, slots=True)
class DeskFigure:
    """What a run gave: purchases a second, commands in a transaction."""

    per_s: float
    commands_per_transaction: float


async def measure_desk(arena: Arena, clients: int, seconds: float) -> DeskFigure:
    """Have clients buy one after the other for some seconds."""
    run = uuid4().hex[:8]
    async with built(arena.settings) as building:
        house = building.house
        done = 0
        begun = time.perf_counter()

        async def client(number: int) -> None:
            nonlocal done
            order = 0
            while time.perf_counter() - begun < seconds:
                await purchase(house, arena.platform, arena.order(number, order, run))
                order += 1
                done += 1

        await asyncio.gather(*(client(number) for number in range(clients)))
        took_s = time.perf_counter() - begun
        figures = house.desk.figures
        return DeskFigure(done / took_s, figures.commands / figures.groups)

"""The desk alone, on SQLite in one file: what grouping is worth where one transaction is dear."""

import asyncio
import shutil
import sqlite3
import time

from app.building import built
from app.collector import spare_what_stays
from app.database import migrate
from app.settings import Settings
from benchmarks.arena import Arena, lay_out_small
from benchmarks.bench import Bench
from benchmarks.books import NotKept, check_books
from benchmarks.load import new_run
from services.lottery.purchase import purchase

NAMES = ("sqlite_per_s", "sqlite_single_per_s")
SHARE = 0.5
"""Of a measurement's time, for each of the two."""


def lay_out_sqlite(bench: Bench) -> Arena:
    """Make the file, with a player for each who will wait."""
    settings = Settings(
        database_url=f"sqlite://{bench.directory / 'desk.db'}", key_file=bench.key_file
    )
    asyncio.run(migrate(settings.database_url))
    return asyncio.run(lay_out_small(settings, bench.sizes.waiting))


def measure_desk(bench: Bench, arena: Arena) -> dict[str, float]:
    """Return a round's figures: groups as they form, and groups of one.

    Raises:
        NotKept: A purchase that was acknowledged is missing, or the books do not balance.
    """
    seconds, waiting = bench.seconds * SHARE, bench.sizes.waiting
    measured: dict[str, float] = {}
    for name, group_limit in (("sqlite_per_s", None), ("sqlite_single_per_s", 1)):
        path = bench.directory / "desk-round.db"
        shutil.copy(bench.directory / "desk.db", path)
        copy = arena.at(f"sqlite://{path}")
        measured[name] = asyncio.run(_measure(copy, waiting, seconds, group_limit))
        print(f"  {name}: {measured[name]:.0f} /s", flush=True)
        asyncio.run(check_books(copy.settings.database_url))
        path.unlink()
    return measured


async def _measure(arena: Arena, clients: int, seconds: float, group_limit: int | None) -> float:
    """Have clients buy one after the other for some seconds; return purchases a second."""
    run = new_run()
    acknowledged: list[str] = []
    async with built(arena.settings) as building:
        spare_what_stays()  # as a server process does when it begins
        house = building.house
        if group_limit is not None:
            house.desk.group_limit = group_limit
        begun_s = time.perf_counter()

        async def client(number: int) -> None:
            nth = 0
            while time.perf_counter() - begun_s < seconds:
                order = arena.order(number, nth, run)
                await purchase(house, arena.platform, order)
                acknowledged.append(order.reference)
                nth += 1

        await asyncio.gather(*(client(number) for number in range(clients)))
        took_s = time.perf_counter() - begun_s
    _look_up(arena, acknowledged)
    return len(acknowledged) / took_s


def _look_up(arena: Arena, acknowledged: list[str]) -> None:
    file = sqlite3.connect(arena.settings.sqlite_path or "")
    try:
        kept = {reference for (reference,) in file.execute(_REFERENCES)}
    finally:
        file.close()
    if missing := set(acknowledged) - kept:
        raise NotKept(f"acknowledged and not there: {sorted(missing)[:10]}")


_REFERENCES = "SELECT reference FROM account_transaction WHERE type = 'PURCHASE'"

"""Whether it stays fast: the same purchases and pages with thousands of lines and with millions."""

import asyncio
from collections.abc import Mapping

import httpx

from benchmarks.arena import Arena, Player
from benchmarks.bench import Bench, Served
from benchmarks.books import check_books
from benchmarks.busy import CONNECTIONS
from benchmarks.load import new_run
from benchmarks.requests import PAGE, page, page_request, trusted_purchase

LONGEST_PAGE = 100
PAGE_SHARE = 0.2
"""How much of a measurement's time a page is read for."""

NAMES = ("small_per_s", "large_per_s", "small_page_ms", "large_page_ms")


def measure_growth(bench: Bench, small: Arena, large: Arena, number: int) -> dict[str, float]:
    """Return a round's figures; which database comes first alternates.

    The small database is a fresh copy each time. The large one grows by what is bought, which is
    little beside what is there.

    Raises:
        LoadFailed: A request was not answered as it should be.
        NotKept: Something acknowledged is missing, or the books do not balance.
    """
    measured: dict[str, float] = {}
    for name in ("small", "large") if number % 2 else ("large", "small"):
        if name == "large":
            measured |= _measure(bench, large, name, bench.sizes.last_page)
        else:
            with bench.copied(small, "small_round") as copy:
                measured |= _measure(bench, copy, name, 1)
                asyncio.run(check_books(copy.settings.database_url))
    return measured


def _measure(bench: Bench, arena: Arena, name: str, number: int) -> dict[str, float]:
    measured: dict[str, float] = {}
    with bench.serving(arena) as served:
        if bench.wants("large_per_s"):
            run = new_run()
            load = served.buy(trusted_purchase(arena, run), run, CONNECTIONS)
            print(f"  purchases, {name} database: {load}", flush=True)
            measured[f"{name}_per_s"] = load.per_s
        if bench.wants("large_page_ms"):
            reader = arena.players[0]
            after = asyncio.run(_cursor_before(served, reader, number))
            load = served.load(page(reader, after), 1, seconds=bench.seconds * PAGE_SHARE)
            print(f"  page {number}, {name} database: {load}", flush=True)
            measured[f"{name}_page_ms"] = load.p50_ms
    return measured


async def _cursor_before(served: Served, reader: Player, number: int) -> str | None:
    """Walk to a page as a client would, though in larger steps, and return where it begins."""
    rows, after = (number - 1) * PAGE, None
    async with httpx.AsyncClient(
        headers={"authorization": f"Bearer {reader.token}"}, trust_env=False, timeout=30
    ) as client:
        while rows:
            asked = page_request(reader, min(rows, LONGEST_PAGE), after)
            answer = (await client.post(served.coffer.url, json=asked)).json()
            found: Mapping[str, object] = answer["data"]["account"]["transactions"]["pageInfo"]
            assert found["hasNextPage"]  # noqa: S101 - the account is long enough
            after, rows = str(found["endCursor"]), rows - min(rows, LONGEST_PAGE)
    return after

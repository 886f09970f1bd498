"""Crashes under load: what was acknowledged is there, once, and every subscriber hears it all.

Server processes, PostgreSQL and Redis are killed (SIGKILL) while clients work. ``tests.torture``'s
audit then compares the database, and what GraphQL shows, with what the clients were told. The
seed is printed; ``COFFER_TORTURE_SEED`` sets it.
"""

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from random import Random

import pytest

from tests.servers import Server, running_postgres, running_redis
from tests.stories.coffer import Coffer, coffer_on
from tests.torture import documents
from tests.torture.audit import Audit, contents
from tests.torture.blows import Blows, say, shuffled
from tests.torture.clients import Caller, Cast, Load
from tests.torture.stage import last_cursor, set_stage
from tests.torture.subscribers import Subscriber

CLIENTS = 24
PLAYERS = 8
LOST = frozenset({"lost"})
"""How a request ends that had been sent when the server died."""


@pytest.fixture
def seed() -> int:
    """The seed of this run, shown when it fails."""
    chosen = int(os.environ.get("COFFER_TORTURE_SEED") or secrets.randbelow(10**6))
    say(f"COFFER_TORTURE_SEED={chosen}")
    return chosen


@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_processes_postgres_and_redis_die_under_load(seed: int) -> None:
    with running_postgres() as postgres, running_redis() as redis:
        url = await postgres.create_database("coffer")
        with coffer_on(url, redis.url, workers=2) as coffer:
            await torment(
                coffer,
                url,
                seed,
                servers={"postgres": postgres, "redis": redis},
                counts={"server": 10, "postgres": 2, "redis": 1},
                gap=(40, 180),
            )


@pytest.mark.timeout(240)
async def test_the_only_process_dies_under_load(seed: int, sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        await torment(coffer, sqlite_url, seed, servers={}, counts={"server": 10}, gap=(40, 180))


async def torment(
    coffer: Coffer,
    url: str,
    seed: int,
    servers: Mapping[str, Server],
    counts: Mapping[str, int],
    gap: tuple[int, int],
) -> None:
    """Work, strike, and reckon."""
    random = Random(seed)
    begun = time.monotonic()
    await asyncio.to_thread(coffer.run, "migrate")
    await asyncio.to_thread(coffer.start)
    cast = await set_stage(coffer, PLAYERS)
    start = await contents(url)
    load = Load(coffer.port, cast, seed, CLIENTS)
    blows = Blows(coffer, servers, random, gap)
    say(f"  set up in {time.monotonic() - begun:.1f} s")
    subscribers = await make_subscribers(coffer, cast, random)
    async with listening(subscribers):
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await blows.strike(shuffled(random, counts), load.progress)
            load.stop()
        await asyncio.to_thread(coffer.wait_ready)
        say(f"  {load.progress.count} answers in {time.monotonic() - begun:.1f} s")
        say(f"  unanswered {dict(load.unanswered)}; successes {dict(load.tally.successes)}")
        say(f"  refusals {dict(load.tally.refusals)}")
        feed = (await contents(url))["feed_event"]
        await asyncio.gather(
            *(subscriber.catch_up(subscriber.last_of(feed)) for subscriber in subscribers)
        )
    for subscriber in subscribers:
        say(f"  {subscriber.name}: {len(subscriber.heard)} events, {dict(subscriber.ends)}")
    cut_short = [asked for asked in load.asked if LOST & set(asked.unanswered)]
    kept_all_the_same = [a for a in cut_short if a.answers[0].get("replayed")]
    say(f"  {len(cut_short)} commands cut short, of which {len(kept_all_the_same)} had been kept")
    findings = await Audit(url, load, start).run(subscribers)
    with contextlib.suppress(FileNotFoundError):
        say(await asyncio.to_thread(coffer.run, "check-ledger"))
    say(f"  all in {time.monotonic() - begun:.1f} s")
    assert not findings, "\n".join(findings)
    assert blows.struck == counts
    # Otherwise nothing was proved: no command was under way when a process died.
    assert cut_short
    assert kept_all_the_same


async def make_subscribers(coffer: Coffer, cast: Cast, random: Random) -> list[Subscriber]:
    """Return those who listen from before the load, half of whom hang up now and then."""

    async def one(
        name: str, caller: Caller, audience: str, account_id: str | None = None, node_id: str = ""
    ) -> Subscriber:
        activity = account_id is not None
        return Subscriber(
            name=name,
            url=coffer.socket_url,
            caller=caller,
            document=documents.ACTIVITY if activity else documents.NOTIFICATIONS,
            variables={"accountId": node_id} if activity else {},
            after=await last_cursor(coffer, caller),
            audiences=frozenset({audience} if activity else {audience, "topic:draws"}),
            account_id=account_id,
            restless=random.choice((0, 40)),
            random=Random(random.random()),
        )

    subscribers = [
        await one("platform", cast.platform, f"partner:{cast.platform_id}"),
        await one("platform again", cast.platform, f"partner:{cast.platform_id}"),
        await one("centre", cast.centre, f"partner:{cast.centre_id}"),
        await one("operator", cast.operator, "topic:alerts"),
    ]
    for number, player in enumerate(cast.players):
        audience = f"customer:{player.customer_id}"
        if number % 2:
            subscribers.append(await one(f"player {number}", player.caller, audience))
        else:
            subscribers.append(
                await one(
                    f"account {number}", player.caller, audience, player.account_id, player.node_id
                )
            )
    subscribers[0].restless, subscribers[1].restless = 0, 40
    return subscribers


@contextlib.asynccontextmanager
async def listening(subscribers: list[Subscriber]) -> AsyncIterator[None]:
    """Have them listen for the time of the block."""
    tasks = [asyncio.create_task(subscriber.run()) for subscriber in subscribers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [error for error in ended if not isinstance(error, asyncio.CancelledError)]
    assert not broken, broken

"""The reader: order, late commits, overflow, wake-ups."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from app.adapters.local_bus import LocalBus
from app.adapters.redis_bus import RedisBus
from models import FeedEvent
from models.currencies import system_wallet_id
from models.kinds import EntryKind, EventKind, WalletKind
from services.ledger.books import Books
from services.ledger.command import Body
from services.ledger.postings import Move
from services.notifications import reading, watermark
from services.notifications.feed import NAMED_AUDIENCES, Follower, Overflowed
from services.notifications.hearing import Hearing
from tests.notifications.helpers import (
    PATIENCE_S,
    PLAYERS,
    RAW_INSERT,
    STRANGERS,
    Teller,
    all_wait,
    feeding,
    following,
    numbers,
    take,
    telling,
    until,
)

WALLET = UUID(int=77)
BANK = system_wallet_id(WalletKind.BANK, "CNY")


def open_wallet(books: Books) -> Body:
    books.open_wallet(WalletKind.LOTTERY, "CNY", UUID(int=1), WALLET)
    return {}


def deposit(books: Books) -> Body:
    posted = books.post(EntryKind.DEPOSIT, Move(BANK, WALLET, 1))
    number = posted.wallets[WALLET].line_count
    books.tell(EventKind.DEPOSIT, {"number": number}, PLAYERS, account_id=WALLET)
    return {}


async def deposits(teller: Teller, number: int) -> None:
    for _ in range(number):
        await asyncio.gather(*(teller.decide(deposit, BANK, WALLET) for _ in range(5)))


async def test_a_wallets_events_come_in_the_order_of_its_lines(database: str) -> None:
    bus = LocalBus()
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed, after=0) as f,
    ):
        await teller.decide(open_wallet)
        _, found = await asyncio.gather(deposits(teller, 20), numbers(f, 100))
    assert found == list(range(1, 101))


@pytest.mark.postgres
async def test_two_desks_keep_one_wallets_order(postgres: str) -> None:
    bus = LocalBus()
    async with (
        telling(postgres, bus) as one,
        telling(postgres, bus) as other,
        feeding(bus) as feed,
        following(feed, after=0) as items,
    ):
        await one.decide(open_wallet)
        _, _, found = await asyncio.gather(
            deposits(one, 20), deposits(other, 20), numbers(items, 200)
        )
    assert found == list(range(1, 201))


@pytest.mark.postgres
async def test_what_commits_late_is_not_skipped(postgres: str) -> None:
    bus = LocalBus()
    early = await asyncpg.connect(postgres)
    try:
        async with feeding(bus) as feed, following(feed) as items:
            follower = asyncio.create_task(take(items, 2))
            await until(lambda: feed.figures.followers == 1)
            await early.execute("BEGIN")
            assert await early.fetchval(RAW_INSERT) == 1
            async with telling(postgres, bus) as teller:
                await teller.tell(2)
            # One, when it looked between the two: it then waits for whoever drew the first.
            await until(lambda: feed.figures.behind in {1, 2})
            # Who goes on from the last event seen takes the second for the next ...
            naive = await FeedEvent.filter(id__gt=0).order_by("id").values_list("id")
            assert naive == [(2,)]
            assert not follower.done()
            await early.execute("COMMIT")
            # ... and never meets the first.
            assert await FeedEvent.filter(id__gt=2).count() == 0
            assert [item.position for item in await follower] == [1, 2]  # type: ignore[union-attr]  # no gap
            await until(lambda: feed.figures.behind == 0)
    finally:
        await early.close()


async def test_events_are_read_once_for_however_many_follow(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus, batch=500) as feed:
        followers = [feed.listen(Hearing(frozenset({PLAYERS}))) for _ in range(50)]
        await teller.tell(*range(1, 21))
        for follower in followers:
            for number in range(1, 21):
                item = await anext(follower)
                assert getattr(item, "body", None) == {"number": number}
        assert feed.figures.read == 20
        for follower in followers:
            follower.close()
        assert feed.figures.followers == 0


async def test_it_rests_while_nobody_follows(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus, idle_s=3600) as feed:
        await teller.tell(*range(1, 4))
        before = feed.position
        await teller.tell(*range(4, 7))
        assert feed.position == before
        # Whoever comes does not wait for the end of its rest.
        async with asyncio.timeout(PATIENCE_S), following(feed, after=0) as items:
            assert await numbers(items, 6) == [1, 2, 3, 4, 5, 6]
            await teller.tell(7)
            assert await numbers(items, 7) == [7]


async def test_more_audiences_than_can_be_named_are_all_served(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        names = [f"customer:{number}" for number in range(NAMED_AUDIENCES + 5)]
        followers = [feed.listen(Hearing(frozenset({name}))) for name in names]
        for name in names:
            await teller.tell(1, to=name)
        for name, follower in zip(names, followers, strict=True):
            item = await anext(follower)
            assert getattr(item, "audience", None) == name


async def test_who_comes_while_events_are_read_misses_none(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader asked for the audiences that were followed then, and a new one has come."""
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        first = feed.listen(Hearing(frozenset({PLAYERS})))
        late: list[Follower] = []
        real = reading.stretch

        async def stretch(*args: object) -> object:
            part = await real(*args)  # type: ignore[arg-type]  # handed on
            if not late:
                late.append(feed.listen(Hearing(frozenset({STRANGERS}))))
            return part

        monkeypatch.setattr("services.notifications.feed.stretch", stretch)
        await teller.tell(1, to=STRANGERS)
        await teller.tell(2)
        assert (await anext(first)).position == 2  # type: ignore[union-attr]  # no gap
        assert (await anext(late[0])).position == 1  # type: ignore[union-attr]  # no gap


async def test_a_slow_follower_is_closed_and_comes_back_without_loss(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus, capacity=10) as feed:
        async with following(feed, after=0) as slow, following(feed, after=0) as quick:
            await teller.tell(1)
            seen = await numbers(slow, 1)
            waiting = asyncio.create_task(numbers(quick, 41))
            for number in range(2, 42):
                await teller.tell(number)
                await until(lambda: feed.position == number)  # noqa: B023 - used at once
            # The slow one's end is its own: the other has everything.
            assert await waiting == list(range(1, 42))
            with pytest.raises(Overflowed):
                await anext(slow)
            assert feed.figures.overflowed == 1
        async with following(feed, after=1) as again:
            assert seen + await numbers(again, 41) == list(range(1, 42))


async def test_figures_tell_how_far_the_reader_is_behind(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        await teller.tell(1, 2, 3)
        await until(lambda: feed.position == 3)
        figures = feed.figures
        assert (figures.position, figures.behind, figures.behind_s) == (3, 0, 0.0)
        assert (figures.followers, figures.overflowed, figures.faults) == (0, 0, 0)


async def test_the_reader_looks_by_itself(database: str) -> None:
    """Nobody is woken by a desk whose bus is another's."""
    async with (
        telling(database, LocalBus()) as teller,
        feeding(LocalBus()) as feed,
        following(feed, after=0) as items,
    ):
        _, found = await asyncio.gather(teller.tell(1, 2), numbers(items, 2))
    assert found == [1, 2]


async def test_the_reader_outlives_a_database_that_fails(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = LocalBus()
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed, after=0) as items,
    ):
        real = watermark.drawn

        async def fails() -> tuple[int, str]:
            raise ConnectionError

        monkeypatch.setattr(watermark, "drawn", fails)
        await teller.tell(1)
        await until(lambda: feed.figures.faults > 0)
        monkeypatch.setattr(watermark, "drawn", real)
        assert await numbers(items, 1) == [1]


async def test_followers_end_when_the_feed_stops(database: str) -> None:
    bus = LocalBus()
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed, after=0) as items,
    ):
        await teller.tell(1)
        assert await numbers(items, 1) == [1]
        waiting = asyncio.ensure_future(anext(items, None))
        await until(lambda: all_wait(feed))
        await feed.stop()
        async with asyncio.timeout(PATIENCE_S):
            assert await waiting is None


async def test_two_processes_wake_each_other_through_redis(database: str, redis_url: str) -> None:
    here, there = RedisBus(redis_url), RedisBus(redis_url)
    await here.open()
    await there.open()
    try:
        async with (
            telling(database, here) as teller,
            feeding(here, poll_s=3600) as own,
            feeding(there, poll_s=3600) as other,
            following(own, after=0) as near,
            following(other, after=0) as far,
        ):
            for number in range(1, 30):
                await teller.tell(number)
                assert await numbers(near, number) == [number]
                assert await numbers(far, number) == [number]
    finally:
        await here.close()
        await there.close()

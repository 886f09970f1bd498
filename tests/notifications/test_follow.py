"""Following: replay, then live, without a seam; gaps; who hears what."""

import asyncio
import random
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.adapters.local_bus import LocalBus
from models import Account, FeedEvent, FeedFloor
from models.kinds import EventKind
from services import audiences
from services.actors import NOBODY, SYSTEM, Actor, NotAllowed
from services.clock import utc_now
from services.notifications import reading
from services.notifications.hearing import Hearing
from services.notifications.items import FeedItem, Gap
from services.notifications.remove_old import remove_old_events
from services.refusals import RefusalCode, Refused
from tests.notifications.helpers import (
    CENTRE,
    FAR_FUTURE,
    OPERATOR,
    PATIENCE_S,
    PLAYER,
    PLAYERS,
    RAW_INSERT,
    STRANGER,
    STRANGERS,
    Teller,
    all_wait,
    feeding,
    following,
    house_at,
    numbers,
    take,
    telling,
    until,
)

ACCOUNT, OTHER_ACCOUNT = UUID(int=10), UUID(int=11)


async def open_account(account_id: UUID, actor: Actor) -> None:
    await Account.create(
        id=account_id,
        number=str(account_id.int),
        customer_id=actor.customer_id(),
        kind="LOTTERY",
        currency="CNY",
        live_currency="CNY",
        identity=f"of {account_id}",
        opened_at=utc_now(),
    )


async def tell_in_bits(teller: Teller, last: int, seed: int) -> None:
    """Tell 1 to ``last`` in commands of several events, with others' events in between."""
    chance = random.Random(seed)
    number = 1
    while number <= last:
        size = chance.randint(1, 9)
        await teller.tell(*range(number, min(number + size, last + 1)))
        await teller.tell(0, to=STRANGERS)
        number += size


@pytest.mark.parametrize("seed", range(3))
async def test_replay_goes_on_live_without_a_seam(database: str, seed: int) -> None:
    """Followers come at every moment, from every position, while events are being written."""
    bus, last = LocalBus(), 400
    chance = random.Random(seed)

    async with telling(database, bus) as teller, feeding(bus) as feed:

        async def one(start: int) -> None:
            await until(lambda: feed.position >= start)
            after = chance.randint(0, feed.position)
            before = await FeedEvent.filter(audience=PLAYERS, id__lte=after).count()
            async with following(feed, after=after) as items:
                assert await numbers(items, last) == list(range(before + 1, last + 1))

        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            group.create_task(tell_in_bits(teller, last, seed))
            for start in range(0, 300, 20):
                group.create_task(one(start))


async def test_from_now_on_tells_nothing_that_was_committed_before(database: str) -> None:
    bus = LocalBus()
    # Nobody wakes this reader, and it does not look by itself: it has yet to see the first event.
    async with (
        telling(database, LocalBus()) as teller,
        feeding(bus, poll_s=3600) as feed,
        following(feed) as items,
    ):
        await teller.tell(1)
        found = asyncio.create_task(numbers(items, 3))
        await until(lambda: all_wait(feed))
        await teller.tell(2, 3)
        bus.wake()
        assert await found == [2, 3]


class Held:
    """A query that is held up on its way to the database."""

    def __init__(self, query: Any, begun: asyncio.Event, goes_on: asyncio.Event) -> None:  # noqa: ANN401 - a query
        self.query, self.begun, self.goes_on = query, begun, goes_on

    def filter(self, **conditions: object) -> "Held":
        """Narrow it."""
        return Held(self.query.filter(**conditions), self.begun, self.goes_on)

    async def values_list(self, *names: str) -> Any:  # noqa: ANN401 - rows
        """Ask, once it may go on."""
        self.begun.set()
        await self.goes_on.wait()
        return await self.query.values_list(*names)


async def test_whoever_is_counted_as_a_follower_hears_all_from_then_on(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happens while it is looked up what happened before is not taken for that."""
    bus = LocalBus()
    begun, goes_on = asyncio.Event(), asyncio.Event()
    events = Hearing.events
    monkeypatch.setattr(Hearing, "events", lambda heard: Held(events(heard), begun, goes_on))
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed) as items,
    ):
        found = asyncio.create_task(numbers(items, 1))
        await begun.wait()
        assert feed.figures.followers == 0
        goes_on.set()
        await until(lambda: feed.figures.followers == 1)
        await teller.tell(1)
        assert await found == [1]


@pytest.mark.postgres
async def test_from_now_on_tells_what_was_drawn_before_and_commits_after(postgres: str) -> None:
    bus = LocalBus()
    late = await asyncpg.connect(postgres)
    try:
        async with (
            telling(postgres, bus) as teller,
            feeding(bus) as feed,
            following(feed) as items,
        ):
            await late.execute("BEGIN")
            assert await late.fetchval(RAW_INSERT) == 1
            await teller.tell(2)
            found = asyncio.create_task(take(items, 2))
            await until(lambda: all_wait(feed))
            await teller.tell(3)
            await late.execute("COMMIT")
            assert [getattr(item, "position", None) for item in await found] == [1, 3]
    finally:
        await late.close()


async def test_a_position_ahead_of_this_process_is_respected(database: str) -> None:
    """Another process was further when the reader was there."""
    bus = LocalBus()
    async with (
        telling(database, LocalBus()) as teller,
        feeding(bus, poll_s=3600) as feed,
        following(feed, after=2) as items,
    ):
        await teller.tell(1, 2, 3)
        found = asyncio.create_task(take(items, 1))
        await until(lambda: feed.figures.followers == 1)
        assert feed.position == 0
        bus.wake()
        assert [getattr(item, "position", None) for item in await found] == [3]


async def test_an_item_says_all_of_the_event(database: str) -> None:
    bus = LocalBus()
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed, after=0) as items,
    ):
        before = utc_now()
        await teller.tell(5, kind=EventKind.DEPOSIT, account_id=ACCOUNT)
        (live,) = await take(items, 1)
        assert isinstance(live, FeedItem)
        assert before <= live.at <= utc_now()
        assert live == FeedItem(1, EventKind.DEPOSIT, ACCOUNT, {"number": 5}, live.at, PLAYERS)
        async with following(feed, after=0) as again:
            assert await take(again, 1) == [live]


async def test_kinds_and_account_narrow_replay_and_live_alike(database: str) -> None:
    await open_account(ACCOUNT, PLAYER)
    bus = LocalBus()
    kinds = frozenset({EventKind.DEPOSIT, EventKind.REFUND})

    async def some(teller: Teller, number: int) -> None:
        await teller.tell(0, kind=EventKind.PURCHASE, account_id=ACCOUNT)
        await teller.tell(0, kind=EventKind.DEPOSIT, account_id=OTHER_ACCOUNT)
        await teller.tell(0, kind=EventKind.DEPOSIT)
        await teller.tell(number, kind=EventKind.DEPOSIT, account_id=ACCOUNT)
        await teller.tell(number + 1, kind=EventKind.REFUND, account_id=ACCOUNT)

    async with telling(database, bus) as teller, feeding(bus) as feed:
        await some(teller, 1)
        await until(lambda: feed.position == 5)
        async with following(feed, after=0, kinds=kinds, account_id=ACCOUNT) as items:
            assert await numbers(items, 2) == [1, 2]
            _, found = await asyncio.gather(some(teller, 3), numbers(items, 4))
            assert found == [3, 4]


@pytest.mark.parametrize(
    ("actor", "heard"),
    [
        (PLAYER, [1, 6]),
        (STRANGER, [2, 6]),
        (CENTRE, [3, 6]),
        (OPERATOR, [5, 6]),
    ],
)
async def test_each_hears_its_own_and_the_topics_that_are_for_it(
    database: str, actor: Actor, heard: list[int]
) -> None:
    bus = LocalBus()
    told = (
        PLAYERS,
        STRANGERS,
        audiences.partner(UUID(int=3)),
        audiences.partner(UUID(int=4)),
        audiences.ALERTS,
        audiences.DRAWS,
    )
    async with (
        telling(database, bus) as teller,
        feeding(bus) as feed,
        following(feed, actor, after=0) as items,
    ):
        for number, audience in enumerate(told, 1):
            await teller.tell(number, to=audience)
        await until(lambda: feed.position == 6)
        assert await numbers(items, 6) == heard
        for number, audience in enumerate(told, 1):
            await teller.tell(number, to=audience)
        assert await numbers(items, 6) == heard


@pytest.mark.parametrize("actor", [NOBODY, SYSTEM])
async def test_nobody_hears_nothing(database: str, actor: Actor) -> None:
    del database
    async with feeding(LocalBus()) as feed, following(feed, actor) as items:
        with pytest.raises(NotAllowed):
            await anext(items)
        assert feed.figures.followers == 0


@pytest.mark.parametrize("account_id", [OTHER_ACCOUNT, UUID(int=404)])
async def test_anothers_account_looks_like_none(database: str, account_id: UUID) -> None:
    del database
    await open_account(OTHER_ACCOUNT, STRANGER)
    async with feeding(LocalBus()) as feed, following(feed, account_id=account_id) as items:
        with pytest.raises(Refused) as refused:
            await anext(items)
        assert refused.value.refusal.code is RefusalCode.NOT_FOUND
        assert refused.value.refusal.path == ("accountId",)


async def test_a_position_below_the_floor_gets_a_gap_first(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        await teller.tell(*range(1, 31))
        await remove_to(20)
        await until(lambda: feed.position == 30)
        async with following(feed, after=5) as items:
            assert await anext(items) == Gap(20)
            assert await numbers(items, 30) == list(range(21, 31))
        async with following(feed, after=20) as items:
            assert await numbers(items, 30) == list(range(21, 31))
        await remove_to(30)
        async with following(feed, after=5) as items:
            assert await anext(items) == Gap(30)
            _, found = await asyncio.gather(teller.tell(31), numbers(items, 31))
            assert found == [31]


async def remove_to(position: int, *, die: bool = False) -> None:
    """Remove events as retention does, or die between its two statements."""
    await FeedFloor.filter(id=1, position__lt=position).update(position=position)
    if not die:
        await FeedEvent.filter(id__lte=position).delete()


async def test_removal_in_the_middle_of_a_replay_shows_as_a_gap(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus, batch=10) as feed:
        await teller.tell(*range(1, 101))
        await until(lambda: feed.position == 100)
        async with following(feed, after=0) as items:
            assert await numbers(items, 5) == [1, 2, 3, 4, 5]
            await remove_to(50)
            assert await numbers(items, 10) == [6, 7, 8, 9, 10]  # were read already
            assert await anext(items) == Gap(50)
            assert await numbers(items, 55) == [51, 52, 53, 54, 55]
            await remove_to(90, die=True)
            assert await numbers(items, 60) == [56, 57, 58, 59, 60]
            assert await anext(items) == Gap(90)
            assert await numbers(items, 100) == list(range(91, 101))


@pytest.mark.parametrize("moment", ["before the floor is read", "after"])
async def test_removal_between_the_readers_two_looks_shows_as_a_gap(
    database: str, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus, batch=10) as feed:
        await teller.tell(*range(1, 31))
        await until(lambda: feed.position == 30)
        real = reading.floor

        async def racing() -> int:
            if moment == "after":
                lowest = await real()
                await remove_to(25)
                return lowest
            await remove_to(25)
            return await real()

        monkeypatch.setattr(reading, "floor", racing)
        async with following(feed, after=0) as items:
            if moment == "after":
                assert await numbers(items, 10) == list(range(1, 11))
            assert await anext(items) == Gap(25)
            assert await numbers(items, 30) == [26, 27, 28, 29, 30]


async def test_removal_ahead_of_the_reader_reaches_live_followers_as_a_gap(database: str) -> None:
    bus = LocalBus()
    async with (
        telling(database, LocalBus()) as teller,
        feeding(bus, poll_s=3600) as feed,
        following(feed, after=0) as items,
    ):
        found = asyncio.create_task(take(items, 2))
        await until(lambda: feed.figures.followers == 1)
        await teller.tell(1, 2, 3, 4)
        await remove_to(3)
        bus.wake()
        gap, item = await found
        assert gap == Gap(3)
        assert isinstance(item, FeedItem)
        assert item.position == 4


async def gaps_until(items: AsyncGenerator[FeedItem | Gap, None], last: int) -> int:
    """Read up to a position, each of which is told or announced as missing; count the gaps."""
    gaps, position = 0, 0
    async for item in items:
        if isinstance(item, Gap):
            assert item.resumes_after > position
            gaps, position = gaps + 1, item.resumes_after
        else:
            assert item.position == item.body["number"] == position + 1
            position = item.position
        if position == last:
            return gaps
    raise AssertionError(position)


async def test_whatever_races_nothing_is_missed_in_silence(database: str) -> None:
    """Writers, retention and replays all at once: each hole that a follower meets is announced."""
    bus, last = LocalBus(), 600
    async with telling(database, bus) as teller, feeding(bus) as feed:
        written, removed = asyncio.Event(), asyncio.Event()
        house = house_at(FAR_FUTURE)

        async def write() -> None:
            for number in range(1, last, 3):
                await teller.tell(number, number + 1, number + 2)
            written.set()

        async def remove() -> None:
            while not written.is_set():
                if await remove_old_events(house):
                    removed.set()
                await asyncio.sleep(0.02)
            await teller.tell(last + 1)

        async def replay() -> int:
            await removed.wait()
            async with following(feed, after=0) as items:
                return await gaps_until(items, last + 1)

        async with asyncio.timeout(PATIENCE_S):
            *_, gaps = await asyncio.gather(write(), remove(), replay())
        assert gaps > 0

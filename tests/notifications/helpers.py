"""What the feed's tests share: somebody who tells, somebody who listens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from app.adapters.instant_bank import InstantBank
from app.adapters.local_throttle import LocalThrottle
from app.adapters.no_mail import NoMail
from models.engines import open_engine
from models.kinds import EventKind, PartnerKind, Permission
from services import audiences
from services.actors import SYSTEM, Actor, ActorKind, partner_actor
from services.clock import Clock, new_id, utc_now
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Body, Command, Decide, Key
from services.ledger.desk import Desk
from services.notifications.bus import Bus
from services.notifications.feed import Feed
from services.notifications.follow import follow
from services.notifications.items import FeedItem, Gap
from services.parameters import Parameters
from tests.factories import ObedientCourier, a_vault

PATIENCE_S = 30.0

PLAYER = Actor(ActorKind.CUSTOMER, UUID(int=1))
STRANGER = Actor(ActorKind.CUSTOMER, UUID(int=2))
CENTRE = partner_actor(UUID(int=3), PartnerKind.LOTTERY_CENTRE)
OPERATOR = Actor(ActorKind.OPERATOR, UUID(int=4), permissions=frozenset(Permission))

PLAYERS = audiences.customer(UUID(int=1))
STRANGERS = audiences.customer(UUID(int=2))

RAW_INSERT = (
    "INSERT INTO feed_event (audience, kind, body, at)"
    " VALUES ('customer:00000000-0000-0000-0000-000000000001', 'PURCHASE', '{}', now())"
    " RETURNING id"
)
"""An event of the player's, for a connection of the test's own on PostgreSQL."""

_keys = count(1)


@dataclass
class Teller:
    """A desk through which tests write events."""

    desk: Desk
    told: int = field(default=0)

    async def decide(self, decide: Decide, *wallets: UUID) -> None:
        """Have something decided."""
        key = Key.of(SYSTEM.principal, "test", str(next(_keys)), {})
        await self.desk.submit(Command(key=key, decide=decide, wallets=wallets))

    async def tell(
        self,
        *numbers: int,
        to: str = PLAYERS,
        kind: EventKind = EventKind.PURCHASE,
        account_id: UUID | None = None,
    ) -> None:
        """Write an event for each number, all in one command."""

        def decide(books: Books) -> Body:
            for number in numbers:
                books.tell(kind, {"number": number}, to, account_id=account_id)
            return {}

        await self.decide(decide)


@asynccontextmanager
async def telling(url: str, bus: Bus, clock: Clock = utc_now) -> AsyncIterator[Teller]:
    """Open a desk on a database for the time of the block."""
    desk = Desk(open_engine(url), clock, new_id, on_commit=bus.wake)
    await desk.open()
    try:
        yield Teller(desk)
    finally:
        await desk.close()


@asynccontextmanager
async def feeding(
    bus: Bus, *, poll_s: float = 0.05, idle_s: float = 0.001, batch: int = 7, capacity: int = 1000
) -> AsyncIterator[Feed]:
    """Run a feed for the time of the block, with batches so small that their seams are met."""
    feed = Feed(bus, poll_s=poll_s, rest_s=0.001, idle_s=idle_s, batch=batch, capacity=capacity)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()


def house_at(moment: datetime, desk: Desk | None = None) -> House:
    """Return a house whose clock stands still."""
    return House(
        desk=desk or Desk(open_engine("sqlite:///unused"), utc_now, new_id),
        bank=InstantBank(),
        parameters=Parameters(),
        clock=lambda: moment,
        new_id=new_id,
        zone=ZoneInfo("UTC"),
        vault=a_vault(),
        mail=NoMail(),
        throttle=LocalThrottle(),
        courier=ObedientCourier(),
    )


FAR_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


def all_wait(feed: Feed, number: int = 1) -> bool:
    """Tell whether so many follow, and each has come to wait for what is next."""
    followers = {f for followers in feed._followers.values() for f in followers}
    return len(followers) == number and all(f._changed._waiters for f in followers)


async def take(items: AsyncGenerator[FeedItem | Gap, None], number: int) -> list[FeedItem | Gap]:
    """Return the next so many items, and leave the generator open."""
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(items) for _ in range(number)]


async def numbers(items: AsyncGenerator[FeedItem | Gap, None], last: int) -> list[int]:
    """Return the numbers of the events up to the one that is ``last``; a gap is a failure."""
    found: list[int] = []
    async with asyncio.timeout(PATIENCE_S):
        async for item in items:
            assert isinstance(item, FeedItem)
            found.append(item.body["number"])
            if found[-1] == last:
                return found
    raise AssertionError(found)


async def until(condition: Callable[[], bool]) -> None:
    """Let others go on until something has come true."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


@asynccontextmanager
async def following(
    feed: Feed,
    actor: Actor = PLAYER,
    *,
    after: int | None = None,
    kinds: frozenset[EventKind] | None = None,
    account_id: UUID | None = None,
) -> AsyncIterator[AsyncGenerator[FeedItem | Gap, None]]:
    """Follow for the time of the block."""
    items = follow(feed, actor, after=after, kinds=kinds, account_id=account_id)
    try:
        yield items
    finally:
        await items.aclose()

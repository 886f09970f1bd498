"""Workers deliver everything at least once and in order, whatever the other side does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.adapters.http_courier import HttpCourier
from models import DeadLetter, FeedEvent, Webhook
from services.actors import Actor
from services.courier import Receipt
from services.house import House
from services.notifications.items import FeedItem, Gap
from services.webhooks.pace import Pace
from services.webhooks.replay_webhook import ReplayWebhook, replay_webhook
from tests.factories import HouseUnderTest, a_key, a_platform, beside
from tests.webhooks.helpers import a_webhook, numbers, plainly, tell
from tests.webhooks.receiver import Receiver, badly, receiving
from workers.webhooks import WebhookWorker

EVENTS = 60
AT_ONCE = timedelta()
BRISK = Pace(delays=(AT_ONCE,) * 30, turn_messages=7)
"""So many attempts that chance sets nothing aside, and turns so short that their seams are met."""


@asynccontextmanager
async def working(*houses: House, pace: Pace = BRISK) -> AsyncIterator[None]:
    """Have a worker of each house deliver for the time of the block."""
    stop = asyncio.Event()
    workers = [WebhookWorker(house, plainly, pace=pace, look_s=0.005) for house in houses]
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def settled(webhook_id: UUID, position: int) -> None:
    """Wait until a webhook has been so far."""
    async with asyncio.timeout(60):
        while (await Webhook.get(id=webhook_id)).position < position:  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)


async def last_position() -> int:
    event = await FeedEvent.all().order_by("-id").first()
    assert event is not None
    return int(event.id)


def in_order_at_least_once(receiver: Receiver, count: int) -> None:
    """Assert that what was accepted is everything, in order, but for repeats."""
    accepted = [received.content["data"]["number"] for received in receiver.accepted]
    seen = list(dict.fromkeys(accepted))
    assert seen == list(range(count))
    ids = {received.id for received in receiver.arrived}
    assert len(ids) == count


@pytest.mark.parametrize("seed", [1, 7])
async def test_a_receiver_that_fails_at_random_gets_everything_in_order(
    house: HouseUnderTest, seed: int
) -> None:
    platform = await a_platform(house)
    with receiving(badly(seed)) as receiver, receiving(badly(seed + 1, rate=0.2)) as second:
        async with HttpCourier(loopback=True) as courier:
            outside = replace(house, courier=courier)  # type: ignore[arg-type]  # a real one
            webhooks = {
                await a_webhook(outside, platform, url=at.url("/a")): at
                for at in (receiver, second)
            }
            async with working(outside):
                for number in range(EVENTS):
                    await tell(house, platform, number)
                for webhook_id in webhooks:
                    await settled(webhook_id, await last_position())
        for at in (receiver, second):
            in_order_at_least_once(at, EVENTS)
        assert len(receiver.arrived) > EVENTS
    assert await DeadLetter.all().count() == 0


async def test_two_workers_at_once_tell_everything_in_order(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    with receiving(badly(3, rate=0.3)) as receiver:
        async with HttpCourier(loopback=True) as courier, beside(house) as other:
            houses = [replace(at, courier=courier) for at in (house, other)]  # type: ignore[arg-type]  # as above
            webhook_id = await a_webhook(houses[0], platform, url=receiver.url("/a"))
            async with working(*houses):
                for number in range(EVENTS):
                    await tell(house, platform, number)
                await settled(webhook_id, await last_position())
        in_order_at_least_once(receiver, EVENTS)


async def test_what_fails_too_often_is_set_aside_and_comes_by_a_replay(
    house: HouseUnderTest,
) -> None:
    platform = await a_platform(house)
    impatient = replace(BRISK, delays=(AT_ONCE,))
    with receiving(badly(5)) as receiver:
        async with HttpCourier(loopback=True) as courier:
            outside = replace(house, courier=courier)  # type: ignore[arg-type]  # as above
            webhook_id = await a_webhook(outside, platform, url=receiver.url("/a"))
            async with working(outside, pace=impatient):
                await tell(house, platform, *range(EVENTS))
                await settled(webhook_id, await last_position())
            in_order = [received.content["data"]["number"] for received in receiver.accepted]
            assert in_order == sorted(in_order)
            letters = await DeadLetter.all()
            assert letters
            receiver.behave = lambda _: 200
            await replay_webhook(
                house,
                platform,
                ReplayWebhook(
                    a_key(), webhook_id, letter_ids=tuple(letter.id for letter in letters)
                ),
            )
            async with working(outside), asyncio.timeout(60):
                while await DeadLetter.all().count():  # noqa: ASYNC110 - it sets no event
                    await asyncio.sleep(0.01)
        accepted = {received.content["data"]["number"] for received in receiver.accepted}
        assert accepted == set(range(EVENTS))


@dataclass
class Stalling:
    """A courier that never comes back from one address."""

    slow: str
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    posted: list[str] = field(default_factory=list)

    async def check(self, url: str) -> None:
        """Go anywhere."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Answer at once, or not before it is let go."""
        del headers, body
        self.posted.append(url)
        if url == self.slow:
            await self.waits.wait()
        return Receipt(200)


async def test_a_slow_address_holds_up_nobody_else(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    courier = Stalling("https://slow.example.com/")
    outside = replace(house, courier=courier)  # type: ignore[arg-type]  # one of its own
    await a_webhook(outside, platform, url=courier.slow)
    quick = await a_webhook(outside, platform, url="https://quick.example.com/")
    async with working(outside):
        for number in range(10):
            await tell(house, platform, number)
            await settled(quick, await last_position())
        assert courier.posted.count(courier.slow) == 1
        courier.waits.set()


async def test_a_fault_of_ours_is_not_counted_against_the_address(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    faults = 0

    async def broken(house: House, actor: Actor, item: FeedItem | Gap) -> dict[str, Any]:
        nonlocal faults
        del house, actor, item
        faults += 1
        if faults < 3:
            raise RuntimeError("broken on purpose")
        return {"id": "1", "number": 1}

    stop = asyncio.Event()
    worker = WebhookWorker(house, broken, look_s=0.005)
    task = asyncio.create_task(worker.run(stop))
    await settled(webhook_id, await last_position())
    stop.set()
    await task
    assert numbers(house) == [1]
    assert (await Webhook.get(id=webhook_id)).attempts == 0
    assert worker.figures.failed == 0

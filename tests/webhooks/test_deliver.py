"""A turn sends what waits in order, moves on only behind what arrived, and outlives its likes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models import DeadLetter, FeedEvent, Webhook
from services.courier import AddressRefused, CannotDeliver, Receipt
from services.notifications.remove_old import remove_old_events
from services.partners.suspend import suspend_partner
from services.vault import Keyring
from services.webhooks.deliver import WebhookFigures
from services.webhooks.due import REFRESH, SLACK, find_due, waiting_since
from services.webhooks.replay_webhook import ReplayWebhook, replay_webhook
from services.webhooks.resume_webhook import resume_webhook
from tests.factories import (
    HouseUnderTest,
    ObedientCourier,
    Posted,
    a_customer,
    a_key,
    a_platform,
    a_vault,
    an_operator,
    beside,
    events,
    id_of,
    on_postgres,
)
from tests.webhooks.helpers import (
    DELAYS,
    PACE,
    URL,
    a_turn,
    a_webhook,
    deliver,
    numbers,
    tell,
    webhook,
)


async def test_sends_what_waits_in_order_and_once(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, *range(250))
    assert await deliver(house, webhook_id) == 250
    assert numbers(house) == list(range(250))
    assert len({posted.headers["webhook-id"] for posted in house.courier.posted}) == 250
    assert {posted.url for posted in house.courier.posted} == {URL}
    row = await webhook(webhook_id)
    assert (row.last_error, row.lease_id, row.last_success_at) == (None, None, house.clock())
    assert await deliver(house, webhook_id) == 0


async def test_tells_nobody_elses_events(house: HouseUnderTest) -> None:
    platform, other = await a_platform(house), await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, other, 1)
    await tell(house, await a_customer(house), 2)
    await deliver(house, webhook_id)
    assert numbers(house) == []


async def test_what_fails_is_sent_again_before_anything_else(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2)
    house.courier.answers = [Receipt(500), CannotDeliver("no answer in time"), Receipt(200)]
    await deliver(house, webhook_id)
    row = await webhook(webhook_id)
    assert (row.attempts, row.last_error) == (1, "HTTP 500")
    assert row.next_attempt_at == house.clock() + DELAYS[0]
    assert row.failing_since == house.clock()
    assert await find_due(house.clock, (), 10) == []
    house.clock.now = row.next_attempt_at
    await deliver(house, webhook_id)
    row = await webhook(webhook_id)
    assert (row.attempts, row.last_error) == (2, "no answer in time")
    house.clock.now = row.next_attempt_at
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 1, 1, 2]
    row = await webhook(webhook_id)
    assert (row.attempts, row.last_error, row.failing_since) == (0, None, None)
    ids = [posted.headers["webhook-id"] for posted in house.courier.posted]
    assert len(set(ids[:3])) == 1


@pytest.mark.parametrize("status", [199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503])
async def test_every_answer_but_success_is_a_failure(house: HouseUnderTest, status: int) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    house.courier.answers = [Receipt(status)]
    assert await deliver(house, webhook_id) == 0
    assert (await webhook(webhook_id)).last_error == f"HTTP {status}"


async def test_an_address_that_asks_for_a_while_gets_it(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    house.courier.answers = [Receipt(429, "600")]
    await deliver(house, webhook_id)
    row = await webhook(webhook_id)
    assert row.next_attempt_at == house.clock() + timedelta(minutes=10)


async def test_what_fails_in_all_its_attempts_is_set_aside(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2)
    house.courier.answers = [Receipt(500)] * (len(DELAYS) + 1)
    figures = WebhookFigures()
    for _ in range(len(DELAYS) + 1):
        await a_turn(house, webhook_id, figures=figures).take()
        house.clock.advance(minutes=2)
    letter = await DeadLetter.get()
    event = await FeedEvent.all().order_by("id").first()
    assert event is not None
    assert (letter.webhook_id, letter.position, letter.kind) == (webhook_id, event.id, "PURCHASE")
    assert (letter.attempts, letter.error, letter.state) == (3, "HTTP 500", "DEAD")
    assert letter.at == event.at
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 1, 1, 2]
    assert (await webhook(webhook_id)).state == "ACTIVE"
    assert (figures.failed, figures.set_aside, figures.delivered) == (3, 1, 0)


async def test_an_address_that_is_gone_is_told_nothing_any_more(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    house.courier.answers = [Receipt(410)]
    await deliver(house, webhook_id)
    assert (await webhook(webhook_id)).state == "DISABLED"
    assert [each for each in await events() if each[0] == "WEBHOOK_DISABLED"] == [
        ("WEBHOOK_DISABLED", f"partner:{id_of(platform)}"),
        ("WEBHOOK_DISABLED", "topic:alerts"),
    ]
    told = await FeedEvent.filter(kind="WEBHOOK_DISABLED").first()
    assert told is not None
    assert "/coffer" not in told.body  # a path may be a secret
    # Nothing is lost: it goes on where it stood.
    await resume_webhook(house, platform, a_key(), webhook_id)
    house.courier.posted.clear()
    await a_turn(house, webhook_id).take()
    assert house.courier.posted[0].content["data"]["number"] == 1


async def test_one_that_failed_for_days_is_given_up(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, *range(100))
    house.courier.always = 500
    began = house.clock()
    while (await webhook(webhook_id)).state == "ACTIVE":
        await deliver(house, webhook_id)
        house.clock.advance(hours=3)
    assert PACE.gives_up <= house.clock() - began < PACE.gives_up + timedelta(hours=7)
    assert (await events("topic"))[-1] == ("WEBHOOK_DISABLED", "topic:alerts")


async def test_a_success_in_between_begins_the_days_anew(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2)
    house.courier.answers = [Receipt(500), Receipt(200), Receipt(500), Receipt(500)]
    await deliver(house, webhook_id)
    house.clock.advance(days=2)
    await deliver(house, webhook_id)
    house.clock.advance(days=2)
    await deliver(house, webhook_id)
    assert (await webhook(webhook_id)).state == "ACTIVE"


async def test_a_gap_is_told_until_it_is_heard(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2)
    house.clock.advance(days=91)
    await tell(house, platform, 3)
    assert await remove_old_events(house) == 2
    house.courier.answers = [Receipt(500)] * 5
    for _ in range(5):
        await deliver(house, webhook_id)
        house.clock.advance(minutes=2)
    assert await DeadLetter.all().count() == 0
    await deliver(house, webhook_id)
    gaps = [posted for posted in house.courier.posted if posted.content["type"] == "FEED_GAP"]
    assert len(gaps) == 6
    assert len({gap.headers["webhook-id"] for gap in gaps}) == 1
    assert numbers(house) == [3]


async def test_a_webhook_that_missed_nothing_is_told_of_no_gap(house: HouseUnderTest) -> None:
    platform, other = await a_platform(house), await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, other, 1)
    house.clock.now += REFRESH + timedelta(seconds=1)
    await deliver(house, webhook_id)
    house.clock.advance(days=91)
    await tell(house, platform, 2)
    await remove_old_events(house)
    await deliver(house, webhook_id)
    assert [posted.content["type"] for posted in house.courier.posted] == ["PURCHASE"]


async def test_what_is_for_others_is_passed_over_with_few_writes(house: HouseUnderTest) -> None:
    platform, other = await a_platform(house), await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    began = (await webhook(webhook_id)).position
    await tell(house, other, *range(SLACK))
    assert await find_due(house.clock, (), 10) == []
    await tell(house, other, 1)
    await deliver(house, webhook_id)
    assert (await webhook(webhook_id)).position == began + SLACK + 1
    assert house.courier.posted == []


async def test_a_suspended_partner_is_told_as_before(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    await suspend_partner(house, await an_operator(house), a_key(), id_of(platform))
    await FeedEvent.filter(kind="PARTNER_SUSPENDED").update(body='{"number": 2}')
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2]


async def test_who_is_leased_is_not_delivered_to_by_another(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    until = house.clock() + PACE.lease
    await Webhook.filter(id=webhook_id).update(lease_id=webhook_id, lease_until=until)
    assert await find_due(house.clock, (), 10) == []
    assert await a_turn(house, webhook_id).take() == 0
    assert house.courier.posted == []
    # Whoever had it has died.
    house.clock.now = until
    assert await deliver(house, webhook_id) == 1


class Interrupting(ObedientCourier):
    """A courier during whose message something else happens."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens = list(happens)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Let it happen, and then answer."""
        self.posted.append(Posted(url, dict(headers), body))
        if self.happens:
            done = self.happens.pop(0)()
            if asyncio.iscoroutine(done):
                await done
        return Receipt(200)


async def test_who_has_lost_the_lease_moves_nothing(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2, 3)

    async def another_takes_over() -> None:
        house.clock.now += PACE.lease
        async with beside(house) as other:
            assert await a_turn(other, webhook_id).take() == 3

    courier = Interrupting(another_takes_over)
    await a_turn(replace(house, courier=courier), webhook_id).take()
    # The first sent one message and found itself replaced; nothing went back, nothing is missing.
    assert len(courier.posted) == 1
    assert numbers(house) == [1, 2, 3]
    assert await find_due(house.clock, (), 10) == []


async def test_a_replay_in_the_middle_of_a_message_is_not_lost(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2, 3)
    request = ReplayWebhook(a_key(), webhook_id, after=0)
    courier = Interrupting(
        lambda: None, lambda: None, lambda: replay_webhook(house, platform, request)
    )
    under_test = replace(house, courier=courier)
    await deliver(under_test, webhook_id)
    sent = [posted.content["data"]["number"] for posted in courier.posted]
    assert sent == [1, 2, 3, 1, 2, 3]


async def test_a_turn_ends_after_the_message_under_way(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2, 3)
    stop = asyncio.Event()
    courier = Interrupting(lambda: None, stop.set)
    await a_turn(replace(house, courier=courier), webhook_id, stop=stop).take()
    assert len(courier.posted) == 2
    assert (await webhook(webhook_id)).lease_id is None
    assert await deliver(house, webhook_id) == 1


async def test_a_turn_lets_others_have_theirs(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2, 3)
    assert await a_turn(house, webhook_id, pace=replace(PACE, turn_messages=2)).take() == 2
    assert await a_turn(house, webhook_id, pace=replace(PACE, turn_s=0.0)).take() == 0
    assert await deliver(house, webhook_id) == 1


async def test_an_address_that_became_private_is_not_gone_to(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    house.courier.answers = [Receipt(500), CannotDeliver("x")]
    house.courier.answers = [AddressRefused("the host has no public address")]
    await deliver(house, webhook_id)
    row = await webhook(webhook_id)
    assert (row.attempts, row.last_error) == (1, "the host has no public address")


async def test_a_secret_that_nobody_can_read_any_more_gives_the_address_up(
    house: HouseUnderTest,
) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    without = replace(house, vault=a_vault(Keyring.fresh("another")))
    await deliver(without, webhook_id)
    assert (await webhook(webhook_id)).state == "DISABLED"
    assert house.courier.posted == []


async def test_how_long_something_waits(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    assert await waiting_since(await webhook(webhook_id)) is None
    began = house.clock()
    await tell(house, platform, 1)
    house.clock.advance(minutes=1)
    await tell(house, platform, 2)
    assert await waiting_since(await webhook(webhook_id)) == began
    await deliver(house, webhook_id)
    assert await waiting_since(await webhook(webhook_id)) is None


@on_postgres
async def test_two_workers_at_once_send_each_message_once(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_ids: list[UUID] = [await a_webhook(house, platform) for _ in range(3)]
    await tell(house, platform, *range(40))
    async with beside(house) as other:
        await asyncio.gather(
            *(a_turn(at, each).take() for each in webhook_ids for at in (house, other))
        )
    for webhook_id in webhook_ids:
        await deliver(house, webhook_id)
    found = numbers(house)
    assert sorted(found) == sorted(list(range(40)) * 3)

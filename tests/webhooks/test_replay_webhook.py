"""What was sent can be sent again, and what was set aside too."""

from uuid import UUID

from models import DeadLetter, FeedEvent
from services.courier import Receipt
from services.refusals import RefusalCode
from services.webhooks.replay_webhook import ReplayWebhook, replay_webhook
from tests.factories import HouseUnderTest, a_key, a_platform, new_id, refused, replayed
from tests.webhooks.helpers import DELAYS, a_webhook, deliver, numbers, tell, webhook


async def positions() -> list[int]:
    return [event.id for event in await FeedEvent.all().order_by("id")]


async def one_set_aside(house: HouseUnderTest, webhook_id: UUID) -> DeadLetter:
    """Let all attempts for the next event fail."""
    house.courier.always = 500
    for _ in range(len(DELAYS) + 1):
        house.clock.advance(minutes=2)
        await deliver(house, webhook_id)
    house.courier.always = 200
    house.courier.posted.clear()
    letter = await DeadLetter.all().order_by("-id").first()
    assert letter is not None
    return letter


async def test_everything_behind_a_cursor_is_sent_again(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2, 3)
    await deliver(house, webhook_id)
    request = ReplayWebhook(a_key(), webhook_id, after=(await positions())[0])
    await replayed(lambda: replay_webhook(house, platform, request))
    await tell(house, platform, 4)
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2, 3, 2, 3, 4]
    first, again = house.courier.posted[1], house.courier.posted[3]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]


async def test_nothing_is_skipped_by_a_cursor_ahead(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    async with refused(house, RefusalCode.NOTHING_TO_REPLAY, "after"):
        request = ReplayWebhook(a_key(), webhook_id, after=(await positions())[0])
        await replay_webhook(house, platform, request)


async def test_a_dead_letter_is_sent_again_before_what_waits(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    letter = await one_set_aside(house, webhook_id)
    await tell(house, platform, 2)
    request = ReplayWebhook(a_key(), webhook_id, letter_ids=(letter.id,))
    await replayed(lambda: replay_webhook(house, platform, request))
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2]
    assert await DeadLetter.all().count() == 0


async def test_one_that_fails_again_is_set_aside_again(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    letter = await one_set_aside(house, webhook_id)
    request = ReplayWebhook(a_key(), webhook_id, letter_ids=(letter.id,))
    await replay_webhook(house, platform, request)
    house.courier.answers = [Receipt(418)]
    await tell(house, platform, 2)
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2]
    again = await DeadLetter.get()
    assert (again.state, again.attempts, again.error) == ("DEAD", 4, "HTTP 418")
    assert (await webhook(webhook_id)).attempts == 0


async def test_what_is_set_aside_twice_is_one_letter(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    first = await one_set_aside(house, webhook_id)
    await replay_webhook(house, platform, ReplayWebhook(a_key(), webhook_id, after=0))
    second = await one_set_aside(house, webhook_id)
    assert first.id == second.id


async def test_letters_of_others_are_not_there(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id, other_id = await a_webhook(house, platform), await a_webhook(house, platform)
    await tell(house, platform, 1)
    letter = await one_set_aside(house, webhook_id)
    for letter_id in (letter.id, new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "deadLetterIds", 0):
            request = ReplayWebhook(a_key(), other_id, letter_ids=(letter_id,))
            await replay_webhook(house, platform, request)

"""A test event is sent once, before whatever waits, and says whether the address answers."""

from services.courier import Receipt
from services.refusals import RefusalCode
from services.webhooks.pause_webhook import pause_webhook
from services.webhooks.send_test_event import send_test_event
from tests.factories import HouseUnderTest, a_key, a_platform, refused, replayed
from tests.webhooks.helpers import a_webhook, deliver, numbers, tell, webhook


async def test_it_goes_before_what_waits_for_another_attempt(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    house.courier.answers = [Receipt(500)]
    await deliver(house, webhook_id)
    key = a_key()
    answered = await replayed(lambda: send_test_event(house, platform, key, webhook_id))
    await deliver(house, webhook_id)
    test = house.courier.posted[1]
    assert test.content["type"] == "TEST"
    assert test.headers["webhook-id"] == answered.body["test_id"]
    # The address answers again: what waited for its next attempt went out at once.
    assert numbers(house) == [1, 1]
    assert len(house.courier.posted) == 3


async def test_one_that_fails_is_not_sent_again_and_delays_nothing(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    house.courier.answers = [Receipt(503)]
    await send_test_event(house, platform, a_key(), webhook_id)
    await deliver(house, webhook_id)
    row = await webhook(webhook_id)
    assert (row.last_error, row.test_id, row.attempts) == ("HTTP 503", None, 0)
    await tell(house, platform, 1)
    assert await deliver(house, webhook_id) == 1
    assert (await webhook(webhook_id)).last_error is None


async def test_refuses_one_that_is_not_active(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await pause_webhook(house, platform, a_key(), webhook_id)
    async with refused(house, RefusalCode.WEBHOOK_NOT_ACTIVE):
        await send_test_event(house, platform, a_key(), webhook_id)

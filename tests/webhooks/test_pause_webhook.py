"""A paused webhook is told nothing, and goes on where it stood; the house has the last word."""

from models.kinds import Permission
from services.refusals import RefusalCode
from services.webhooks.pause_webhook import pause_webhook
from services.webhooks.resume_webhook import resume_webhook
from tests.factories import HouseUnderTest, a_key, a_platform, an_operator, dump, refused, replayed
from tests.webhooks.helpers import a_webhook, deliver, numbers, tell


async def test_what_happens_meanwhile_waits(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    pause_key, resume_key = a_key(), a_key()
    paused = await replayed(lambda: pause_webhook(house, platform, pause_key, webhook_id))
    assert paused.body["webhook"]["state"] == "PAUSED"
    await tell(house, platform, 1, 2)
    assert await deliver(house, webhook_id) == 0
    resumed = await replayed(lambda: resume_webhook(house, platform, resume_key, webhook_id))
    assert resumed.body["webhook"]["state"] == "ACTIVE"
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2]


async def test_pausing_or_resuming_again_changes_nothing(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    before = await dump()
    await resume_webhook(house, platform, a_key(), webhook_id)
    assert await dump() == before
    await pause_webhook(house, platform, a_key(), webhook_id)
    before = await dump()
    await pause_webhook(house, platform, a_key(), webhook_id)
    assert await dump() == before


async def test_what_the_house_stops_the_house_alone_lets_go_on(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    operator = await an_operator(house, Permission.MANAGE_PARTNERS)
    webhook_id = await a_webhook(house, platform)
    stopped = await pause_webhook(house, operator, a_key(), webhook_id, "it leaks")
    assert stopped.body["webhook"]["state"] == "BLOCKED"
    await pause_webhook(house, platform, a_key(), webhook_id)
    async with refused(house, RefusalCode.WEBHOOK_BLOCKED):
        await resume_webhook(house, platform, a_key(), webhook_id)
    await resume_webhook(house, operator, a_key(), webhook_id)
    await tell(house, platform, 1)
    assert await deliver(house, webhook_id) == 1

"""What a webhook is told, and where, can be changed without missing anything."""

from uuid import UUID

import pytest

from models.kinds import ApiKeyScope, EventKind
from services.actors import Actor, NotAllowed
from services.refusals import RefusalCode
from services.webhooks.delete_webhook import delete_webhook
from services.webhooks.pause_webhook import pause_webhook
from services.webhooks.replay_webhook import ReplayWebhook, replay_webhook
from services.webhooks.resume_webhook import resume_webhook
from services.webhooks.rotate_webhook_secret import RotateWebhookSecret, rotate_webhook_secret
from services.webhooks.send_test_event import send_test_event
from services.webhooks.update_webhook import UpdateWebhook, update_webhook
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    limited,
    new_id,
    refused,
    replayed,
)
from tests.webhooks.helpers import a_webhook, deliver, numbers, tell, webhook

ELSEWHERE = "https://elsewhere.example.com/"


async def test_goes_on_at_the_new_address_with_the_next_event(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1)
    await deliver(house, webhook_id)
    await tell(house, platform, 2)
    request = UpdateWebhook(a_key(), webhook_id, url=ELSEWHERE)
    answered = await replayed(lambda: update_webhook(house, platform, request))
    assert answered.body["webhook"]["url"] == ELSEWHERE
    await deliver(house, webhook_id)
    assert numbers(house) == [1, 2]
    assert house.courier.posted[-1].url == ELSEWHERE


async def test_is_told_the_kinds_that_it_asks_for(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform, kinds=frozenset({EventKind.REFUND}))
    await tell(house, platform, 1)
    await tell(house, platform, 2, kind=EventKind.REFUND)
    await deliver(house, webhook_id)
    kinds = frozenset({EventKind.PURCHASE})
    await update_webhook(house, platform, UpdateWebhook(a_key(), webhook_id, kinds=kinds))
    await tell(house, platform, 3)
    await tell(house, platform, 4, kind=EventKind.REFUND)
    await deliver(house, webhook_id)
    everything = UpdateWebhook(a_key(), webhook_id, all_kinds=True)
    await update_webhook(house, platform, everything)
    assert (await webhook(webhook_id)).kinds == ""
    await tell(house, platform, 5, kind=EventKind.MANDATE_GRANTED)
    await deliver(house, webhook_id)
    assert numbers(house) == [2, 3, 5]


async def test_may_be_left_as_it_is(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    before = await webhook(webhook_id)
    request = UpdateWebhook(a_key(), webhook_id)
    await replayed(lambda: update_webhook(house, platform, request))
    after = await webhook(webhook_id)
    assert (after.url, after.kinds) == (before.url, before.kinds)


async def test_refuses_an_address_that_is_not_public(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    async with refused(house, RefusalCode.WEBHOOK_URL_REFUSED, "url"):
        request = UpdateWebhook(a_key(), webhook_id, url="https://192.168.0.1/")
        await update_webhook(house, platform, request)


async def every_change(house: HouseUnderTest, actor: Actor, webhook_id: UUID) -> None:
    """Ask for each change in turn, and raise what is raised by all of them alike."""
    asked = (
        lambda: update_webhook(house, actor, UpdateWebhook(a_key(), webhook_id)),
        lambda: delete_webhook(house, actor, a_key(), webhook_id),
        lambda: pause_webhook(house, actor, a_key(), webhook_id),
        lambda: resume_webhook(house, actor, a_key(), webhook_id),
        lambda: rotate_webhook_secret(house, actor, RotateWebhookSecret(a_key(), webhook_id)),
        lambda: send_test_event(house, actor, a_key(), webhook_id),
        lambda: replay_webhook(house, actor, ReplayWebhook(a_key(), webhook_id, after=0)),
    )
    for ask in asked:
        with pytest.raises(NotAllowed):
            await ask()


async def test_nobody_else_changes_it(house: HouseUnderTest) -> None:
    platform, other = await a_platform(house), await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    for actor in (await a_customer(house), limited(platform, ApiKeyScope.READ)):
        await every_change(house, actor, webhook_id)
    for found in (webhook_id, new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "webhookId"):
            await update_webhook(house, other, UpdateWebhook(a_key(), found, all_kinds=True))
        async with refused(house, RefusalCode.NOT_FOUND, "webhookId"):
            await delete_webhook(house, other, a_key(), found)

"""A deleted webhook is told nothing any more, and its secrets are gone."""

import pytest

from models import DeadLetter, Webhook
from services.refusals import RefusalCode, Refused
from services.webhooks import remove_old_letters as module
from services.webhooks.delete_webhook import delete_webhook
from services.webhooks.remove_old_letters import remove_old_letters
from services.webhooks.update_webhook import UpdateWebhook, update_webhook
from tests.factories import HouseUnderTest, a_key, a_platform, replayed
from tests.webhooks.helpers import DELAYS, a_webhook, deliver, tell


async def test_it_is_gone(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    key = a_key()
    answered = await replayed(lambda: delete_webhook(house, platform, key, webhook_id))
    assert answered.body["webhook"]["state"] == "DELETED"
    row = await Webhook.get()
    assert not row.secret_sealed
    assert not row.old_secret_sealed
    await tell(house, platform, 1)
    assert await deliver(house, webhook_id) == 0
    assert house.courier.posted == []
    with pytest.raises(Refused) as refused:
        await update_webhook(house, platform, UpdateWebhook(a_key(), webhook_id, all_kinds=True))
    assert refused.value.refusal.code is RefusalCode.NOT_FOUND


async def test_what_was_set_aside_goes_with_it_in_batches(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    platform = await a_platform(house)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 1, 2)
    house.courier.always = 500
    for _ in range(2 * (len(DELAYS) + 1)):
        await deliver(house, webhook_id)
        house.clock.advance(minutes=2)
    assert await remove_old_letters(house) == 0
    assert await DeadLetter.all().count() == 2
    await delete_webhook(house, platform, a_key(), webhook_id)
    assert [await remove_old_letters(house) for _ in range(3)] == [1, 1, 0]

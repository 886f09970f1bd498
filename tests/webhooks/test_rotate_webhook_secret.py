"""Two secrets overlap, so that a receiver changes its own when it likes."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from models import Webhook
from services.refusals import RefusalCode
from services.webhooks.create_webhook import CreateWebhook, create_webhook
from services.webhooks.rotate_webhook_secret import RotateWebhookSecret, rotate_webhook_secret
from tests.factories import HouseUnderTest, a_key, a_platform, refused
from tests.webhooks.helpers import URL, deliver, tell


def verifies(house: HouseUnderTest, secret: str | None) -> bool:
    """Tell whether the last message verifies, at the time that the house has."""
    assert secret is not None
    posted = house.courier.posted[-1]
    try:
        Verifier(secret).verify(posted.body, posted.headers)
    except WebhookVerificationError:
        return False
    return True


async def test_both_verify_for_a_while_and_then_the_new_one_alone(house: HouseUnderTest) -> None:
    now = house.clock.now = datetime.now(UTC)
    platform = await a_platform(house)
    made = await create_webhook(house, platform, CreateWebhook(a_key(), URL))
    row = await Webhook.get()
    until = now + timedelta(seconds=100)
    request = RotateWebhookSecret(a_key(), row.id, until)
    rotated = await rotate_webhook_secret(house, platform, request)
    again = await rotate_webhook_secret(house, platform, request)
    assert (again.answered.replayed, again.secret) == (True, None)
    await tell(house, platform, 1)
    await deliver(house, row.id)
    assert [verifies(house, made.secret), verifies(house, rotated.secret)] == [True, True]
    house.clock.now = until
    await tell(house, platform, 2)
    await deliver(house, row.id)
    assert [verifies(house, made.secret), verifies(house, rotated.secret)] == [False, True]


async def test_a_third_secret_ends_the_first(house: HouseUnderTest) -> None:
    house.clock.now = datetime.now(UTC)
    platform = await a_platform(house)
    made = await create_webhook(house, platform, CreateWebhook(a_key(), URL))
    row = await Webhook.get()
    second = await rotate_webhook_secret(house, platform, RotateWebhookSecret(a_key(), row.id))
    third = await rotate_webhook_secret(house, platform, RotateWebhookSecret(a_key(), row.id))
    await tell(house, platform, 1)
    await deliver(house, row.id)
    shown = [verifies(house, each.secret) for each in (made, second, third)]
    assert shown == [False, True, True]


@pytest.mark.parametrize("days", [-1, 31])
async def test_refuses_an_overlap_in_the_past_or_too_long(house: HouseUnderTest, days: int) -> None:
    platform = await a_platform(house)
    await create_webhook(house, platform, CreateWebhook(a_key(), URL))
    row = await Webhook.get()
    until = house.clock() + timedelta(days=days)
    async with refused(house, RefusalCode.EXPIRY_OUT_OF_RANGE, "oldUntil"):
        request = RotateWebhookSecret(a_key(), row.id, until)
        await rotate_webhook_secret(house, platform, request)

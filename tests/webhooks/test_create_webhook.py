"""A webhook is a partner's own, begins where it was asked to, and shows its secret once."""

from dataclasses import replace

import pytest

from models import Answer, AuditEntry, FeedEvent, Webhook
from models.kinds import ApiKeyScope, EventKind
from services.actors import NotAllowed, ScopeMissing
from services.courier import AddressRefused
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode
from services.vault import Purpose
from services.webhooks.create_webhook import CreateWebhook, create_webhook
from services.webhooks.delete_webhook import delete_webhook
from services.webhooks.endpoints import MOST_WEBHOOKS
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    a_supervisor,
    an_operator,
    at_once,
    beside,
    dump,
    id_of,
    limited,
    refused,
)
from tests.webhooks.helpers import URL, a_webhook, deliver, numbers, tell, webhook


async def test_keeps_its_secret_sealed_and_shows_it_once(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    request = CreateWebhook(a_key(), URL, frozenset({EventKind.REFUND, EventKind.PURCHASE}))
    made = await create_webhook(house, platform, request)
    row = await Webhook.get()
    assert (row.url, row.kinds, row.state) == (URL, "PURCHASE REFUND", "ACTIVE")
    assert house.vault.open(Purpose.WEBHOOK_SECRET, str(row.secret_sealed)) == made.secret
    assert made.secret is not None
    again = await create_webhook(house, platform, request)
    assert (again.answered.replayed, again.secret) == (True, None)
    assert again.answered.body == made.answered.body
    kept = repr([await dump(), *[await m.all().values() for m in (Answer, AuditEntry, FeedEvent)]])
    assert made.secret.removeprefix("whsec_") not in kept
    assert str(row.secret_sealed) not in repr(await Answer.all().values())
    assert (await AuditEntry.get(action="createWebhook")).object_id == row.id


async def test_begins_with_what_happens_from_now_on(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    await tell(house, platform, 1, 2)
    webhook_id = await a_webhook(house, platform)
    await tell(house, platform, 3)
    await deliver(house, webhook_id)
    assert numbers(house) == [3]


async def test_or_behind_an_earlier_event(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    await tell(house, platform, 1, 2, 3)
    first = await FeedEvent.all().order_by("id").first()
    assert first is not None
    webhook_id = await a_webhook(house, platform, after=first.id)
    await deliver(house, webhook_id)
    assert numbers(house) == [2, 3]


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "https://a@b.com/"])
async def test_refuses_an_address_that_is_not_public(house: HouseUnderTest, url: str) -> None:
    platform = await a_platform(house)
    async with refused(house, RefusalCode.WEBHOOK_URL_REFUSED, "url"):
        await create_webhook(house, platform, CreateWebhook(a_key(), url))


async def test_a_suspended_partner_makes_none(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    await suspend_partner(house, await an_operator(house), a_key(), id_of(platform))
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await create_webhook(house, platform, CreateWebhook(a_key(), URL))


async def test_a_partner_has_so_many_and_no_more(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    async with beside(house) as other:
        made = await at_once(
            *(
                create_webhook(at, platform, CreateWebhook(a_key(), URL))
                for at in (house, other) * (MOST_WEBHOOKS // 2 + 1)
            )
        )
    codes = [getattr(getattr(each, "refusal", None), "code", None) for each in made]
    assert codes.count(RefusalCode.TOO_MANY_WEBHOOKS) == 2
    first = await Webhook.first()
    assert first is not None
    await delete_webhook(house, platform, a_key(), first.id)
    await a_webhook(house, platform)


async def test_refuses_who_is_no_partner_that_may(house: HouseUnderTest) -> None:
    request = CreateWebhook(a_key(), URL)
    for actor in (await a_customer(house), await an_operator(house), await a_supervisor(house)):
        with pytest.raises(NotAllowed):
            await create_webhook(house, actor, request)
    platform = await a_platform(house)
    narrow = limited(platform, *set(ApiKeyScope) - {ApiKeyScope.MANAGE_WEBHOOKS})
    with pytest.raises(ScopeMissing) as missing:
        await create_webhook(house, narrow, replace(request, key=a_key()))
    assert missing.value.scope is ApiKeyScope.MANAGE_WEBHOOKS


async def test_a_replay_does_not_ask_where_the_name_leads(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = await a_platform(house)
    request = CreateWebhook(a_key(), URL)
    made = await create_webhook(house, platform, request)

    async def leads_nowhere(_: object, url: str) -> None:
        raise AddressRefused(url)

    monkeypatch.setattr(type(house.courier), "check", leads_nowhere)
    again = await create_webhook(house, platform, request)
    assert again.answered.body == made.answered.body
    assert (await webhook((await Webhook.get()).id)).url == URL

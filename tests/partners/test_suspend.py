"""Suspending takes a partner's rights, tells it, and is an operator's alone."""

from functools import partial

import pytest

from models import Partner
from models.kinds import Permission
from services.actors import NotAllowed
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_centre,
    a_customer,
    a_key,
    a_platform,
    an_operator,
    dump,
    events,
    id_of,
    new_id,
    refused,
    replayed,
)


async def test_suspends_and_tells_the_partner(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    for partner in (await a_platform(house), await a_centre(house)):
        key, partner_id = a_key(), id_of(partner)
        answered = await replayed(partial(suspend_partner, house, operator, key, partner_id))
        assert answered.body["partner"]["status"] == "SUSPENDED"
        assert (await Partner.get(id=partner_id)).status == "SUSPENDED"
        assert (await events())[-1] == ("PARTNER_SUSPENDED", f"partner:{partner_id}")


async def test_suspending_again_changes_nothing(house: HouseUnderTest) -> None:
    operator, platform = await an_operator(house), await a_platform(house)
    await suspend_partner(house, operator, a_key(), id_of(platform))
    before = await dump()
    again = await suspend_partner(house, operator, a_key(), id_of(platform))
    assert again.body["partner"]["status"] == "SUSPENDED"
    assert await dump() == before


async def test_refuses_callers_who_are_no_operator(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    for actor in (await a_customer(house), await a_centre(house), platform):
        with pytest.raises(NotAllowed):
            await suspend_partner(house, actor, a_key(), id_of(platform))


async def test_refuses_an_operator_who_may_not(house: HouseUnderTest) -> None:
    others = set(Permission) - {Permission.MANAGE_PARTNERS}
    platform_id = id_of(await a_platform(house))
    with pytest.raises(NotAllowed):
        await suspend_partner(house, await an_operator(house, *others), a_key(), platform_id)


async def test_refuses_a_partner_that_is_not(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
        await suspend_partner(house, operator, a_key(), new_id())

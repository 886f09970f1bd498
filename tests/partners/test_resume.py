"""Resuming gives a suspended partner its rights back, and is an operator's alone."""

import pytest

from models import Partner
from models.kinds import Permission
from services.actors import NotAllowed
from services.partners.resume import resume_partner
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_draw,
    a_key,
    a_scene,
    an_operator,
    dump,
    events,
    new_id,
    refused,
    replayed,
)


async def test_a_resumed_platform_sells_again(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await suspend_partner(house, scene.operator, a_key(), scene.platform_id)
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await scene.buys(house)
    key = a_key()
    answered = await replayed(lambda: resume_partner(house, scene.operator, key, scene.platform_id))
    assert answered.body["partner"]["status"] == "ACTIVE"
    assert (await Partner.get(id=scene.platform_id)).status == "ACTIVE"
    assert (await events())[-1] == ("PARTNER_RESUMED", f"partner:{scene.platform_id}")
    await scene.buys(house)


async def test_a_resumed_centre_opens_draws_again(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    await resume_partner(house, scene.operator, a_key(), scene.centre_id)
    await a_draw(house, scene.centre)


async def test_resuming_an_active_partner_changes_nothing(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    before = await dump()
    await resume_partner(house, scene.operator, a_key(), scene.platform_id)
    assert await dump() == before


async def test_refuses_others(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    others = set(Permission) - {Permission.MANAGE_PARTNERS}
    unpermitted = await an_operator(house, *others)
    for actor in (scene.player, scene.platform, scene.centre, unpermitted):
        with pytest.raises(NotAllowed):
            await resume_partner(house, actor, a_key(), scene.platform_id)


async def test_refuses_a_partner_that_is_not(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
        await resume_partner(house, operator, a_key(), new_id())

"""A centre closes its draw, once, and nobody else does."""

import pytest

from models import Draw
from models.kinds import DrawState
from services.actors import NotAllowed
from services.lottery.close_draw import close_draw
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_centre,
    a_draw,
    a_key,
    events,
    new_id,
    refused,
    replayed,
)


async def test_closes_once(house: HouseUnderTest, scene: Scene) -> None:
    key = a_key()
    answered = await replayed(lambda: close_draw(house, scene.centre, key, scene.draw_id))
    assert answered.body["draw"]["state"] == "CLOSED"
    assert (await Draw.get(id=scene.draw_id)).state == "CLOSED"
    assert (await events())[-1] == ("DRAW_CLOSED", "topic:draws")
    async with refused(house, RefusalCode.DRAW_CLOSED, "drawId"):
        await close_draw(house, scene.centre, a_key(), scene.draw_id)


async def test_a_suspended_centre_may_close_its_draw(house: HouseUnderTest, scene: Scene) -> None:
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)


async def test_refuses_callers_who_are_no_centre(house: HouseUnderTest, scene: Scene) -> None:
    for actor in (scene.player, scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await close_draw(house, actor, a_key(), scene.draw_id)


async def test_refuses_another_centres_draw_like_one_that_is_not(
    house: HouseUnderTest, scene: Scene
) -> None:
    rival = await a_centre(house)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await close_draw(house, rival, a_key(), scene.draw_id)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await close_draw(house, scene.centre, a_key(), new_id())


async def test_refuses_a_published_draw(house: HouseUnderTest, scene: Scene) -> None:
    published = await a_draw(house, scene.centre, state=DrawState.PUBLISHED)
    async with refused(house, RefusalCode.DRAW_PUBLISHED, "drawId"):
        await close_draw(house, scene.centre, a_key(), published)

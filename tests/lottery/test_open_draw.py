"""A centre opens a draw that every partner hears of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import Draw
from services.actors import NotAllowed
from services.ledger.command import Answered
from services.lottery.open_draw import OpenDraw, open_draw
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    NOON,
    HouseUnderTest,
    Scene,
    a_centre,
    a_key,
    at_once,
    beside,
    events,
    refused,
    replayed,
)


@pytest.fixture
def order() -> OpenDraw:
    return OpenDraw(a_key(), "Seven Happiness", "2026031", NOON + timedelta(hours=8), CNY)


async def test_opens_once(house: HouseUnderTest, scene: Scene, order: OpenDraw) -> None:
    answered = await replayed(lambda: open_draw(house, scene.centre, order))
    draw = await Draw.get(code="2026031")
    assert answered.body["draw"]["id"] == str(draw.id)
    assert (draw.state, draw.centre_id, draw.game) == ("OPEN", scene.centre_id, "Seven Happiness")
    assert draw.sales_close_at == order.sales_close_at
    assert (await events())[-1] == ("DRAW_OPENED", "topic:draws")


async def test_a_code_is_unique_within_a_centres_game(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    await open_draw(house, scene.centre, order)
    async with refused(house, RefusalCode.DRAW_EXISTS, "code"):
        await open_draw(house, scene.centre, replace(order, key=a_key()))
    await open_draw(house, scene.centre, replace(order, key=a_key(), game="Another"))
    await open_draw(house, await a_centre(house), order)


async def test_one_code_at_once_opens_one_draw(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    async with beside(house) as other:
        answers = await at_once(
            *(open_draw(at, scene.centre, replace(order, key=a_key())) for at in (house, other) * 2)
        )
    assert sum(isinstance(answer, Answered) for answer in answers) == 1
    codes = {answer.refusal.code for answer in answers if isinstance(answer, Refused)}
    assert codes == {RefusalCode.DRAW_EXISTS}


async def test_refuses_callers_who_are_no_centre(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    for actor in (scene.player, scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await open_draw(house, actor, order)


async def test_refuses_a_suspended_centre(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await open_draw(house, scene.centre, order)


async def test_refuses_another_currency_than_the_pools(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "currency"):
        await open_draw(house, scene.centre, replace(order, currency="EUR"))


async def test_refuses_an_end_of_sales_that_is_past(
    house: HouseUnderTest, scene: Scene, order: OpenDraw
) -> None:
    async with refused(house, RefusalCode.DRAW_CLOSED, "salesCloseAt"):
        await open_draw(house, scene.centre, replace(order, sales_close_at=NOON))

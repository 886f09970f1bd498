"""The operator starts the payment of a draw; while it runs, asking again finds it."""

import pytest

from models import PayoutRun
from models.kinds import Permission
from services.actors import NotAllowed
from services.ledger.command import Answered
from services.lottery.pay_draw import pay_draw
from services.lottery.run_payouts import run_payouts
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_key,
    an_operator,
    at_once,
    beside,
    in_turn,
    new_id,
    on_postgres,
    refused,
    replayed,
)


async def test_starts_a_run(house: HouseUnderTest, scene: Scene) -> None:
    await scene.wins(house, 1_00, 2_00)
    key = a_key()
    answered = await replayed(lambda: pay_draw(house, scene.operator, key, scene.draw_id))
    run = await PayoutRun.get()
    assert answered.body["payout_run"]["id"] == str(run.id)
    assert (run.state, run.total, run.paid, run.refused) == ("RUNNING", 2, 0, 0)


async def test_asked_again_while_it_runs_answers_with_the_run(
    house: HouseUnderTest, scene: Scene
) -> None:
    await scene.wins(house, 1_00)
    async with beside(house) as other:
        answers = await at_once(
            *(pay_draw(at, scene.operator, a_key(), scene.draw_id) for at in (house, other) * 3)
        )
    assert all(isinstance(answer, Answered) for answer in answers)
    assert await PayoutRun.all().count() == 1
    await run_payouts(house)
    again = await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    assert again.body["payout_run"]["total"] == 1
    assert await PayoutRun.all().count() == 2


async def test_refuses_callers_who_are_no_operator(house: HouseUnderTest, scene: Scene) -> None:
    await scene.wins(house, 1_00)
    for actor in (scene.player, scene.platform, scene.centre):
        with pytest.raises(NotAllowed):
            await pay_draw(house, actor, a_key(), scene.draw_id)


async def test_refuses_an_operator_who_may_not(house: HouseUnderTest, scene: Scene) -> None:
    await scene.wins(house, 1_00)
    with pytest.raises(NotAllowed):
        await pay_draw(
            house,
            await an_operator(house, *set(Permission) - {Permission.PAY_PRIZES}),
            a_key(),
            scene.draw_id,
        )


async def test_refuses_a_draw_that_is_not_published(house: HouseUnderTest, scene: Scene) -> None:
    async with refused(house, RefusalCode.DRAW_NOT_PUBLISHED, "drawId"):
        await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await pay_draw(house, scene.operator, a_key(), new_id())


@on_postgres
async def test_two_processes_start_one_run(house: HouseUnderTest, scene: Scene) -> None:
    await scene.wins(house, 1_00)
    other_operator = await an_operator(house)
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "draw",
            scene.draw_id,
            lambda: pay_draw(house, scene.operator, a_key(), scene.draw_id),
            lambda: pay_draw(other, other_operator, a_key(), scene.draw_id),
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert first.body["payout_run"]["id"] == second.body["payout_run"]["id"]

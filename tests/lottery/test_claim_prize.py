"""A player asks for a prize: of an own account, on the same conditions as a payout."""

from dataclasses import replace

import pytest

from services.actors import NotAllowed
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.lottery.payout import PayoutOrder, payout
from services.refusals import RefusalCode
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    an_account,
    balance,
    block,
    events,
    lines_of,
    new_id,
    refused,
    replayed,
)


def claiming(scene: Scene, serial: str) -> ClaimPrize:
    """Return a claim for the scene's account."""
    return ClaimPrize(a_key(), scene.account_id, scene.draw_id, serial)


async def test_pays_into_the_players_account(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 20_000_00)
    claim = claiming(scene, serial)
    answered = await replayed(lambda: claim_prize(house, scene.player, claim))
    lines = await lines_of(answered.body["transaction"]["id"])
    assert lines[scene.account_id] == 16_000_00
    assert lines[scene.centre_id] == -20_000_00
    assert answered.body["winning_ticket"]["tax_minor"] == 4_000_00
    assert (await events())[-2:] == [
        ("PRIZE_PAID", f"customer:{scene.player.id}"),
        ("PRIZE_PAID", f"partner:{scene.centre_id}"),
    ]


async def test_a_blocked_account_gets_its_prize(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    await block(house, scene.account_id)
    await claim_prize(house, scene.player, claiming(scene, serial))
    assert await balance(scene.account_id) == 104_99


async def test_refuses_callers_who_are_no_customer(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    for actor in (scene.platform, scene.centre, scene.operator):
        with pytest.raises(NotAllowed):
            await claim_prize(house, actor, claiming(scene, serial))


async def test_refuses_an_account_of_another_like_one_that_is_not(
    house: HouseUnderTest, scene: Scene
) -> None:
    (serial,) = await scene.wins(house, 5_00)
    stranger = await a_customer(house)
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await claim_prize(house, stranger, claiming(scene, serial))
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        claim = replace(claiming(scene, serial), account_id=new_id())
        await claim_prize(house, scene.player, claim)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await claim_prize(house, scene.player, replace(claiming(scene, serial), draw_id=new_id()))


async def test_refuses_a_ticket_of_another(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    stranger = await a_customer(house)
    theirs = await an_account(house, stranger)
    async with refused(house, RefusalCode.NOT_WINNING_TICKET, "serial"):
        await claim_prize(house, stranger, replace(claiming(scene, serial), account_id=theirs))


async def test_refuses_before_publication_and_after_the_time_to_claim(
    house: HouseUnderTest, scene: Scene
) -> None:
    async with refused(house, RefusalCode.DRAW_NOT_PUBLISHED, "drawId"):
        await claim_prize(house, scene.player, claiming(scene, "A-1"))
    (serial,) = await scene.wins(house, 5_00)
    house.clock.advance(days=60)
    async with refused(house, RefusalCode.PRIZE_EXPIRED, "serial"):
        await claim_prize(house, scene.player, claiming(scene, serial))


async def test_refuses_what_the_operator_paid(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    order = PayoutOrder(a_key(), scene.account_id, scene.draw_id, serial, 5_00, CNY)
    paid = await payout(house, scene.operator, order)
    payment = paid.body["transaction"]["id"]
    async with refused(house, RefusalCode.PAID_ALREADY, "serial", transaction_id=payment):
        await claim_prize(house, scene.player, claiming(scene, serial))


async def test_refuses_what_the_pool_does_not_hold(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 1_000_000_01)
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS):
        await claim_prize(house, scene.player, claiming(scene, serial))

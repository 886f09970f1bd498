"""A prize is paid against a verified winning ticket of that account, once, in time, exactly."""

from dataclasses import replace

import orjson
import pytest

from models import FeedEvent, Transaction, WinningTicket
from models.currencies import system_wallet_id
from models.kinds import Permission, WalletKind
from services.actors import NotAllowed
from services.ledger.command import Answered
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.lottery.close_draw import close_draw
from services.lottery.payout import PayoutOrder, payout
from services.parameters import ParameterName
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    a_scene,
    an_account,
    an_operator,
    at_once,
    balance,
    beside,
    block,
    events,
    in_turn,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
    set_parameter,
)

TAX = system_wallet_id(WalletKind.TAX, CNY)


def paying(scene: Scene, serial: str, amount_minor: int) -> PayoutOrder:
    """Return an order to pay a ticket's prize into the scene's account."""
    return PayoutOrder(a_key(), scene.account_id, scene.draw_id, serial, amount_minor, CNY)


async def test_pays_a_small_prize_whole(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 10_000_00)
    order = paying(scene, serial, 10_000_00)
    answered = await replayed(lambda: payout(house, scene.operator, order))
    transaction, winning = answered.body["transaction"], answered.body["winning_ticket"]
    assert await lines_of(transaction["id"]) == {
        scene.centre_id: -10_000_00,
        scene.account_id: 10_000_00,
    }
    assert (transaction["type"], transaction["state"]) == ("PAYOUT", "COMPLETED")
    assert (transaction["amount_minor"], transaction["partner_id"], transaction["reference"]) == (
        10_000_00,
        str(scene.centre_id),
        None,
    )
    assert (winning["state"], winning["payout_id"]) == ("PAID", transaction["id"])
    assert answered.body["available_minor"] == 100_00 - 1 + 10_000_00
    kept = await WinningTicket.get()
    assert (kept.state, str(kept.payout_id), kept.tax_minor) == ("PAID", transaction["id"], 0)
    assert kept.paid_at == house.clock()


async def test_withholds_tax_from_a_large_prize(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 10_000_03)
    answered = await payout(house, scene.operator, paying(scene, serial, 10_000_03))
    assert await lines_of(answered.body["transaction"]["id"]) == {
        scene.centre_id: -10_000_03,
        scene.account_id: 8_000_02,
        TAX: 2_000_01,
    }
    assert answered.body["transaction"]["amount_minor"] == 8_000_02
    assert answered.body["winning_ticket"]["tax_minor"] == 2_000_01


async def test_tells_the_player_and_the_centre_which_sees_no_balance(
    house: HouseUnderTest, scene: Scene
) -> None:
    (serial,) = await scene.wins(house, 5_00)
    await payout(house, scene.operator, paying(scene, serial, 5_00))
    assert (await events())[-2:] == [
        ("PRIZE_PAID", f"customer:{scene.player.id}"),
        ("PRIZE_PAID", f"partner:{scene.centre_id}"),
    ]
    for_player, for_centre = (await FeedEvent.all().order_by("id"))[-2:]
    assert for_player.account_id == scene.account_id
    assert '"balance_after_minor":10499' in for_player.body
    assert '"balance_after_minor":null' in for_centre.body
    assert "available" not in for_centre.body


async def test_a_blocked_account_gets_its_prize(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    await block(house, scene.account_id)
    await payout(house, scene.operator, paying(scene, serial, 5_00))
    assert await balance(scene.account_id) == 104_99


async def test_alerts_once_when_the_pool_falls_below_its_threshold(
    house: HouseUnderTest, scene: Scene
) -> None:
    await set_parameter(house, ParameterName.PRIZE_POOL_THRESHOLD_MINOR, 999_990_00)
    serials = await scene.wins(house, 10_00, 1, 1)
    prizes = (10_00, 1, 1)
    for serial, prize_minor in zip(serials, prizes, strict=True):
        await payout(house, scene.operator, paying(scene, serial, prize_minor))
    alerts = await FeedEvent.filter(kind="THRESHOLD_ALERT").order_by("id")
    assert [alert.audience for alert in alerts] == ["topic:alerts", f"partner:{scene.centre_id}"]
    for alert in alerts:
        assert orjson.loads(alert.body) == {
            "name": "PRIZE_POOL_THRESHOLD_MINOR",
            "wallet_id": str(scene.centre_id),
            "partner_id": str(scene.centre_id),
            "balance_minor": 999_989_99,
            "threshold_minor": 999_990_00,
            "currency": CNY,
        }


async def test_refuses_callers_who_are_no_operator(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    for actor in (scene.player, scene.platform, scene.centre):
        with pytest.raises(NotAllowed):
            await payout(house, actor, paying(scene, serial, 5_00))


async def test_refuses_an_operator_who_may_not(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    others = set(Permission) - {Permission.PAY_PRIZES}
    with pytest.raises(NotAllowed):
        await payout(house, await an_operator(house, *others), paying(scene, serial, 5_00))


async def test_pays_from_a_suspended_centres_pool(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    await payout(house, scene.operator, paying(scene, serial, 5_00))


async def test_refuses_what_does_not_exist(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    order = paying(scene, serial, 5_00)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await payout(house, scene.operator, replace(order, draw_id=new_id()))
    for account_id in (new_id(), scene.centre_id):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await payout(house, scene.operator, replace(order, key=a_key(), account_id=account_id))


async def test_refuses_another_currency(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await payout(house, scene.operator, replace(paying(scene, serial, 5_00), currency="EUR"))


async def test_refuses_a_draw_that_is_not_published(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house)
    serial = sold["tickets"][0]["serial"]
    async with refused(house, RefusalCode.DRAW_NOT_PUBLISHED, "drawId"):
        await payout(house, scene.operator, paying(scene, serial, 5_00))
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    async with refused(house, RefusalCode.DRAW_NOT_PUBLISHED, "drawId"):
        await payout(house, scene.operator, paying(scene, serial, 5_00))


async def test_refuses_a_ticket_that_did_not_win(house: HouseUnderTest, scene: Scene) -> None:
    lost = await scene.buys(house)
    await scene.wins(house, 5_00)
    for serial in (lost["tickets"][0]["serial"], "no such"):
        async with refused(house, RefusalCode.NOT_WINNING_TICKET, "serial"):
            await payout(house, scene.operator, paying(scene, serial, 5_00))


async def test_refuses_a_ticket_of_another_account(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    theirs = await an_account(house, await a_customer(house))
    async with refused(house, RefusalCode.NOT_WINNING_TICKET, "serial"):
        order = replace(paying(scene, serial, 5_00), account_id=theirs)
        await payout(house, scene.operator, order)


async def test_refuses_a_ticket_of_another_draw(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    other = await a_scene(house)
    await other.wins(house, 5_00)
    async with refused(house, RefusalCode.NOT_WINNING_TICKET, "serial"):
        order = replace(paying(scene, serial, 5_00), draw_id=other.draw_id)
        await payout(house, scene.operator, order)


@pytest.mark.parametrize("off_minor", [-1, 1])
async def test_refuses_another_amount(house: HouseUnderTest, scene: Scene, off_minor: int) -> None:
    (serial,) = await scene.wins(house, 5_00)
    async with refused(house, RefusalCode.AMOUNT_MISMATCH, "amount"):
        await payout(house, scene.operator, paying(scene, serial, 5_00 + off_minor))


async def test_refuses_to_pay_twice_and_names_the_payment(
    house: HouseUnderTest, scene: Scene
) -> None:
    (serial,) = await scene.wins(house, 5_00)
    paid = await payout(house, scene.operator, paying(scene, serial, 5_00))
    payment = paid.body["transaction"]["id"]
    async with refused(house, RefusalCode.PAID_ALREADY, "serial", transaction_id=payment):
        await payout(house, scene.operator, paying(scene, serial, 5_00))


async def test_refuses_when_the_time_to_claim_is_over(house: HouseUnderTest, scene: Scene) -> None:
    first, second = await scene.wins(house, 5_00, 6_00)
    house.clock.advance(days=60, seconds=-1)
    await payout(house, scene.operator, paying(scene, first, 5_00))
    house.clock.advance(seconds=1)
    async with refused(house, RefusalCode.PRIZE_EXPIRED, "serial"):
        await payout(house, scene.operator, paying(scene, second, 6_00))


async def test_refuses_what_the_pool_does_not_hold(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 1_000_000_01)
    pool = 1_000_000_00
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, available_minor=pool):
        await payout(house, scene.operator, paying(scene, serial, 1_000_000_01))


async def test_one_ticket_at_once_is_paid_once(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    async with beside(house) as other:
        answers = await at_once(
            *(payout(at, scene.operator, paying(scene, serial, 5_00)) for at in (house, other) * 2),
            *(
                claim_prize(
                    at,
                    scene.player,
                    ClaimPrize(a_key(), scene.account_id, scene.draw_id, serial),
                )
                for at in (house, other) * 2
            ),
        )
    (paid,) = (answer for answer in answers if isinstance(answer, Answered))
    refusals = [answer.refusal for answer in answers if isinstance(answer, Refused)]
    assert {refusal.code for refusal in refusals} == {RefusalCode.PAID_ALREADY}
    assert {refusal.details["transaction_id"] for refusal in refusals} == {
        paid.body["transaction"]["id"]
    }
    assert await balance(scene.account_id) == 104_99


@on_postgres
async def test_two_processes_pay_in_turn(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.centre_id,
            lambda: payout(house, scene.operator, paying(scene, serial, 5_00)),
            lambda: payout(other, scene.operator, paying(scene, serial, 5_00)),
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Refused)
    assert second.refusal.code is RefusalCode.PAID_ALREADY
    assert await Transaction.filter(type="PAYOUT").count() == 1

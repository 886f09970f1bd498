"""A payment instruction is carried out exactly, or refused for exactly one reason."""

from dataclasses import replace

import pytest

from models import FeedEvent, Mandate, Ticket, Transaction
from models.kinds import DrawState, TicketState, TransactionState
from services.accounts.freeze import freeze_account
from services.actors import NotAllowed
from services.ledger.command import Answered
from services.lottery.close_draw import close_draw
from services.lottery.purchase import PurchaseOrder, purchase, purchase_many
from services.lottery.revoke_mandate import revoke_mandate
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_draw,
    a_key,
    a_mandate,
    an_account,
    an_order,
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
)


@pytest.fixture
def order(scene: Scene) -> PurchaseOrder:
    return an_order(scene.account_id, scene.draw_id, stakes=[2_00, 3_00])


async def test_pays_for_every_ticket(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    answered = await replayed(lambda: purchase(house, scene.platform, order))
    transaction = answered.body["transaction"]
    assert await lines_of(transaction["id"]) == {scene.account_id: -5_00, scene.platform_id: 5_00}
    assert answered.body["available_minor"] == 95_00
    assert transaction["state"] == TransactionState.COMPLETED
    assert transaction["reference"] == order.reference
    kept = await Ticket.filter(purchase_id=transaction["id"]).order_by("id")
    assert [(t.serial, t.stake_minor, t.state) for t in kept] == [
        (ticket.serial, ticket.stake_minor, TicketState.CONFIRMED) for ticket in order.tickets
    ]
    assert (await Mandate.get()).used_minor == 5_00


async def test_tells_the_player_and_the_platform_which_sees_no_balance(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    await purchase(house, scene.platform, order)
    told = await events()
    assert told[-2:] == [
        ("PURCHASE", f"customer:{scene.player.id}"),
        ("PURCHASE", f"partner:{scene.platform_id}"),
    ]
    for_player, for_platform = (await FeedEvent.all().order_by("id"))[-2:]
    assert '"balance_after_minor":9500' in for_player.body
    assert '"balance_after_minor":null' in for_platform.body
    assert "available" not in for_platform.body


async def test_waits_for_serials_that_come_later(house: HouseUnderTest, scene: Scene) -> None:
    body = await scene.buys(house, stakes=[2_00, 2_00], serials=["A-1", None])
    assert body["transaction"]["state"] == TransactionState.PENDING
    assert [ticket["state"] for ticket in body["tickets"]] == ["CONFIRMED", "UNCONFIRMED"]
    assert [ticket["confirm_by"] for ticket in body["tickets"]] == [
        None,
        "2026-03-02T04:10:00+00:00",
    ]


async def test_refuses_callers_who_sell_nothing(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    for actor in (scene.player, scene.centre, scene.operator):
        with pytest.raises(NotAllowed):
            await purchase(house, actor, order)


async def test_refuses_an_amount_that_is_not_the_sum_of_the_stakes(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    async with refused(house, RefusalCode.AMOUNT_MISMATCH, "amount"):
        await purchase(house, scene.platform, replace(order, amount_minor=5_01))


@pytest.mark.parametrize("stakes", [[5_00, -1_00], [5_00, 0], []])
async def test_refuses_stakes_not_above_zero(
    house: HouseUnderTest, scene: Scene, stakes: list[int]
) -> None:
    async with refused(house, RefusalCode.AMOUNT_MISMATCH, "amount"):
        await scene.buys(house, stakes=stakes)


async def test_refuses_a_suspended_platform(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    await suspend_partner(house, scene.operator, a_key(), scene.platform_id)
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await purchase(house, scene.platform, order)


async def test_refuses_a_reference_that_paid_before_and_shows_its_purchase(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    paid = await purchase(house, scene.platform, order)
    again = an_order(scene.account_id, scene.draw_id, reference=order.reference)
    async with refused(house, RefusalCode.ORDER_REFERENCE_USED, "reference") as caught:
        await purchase(house, scene.platform, again)
    shown = caught.value.refusal.details["transaction"]
    assert str(shown["id"]) == paid.body["transaction"]["id"]
    assert shown["balance_after_minor"] is None


async def test_a_refused_purchase_does_not_use_its_reference(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    dear = an_order(scene.account_id, scene.draw_id, stakes=[100_01], reference=order.reference)
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS):
        await purchase(house, scene.platform, dear)
    await purchase(house, scene.platform, order)


async def test_refuses_without_a_mandate(house: HouseUnderTest, scene: Scene) -> None:
    other = await an_account(house, scene.player, 10_00, currency="EUR")
    async with refused(house, RefusalCode.MANDATE_MISSING, "accountId"):
        await scene.buys(house, account_id=other)


async def test_refuses_an_account_that_does_not_exist_like_one_without_a_mandate(
    house: HouseUnderTest, scene: Scene
) -> None:
    async with refused(house, RefusalCode.MANDATE_MISSING, "accountId"):
        await scene.buys(house, account_id=new_id())


async def test_refuses_a_revoked_mandate(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    await revoke_mandate(house, scene.player, a_key(), scene.account_id, scene.platform_id)
    async with refused(house, RefusalCode.MANDATE_MISSING, "accountId"):
        await purchase(house, scene.platform, order)


async def test_refuses_an_expired_mandate(house: HouseUnderTest, scene: Scene) -> None:
    await a_mandate(house, scene.player, scene.account_id, scene.platform, days=1)
    house.clock.advance(days=1, seconds=-1)
    later = await a_draw(house, scene.centre)
    await scene.buys(house, draw_id=later)
    house.clock.advance(seconds=1)
    async with refused(house, RefusalCode.MANDATE_EXPIRED, "accountId"):
        await scene.buys(house, draw_id=later)


async def test_refuses_more_than_the_mandate_allows_at_once(
    house: HouseUnderTest, scene: Scene
) -> None:
    await a_mandate(house, scene.player, scene.account_id, scene.platform, per_purchase_minor=4_99)
    async with refused(house, RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=4_99):
        await scene.buys(house, stakes=[5_00])
    await scene.buys(house, stakes=[4_99])


async def test_refuses_more_than_the_mandate_allows_in_a_business_day(
    house: HouseUnderTest, scene: Scene
) -> None:
    await a_mandate(house, scene.player, scene.account_id, scene.platform, per_day_minor=8_00)
    await scene.buys(house, stakes=[5_00])
    async with refused(house, RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=3_00):
        await scene.buys(house, stakes=[3_01])
    house.clock.advance(hours=12, seconds=-1)
    async with refused(house, RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=3_00):
        await scene.buys(house, stakes=[3_01])
    house.clock.advance(seconds=1)  # midnight in Shanghai, 16:00 in UTC
    await scene.buys(house, stakes=[8_00])


async def test_refuses_another_currency_than_the_account_has(
    house: HouseUnderTest, scene: Scene
) -> None:
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await scene.buys(house, currency="EUR")


async def test_refuses_a_draw_that_does_not_exist(house: HouseUnderTest, scene: Scene) -> None:
    async with refused(house, RefusalCode.NOT_FOUND, "tickets", 0, "drawId"):
        await scene.buys(house, draw_id=new_id())


@pytest.mark.parametrize("state", [DrawState.CLOSED, DrawState.PUBLISHED])
async def test_refuses_a_draw_that_is_not_open(
    house: HouseUnderTest, scene: Scene, state: DrawState
) -> None:
    closed = await a_draw(house, scene.centre, state=state)
    async with refused(house, RefusalCode.DRAW_CLOSED, "tickets", 0, "drawId"):
        await scene.buys(house, draw_id=closed)


async def test_refuses_a_draw_whose_time_is_over(house: HouseUnderTest, scene: Scene) -> None:
    house.clock.advance(days=1, seconds=-1)
    await scene.buys(house)
    house.clock.advance(seconds=1)
    async with refused(house, RefusalCode.DRAW_CLOSED, "tickets", 0, "drawId"):
        await scene.buys(house)


async def test_refuses_a_serial_that_is_used(house: HouseUnderTest, scene: Scene) -> None:
    await scene.buys(house, serials=["A-1"])
    async with refused(house, RefusalCode.SERIAL_USED, "tickets", 1, "serial"):
        await scene.buys(house, stakes=[1, 1], serials=["A-2", "A-1"])
    async with refused(house, RefusalCode.SERIAL_USED, "tickets", 1, "serial"):
        await scene.buys(house, stakes=[1, 1], serials=["A-3", "A-3"])
    other = await a_draw(house, scene.centre)
    await scene.buys(house, draw_id=other, serials=["A-1"])


async def test_refuses_a_blocked_account(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    await block(house, scene.account_id)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="FROZEN"):
        await purchase(house, scene.platform, order)


async def test_refuses_what_the_account_does_not_hold(house: HouseUnderTest, scene: Scene) -> None:
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, available_minor=100_00):
        await scene.buys(house, stakes=[100_01])
    await scene.buys(house, stakes=[100_00])


async def test_gives_a_stored_refusal_again_even_when_it_would_be_paid_now(
    house: HouseUnderTest, scene: Scene
) -> None:
    order = an_order(scene.account_id, scene.draw_id, stakes=[100_01])
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS):
        await purchase(house, scene.platform, order)
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS) as again:
        await purchase(house, scene.platform, order)
    assert again.value.replayed


async def test_refuses_a_key_with_other_arguments(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    await purchase(house, scene.platform, order)
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await purchase(house, scene.platform, replace(order, reference="another"))


async def test_many_are_answered_one_by_one(house: HouseUnderTest, scene: Scene) -> None:
    orders = [
        an_order(scene.account_id, scene.draw_id, stakes=[stake]) for stake in (60_00, 50_00, 40_00)
    ]
    first, second, third = await purchase_many(house, scene.platform, orders)
    assert isinstance(first, Answered)
    assert isinstance(second, Refused)
    assert second.refusal.code is RefusalCode.INSUFFICIENT_FUNDS
    assert isinstance(third, Answered)
    assert third.body["available_minor"] == 0


async def test_one_key_at_once_is_one_purchase(
    house: HouseUnderTest, scene: Scene, order: PurchaseOrder
) -> None:
    async with beside(house) as other:
        answers = await at_once(
            *(purchase(at, scene.platform, order) for at in (house, other) for _ in range(5))
        )
    bodies = [answer.body for answer in answers if isinstance(answer, Answered)]
    assert len(bodies) == 10
    assert all(body == bodies[0] for body in bodies)
    assert await balance(scene.account_id) == 95_00


async def test_one_reference_at_once_pays_once(house: HouseUnderTest, scene: Scene) -> None:
    orders = [an_order(scene.account_id, scene.draw_id, reference="R-1") for _ in range(6)]
    async with beside(house) as other:
        answers = await at_once(
            *(
                purchase(at, scene.platform, order)
                for at, order in zip([house, other] * 3, orders, strict=True)
            )
        )
    codes = sorted(a.refusal.code for a in answers if isinstance(a, Refused))
    assert codes == [RefusalCode.ORDER_REFERENCE_USED] * 5
    assert await balance(scene.account_id) == 98_00


async def test_the_last_money_is_spent_once(house: HouseUnderTest, scene: Scene) -> None:
    orders = [an_order(scene.account_id, scene.draw_id, stakes=[30_00]) for _ in range(8)]
    async with beside(house) as other:
        answers = await at_once(
            *(
                purchase(at, scene.platform, order)
                for at, order in zip([house, other] * 4, orders, strict=True)
            )
        )
    refusals = [a.refusal for a in answers if isinstance(a, Refused)]
    assert [refusal.code for refusal in refusals] == [RefusalCode.INSUFFICIENT_FUNDS] * 5
    assert await balance(scene.account_id) == 10_00


async def test_purchases_around_a_freeze_are_paid_or_refused_and_none_after_it(
    house: HouseUnderTest, scene: Scene
) -> None:
    async def buy() -> Answered:
        return await purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id))

    async def freeze() -> Answered:
        return await freeze_account(house, scene.operator, a_key(), scene.account_id)

    answers = await at_once(*(freeze() if n == 10 else buy() for n in range(20)))
    assert isinstance(answers.pop(10), Answered)
    refusals = [answer.refusal for answer in answers if isinstance(answer, Refused)]
    assert {refusal.code for refusal in refusals} <= {RefusalCode.ACCOUNT_BLOCKED}
    paid = len(answers) - len(refusals)
    assert await balance(scene.account_id) == 100_00 - paid * 2_00
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED):
        await buy()


# What two desks do to each other, in either order, decided by the lock alone


@on_postgres
async def test_purchase_before_freeze(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second, third = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
            lambda: freeze_account(other, scene.operator, a_key(), scene.account_id),
        ) + await at_once(
            purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id))
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert _code(third) is RefusalCode.ACCOUNT_BLOCKED


@on_postgres
async def test_freeze_before_purchase(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: freeze_account(other, scene.operator, a_key(), scene.account_id),
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
        )
    assert isinstance(first, Answered)
    assert _code(second) is RefusalCode.ACCOUNT_BLOCKED


@on_postgres
async def test_revoke_before_purchase(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: revoke_mandate(
                other, scene.player, a_key(), scene.account_id, scene.platform_id
            ),
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
        )
    assert isinstance(first, Answered)
    assert _code(second) is RefusalCode.MANDATE_MISSING


@on_postgres
async def test_purchase_before_revoke(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
            lambda: revoke_mandate(
                other, scene.player, a_key(), scene.account_id, scene.platform_id
            ),
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    mandate = await Mandate.get()
    assert (mandate.used_minor, mandate.revoked_at is None) == (2_00, False)


@on_postgres
async def test_suspend_before_purchase(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.platform_id,
            lambda: suspend_partner(other, scene.operator, a_key(), scene.platform_id),
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
        )
    assert isinstance(first, Answered)
    assert _code(second) is RefusalCode.PARTNER_SUSPENDED


@on_postgres
async def test_close_before_purchase(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "draw",
            scene.draw_id,
            lambda: close_draw(other, scene.centre, a_key(), scene.draw_id),
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
        )
    assert isinstance(first, Answered)
    assert _code(second) is RefusalCode.DRAW_CLOSED
    assert not await Transaction.filter(partner_id=scene.platform_id).exists()


@on_postgres
async def test_purchase_before_close(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "draw",
            scene.draw_id,
            lambda: purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id)),
            lambda: close_draw(other, scene.centre, a_key(), scene.draw_id),
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)


@on_postgres
async def test_one_serial_is_sold_once(house: HouseUnderTest, scene: Scene) -> None:
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            *(
                lambda at=at: purchase(
                    at,
                    scene.platform,
                    an_order(scene.account_id, scene.draw_id, serials=["A-1"]),
                )
                for at in (house, other)
            ),
        )
    assert isinstance(first, Answered)
    assert _code(second) is RefusalCode.SERIAL_USED


def _code(result: object) -> RefusalCode | None:
    return result.refusal.code if isinstance(result, Refused) else None

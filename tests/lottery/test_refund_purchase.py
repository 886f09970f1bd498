"""A platform gives a purchase back, while it still can."""

from uuid import UUID

import pytest

from models import Entry, FeedEvent, Mandate, Ticket, Transaction
from services.actors import NotAllowed
from services.ledger.command import Answered
from services.lottery.close_draw import close_draw
from services.lottery.purchase import PickedTicket, purchase
from services.lottery.refund_overdue import refund_overdue
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_draw,
    a_key,
    a_platform,
    an_order,
    at_once,
    balance,
    beside,
    block,
    drain,
    events,
    in_turn,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
)
from tests.lottery.test_confirm_tickets import bought


def refunding(sold: dict[str, dict[str, str]], reason: str | None = None) -> RefundPurchase:
    """Return an order that gives a purchase back."""
    return RefundPurchase(a_key(), UUID(sold["transaction"]["id"]), reason)


async def test_gives_everything_back(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house, stakes=[2_00, 3_00])
    order = refunding(sold, "sold by mistake")
    answered = await replayed(lambda: refund_purchase(house, scene.platform, order))
    transaction, original = answered.body["transaction"], answered.body["purchase"]
    assert await lines_of(transaction["id"]) == {scene.platform_id: -5_00, scene.account_id: 5_00}
    assert (await Entry.get(id=transaction["id"])).reason == "sold by mistake"
    assert answered.body["available_minor"] == 100_00
    assert (transaction["type"], transaction["amount_minor"]) == ("REFUND", 5_00)
    assert transaction["original_id"] == str(order.purchase_id)
    assert (original["state"], original["refunded_minor"]) == ("REFUNDED", 5_00)
    kept = await Transaction.get(id=order.purchase_id)
    assert (kept.state, kept.refunded_minor, kept.amount_minor) == ("REFUNDED", 5_00, -5_00)
    assert {ticket.state for ticket in await Ticket.all()} == {"REFUNDED"}
    assert (await Mandate.get()).used_minor == 0


async def test_gives_back_what_is_left(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    house.clock.advance(minutes=10)
    assert await refund_overdue(house) == 1
    answered = await refund_purchase(house, scene.platform, refunding(sold))
    assert answered.body["transaction"]["amount_minor"] == 2_00
    assert (answered.body["purchase"]["state"], answered.body["purchase"]["refunded_minor"]) == (
        "REFUNDED",
        8_00,
    )


async def test_tells_the_player_and_the_platform_which_sees_no_balance(
    house: HouseUnderTest, scene: Scene
) -> None:
    await refund_purchase(house, scene.platform, refunding(await scene.buys(house)))
    assert (await events())[-2:] == [
        ("REFUND", f"customer:{scene.player.id}"),
        ("REFUND", f"partner:{scene.platform_id}"),
    ]
    body = (await FeedEvent.all().order_by("-id"))[0].body
    assert body.count('"balance_after_minor":null') == 2
    assert "available" not in body


async def test_gives_the_mandate_back_on_the_same_business_day_only(
    house: HouseUnderTest, scene: Scene
) -> None:
    early = await scene.buys(house, stakes=[5_00])
    house.clock.advance(hours=12)
    draw_id = await a_draw(house, scene.centre)
    late = await scene.buys(house, draw_id=draw_id, stakes=[7_00, 1_00])
    await refund_purchase(house, scene.platform, refunding(early))
    assert (await Mandate.get()).used_minor == 8_00
    await refund_purchase(house, scene.platform, refunding(late))
    assert (await Mandate.get()).used_minor == 0


async def test_a_suspended_platform_may_refund_to_a_blocked_account(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await scene.buys(house)
    await suspend_partner(house, scene.operator, a_key(), scene.platform_id)
    await block(house, scene.account_id)
    await refund_purchase(house, scene.platform, refunding(sold))
    assert await balance(scene.account_id) == 100_00


async def test_an_unconfirmed_ticket_is_refunded_even_when_the_draw_is_closed(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await scene.buys(house, serials=[None])
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    await refund_purchase(house, scene.platform, refunding(sold))
    assert await balance(scene.account_id) == 100_00


async def test_refuses_callers_who_sell_nothing(house: HouseUnderTest, scene: Scene) -> None:
    order = refunding(await scene.buys(house))
    for actor in (scene.player, scene.centre, scene.operator):
        with pytest.raises(NotAllowed):
            await refund_purchase(house, actor, order)


async def test_refuses_a_purchase_of_another_platform_like_one_that_is_not(
    house: HouseUnderTest, scene: Scene
) -> None:
    order = refunding(await scene.buys(house))
    other = await a_platform(house)
    async with refused(house, RefusalCode.NOT_FOUND, "purchaseId"):
        await refund_purchase(house, other, order)
    async with refused(house, RefusalCode.NOT_FOUND, "purchaseId"):
        await refund_purchase(house, scene.platform, RefundPurchase(a_key(), new_id()))


async def test_refuses_what_is_no_purchase(house: HouseUnderTest, scene: Scene) -> None:
    back = await refund_purchase(house, scene.platform, refunding(await scene.buys(house)))
    async with refused(house, RefusalCode.NOT_FOUND, "purchaseId"):
        await refund_purchase(house, scene.platform, refunding(back.body))


async def test_refuses_what_has_been_refunded(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house)
    await refund_purchase(house, scene.platform, refunding(sold))
    async with refused(house, RefusalCode.TICKET_REFUNDED, "purchaseId"):
        await refund_purchase(house, scene.platform, refunding(sold))


async def test_refuses_a_confirmed_ticket_whose_draw_sells_no_more(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await scene.buys(house, stakes=[1_00, 1_00], serials=["A-1", None])
    house.clock.advance(days=1)
    async with refused(house, RefusalCode.DRAW_CLOSED, "purchaseId"):
        await refund_purchase(house, scene.platform, refunding(sold))
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    async with refused(house, RefusalCode.DRAW_CLOSED, "purchaseId"):
        await refund_purchase(house, scene.platform, refunding(sold))


async def test_refuses_the_whole_when_one_of_its_draws_is_closed(
    house: HouseUnderTest, scene: Scene
) -> None:
    other = await a_draw(house, scene.centre)
    tickets = (
        PickedTicket(scene.draw_id, "1", 1_00, "A-1"),
        PickedTicket(other, "1", 1_00, "A-1"),
    )
    order = an_order(scene.account_id, other, stakes=[2_00], tickets=tickets)
    sold = (await purchase(house, scene.platform, order)).body
    await close_draw(house, scene.centre, a_key(), other)
    async with refused(house, RefusalCode.DRAW_CLOSED, "purchaseId"):
        await refund_purchase(house, scene.platform, refunding(sold))


async def test_refuses_what_the_platform_does_not_hold(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house, stakes=[5_00])
    await drain(house, scene.platform)
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, available_minor=0):
        await refund_purchase(house, scene.platform, refunding(sold))


async def test_two_at_once_refund_once(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house)
    async with beside(house) as other:
        answers = await at_once(
            *(refund_purchase(at, scene.platform, refunding(sold)) for at in (house, other) * 3)
        )
    codes = [answer.refusal.code for answer in answers if isinstance(answer, Refused)]
    assert codes == [RefusalCode.TICKET_REFUNDED] * 5
    assert await balance(scene.account_id) == 100_00


@on_postgres
async def test_close_before_refund(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house)
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "draw",
            scene.draw_id,
            lambda: close_draw(other, scene.centre, a_key(), scene.draw_id),
            lambda: refund_purchase(house, scene.platform, refunding(sold)),
        )
    assert isinstance(first, Answered)
    assert isinstance(second, Refused)
    assert second.refusal.code is RefusalCode.DRAW_CLOSED

"""Serials that come later: all of them or none, in time or never."""

from uuid import UUID

import pytest

from models import FeedEvent, Ticket, Transaction
from services.actors import NotAllowed
from services.ledger.command import Answered, Body
from services.lottery.close_draw import close_draw
from services.lottery.confirm_tickets import ConfirmTickets, confirm_tickets
from services.lottery.purchase import purchase
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_customer,
    a_draw,
    a_key,
    a_mandate,
    a_platform,
    an_account,
    an_order,
    at_once,
    beside,
    events,
    in_turn,
    new_id,
    on_postgres,
    publish,
    refused,
    replayed,
)


async def bought(house: HouseUnderTest, scene: Scene) -> Body:
    """Buy three tickets of which the first has its serial."""
    return await scene.buys(house, stakes=[2_00, 2_00, 4_00], serials=["A-1", None, None])


def confirming(sold: Body, *serials: str | None) -> ConfirmTickets:
    """Return an order that gives the purchase's tickets these serials, where not None."""
    return ConfirmTickets(
        a_key(),
        UUID(sold["transaction"]["id"]),
        tuple(
            (UUID(ticket["id"]), serial)
            for ticket, serial in zip(sold["tickets"], serials, strict=True)
            if serial is not None
        ),
    )


async def test_the_last_serial_completes_the_purchase(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    order = confirming(sold, None, "A-2", None)
    some = await replayed(lambda: confirm_tickets(house, scene.platform, order))
    assert some.body["transaction"]["state"] == "PENDING"
    assert [ticket["serial"] for ticket in some.body["tickets"]] == ["A-2"]
    rest = await confirm_tickets(house, scene.platform, confirming(sold, None, None, "A-3"))
    assert rest.body["transaction"]["state"] == "COMPLETED"
    assert (await Transaction.get(id=order.purchase_id)).state == "COMPLETED"
    rows = await Ticket.all().order_by("id").values_list("serial", "state", "confirm_by")
    assert rows == [
        ("A-1", "CONFIRMED", None),
        ("A-2", "CONFIRMED", None),
        ("A-3", "CONFIRMED", None),
    ]


async def test_tells_the_player_and_the_platform_which_sees_no_balance(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", "A-3"))
    assert (await events())[-2:] == [
        ("TICKETS_CONFIRMED", f"customer:{scene.player.id}"),
        ("TICKETS_CONFIRMED", f"partner:{scene.platform_id}"),
    ]
    assert '"balance_after_minor":null' in (await FeedEvent.all().order_by("-id"))[0].body


async def test_a_suspended_platform_may_confirm_what_it_sold(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    await suspend_partner(house, scene.operator, a_key(), scene.platform_id)
    await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", "A-3"))


async def test_a_closed_draw_still_confirms_until_it_is_published(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", None))
    await publish(house, scene.centre, scene.draw_id)
    async with refused(house, RefusalCode.DRAW_PUBLISHED, "tickets", 0, "ticketId"):
        await confirm_tickets(house, scene.platform, confirming(sold, None, None, "A-3"))


async def test_refuses_callers_who_sell_nothing(house: HouseUnderTest, scene: Scene) -> None:
    order = confirming(await bought(house, scene), None, "A-2", None)
    for actor in (scene.player, scene.centre, scene.operator):
        with pytest.raises(NotAllowed):
            await confirm_tickets(house, actor, order)


async def test_refuses_a_purchase_of_another_platform_like_one_that_is_not(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    other = await a_platform(house)
    async with refused(house, RefusalCode.NOT_FOUND, "purchaseId"):
        await confirm_tickets(house, other, confirming(sold, None, "A-2", None))
    async with refused(house, RefusalCode.NOT_FOUND, "purchaseId"):
        await confirm_tickets(house, scene.platform, ConfirmTickets(a_key(), new_id(), ()))


async def test_refuses_a_ticket_of_another_purchase(house: HouseUnderTest, scene: Scene) -> None:
    sold, other = await bought(house, scene), await scene.buys(house, serials=[None])
    order = ConfirmTickets(
        a_key(),
        UUID(sold["transaction"]["id"]),
        (
            (UUID(sold["tickets"][1]["id"]), "A-2"),
            (UUID(other["tickets"][0]["id"]), "A-9"),
        ),
    )
    async with refused(house, RefusalCode.NOT_FOUND, "tickets", 1, "ticketId"):
        await confirm_tickets(house, scene.platform, order)


async def test_refuses_a_ticket_that_is_confirmed_and_its_neighbours_with_it(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    async with refused(house, RefusalCode.TICKET_CONFIRMED, "tickets", 1, "ticketId"):
        order = confirming(sold, "A-9", "A-2", None)
        order = ConfirmTickets(order.key, order.purchase_id, order.serials[::-1])
        await confirm_tickets(house, scene.platform, order)


async def test_refuses_a_ticket_named_twice(house: HouseUnderTest, scene: Scene) -> None:
    order = confirming(await bought(house, scene), None, "A-2", None)
    twice = ConfirmTickets(
        order.key, order.purchase_id, (*order.serials, (order.serials[0][0], "A-3"))
    )
    async with refused(house, RefusalCode.TICKET_CONFIRMED, "tickets", 1, "ticketId"):
        await confirm_tickets(house, scene.platform, twice)


async def test_refuses_a_ticket_that_was_refunded(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    order = confirming(sold, None, "A-2", None)
    await refund_purchase(house, scene.platform, RefundPurchase(a_key(), order.purchase_id))
    async with refused(house, RefusalCode.TICKET_REFUNDED, "tickets", 0, "ticketId"):
        await confirm_tickets(house, scene.platform, order)


async def test_refuses_what_comes_too_late(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    house.clock.advance(minutes=10, seconds=-1)
    await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", None))
    house.clock.advance(seconds=1)
    async with refused(house, RefusalCode.TICKET_REFUNDED, "tickets", 0, "ticketId"):
        await confirm_tickets(house, scene.platform, confirming(sold, None, None, "A-3"))


async def test_refuses_serials_that_are_used(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    async with refused(house, RefusalCode.SERIAL_USED, "tickets", 1, "serial"):
        await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", "A-1"))
    async with refused(house, RefusalCode.SERIAL_USED, "tickets", 1, "serial"):
        await confirm_tickets(house, scene.platform, confirming(sold, None, "A-2", "A-2"))


async def test_a_serial_is_unique_within_its_draw(house: HouseUnderTest, scene: Scene) -> None:
    await bought(house, scene)
    other = await a_draw(house, scene.centre)
    sold = await scene.buys(house, draw_id=other, serials=[None])
    await confirm_tickets(house, scene.platform, confirming(sold, "A-1"))


async def test_one_serial_at_once_confirms_one_ticket(house: HouseUnderTest, scene: Scene) -> None:
    sold = await bought(house, scene)
    orders = [confirming(sold, None, "A-2", None), confirming(sold, None, None, "A-2")]
    async with beside(house) as other:
        answers = await at_once(
            *(
                confirm_tickets(at, scene.platform, order)
                for at, order in zip((house, other), orders, strict=True)
            )
        )
    assert sum(isinstance(answer, Answered) for answer in answers) == 1
    (refusal,) = (answer.refusal for answer in answers if isinstance(answer, Refused))
    assert refusal.code is RefusalCode.SERIAL_USED


@on_postgres
async def test_a_serial_that_another_account_just_bought(
    house: HouseUnderTest, scene: Scene
) -> None:
    """The two share no lock that keeps one of them out: the unique key decides."""
    confirmation = confirming(await bought(house, scene), None, "A-2", None)
    rival = await a_customer(house)
    account_id = await an_account(house, rival, 10_00)
    await a_mandate(house, rival, account_id, scene.platform)
    order = an_order(account_id, scene.draw_id, serials=["A-2"])
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            "draw",
            scene.draw_id,
            lambda: purchase(other, scene.platform, order),
            lambda: confirm_tickets(house, scene.platform, confirmation),
        )
    assert isinstance(first, Answered) != isinstance(second, Answered)
    (refusal,) = (result.refusal for result in (first, second) if isinstance(result, Refused))
    assert refusal.code is RefusalCode.SERIAL_USED

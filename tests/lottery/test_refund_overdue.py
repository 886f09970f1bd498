"""What is not confirmed in time is refunded by itself, and by nothing else."""

from datetime import timedelta
from uuid import UUID

import pytest

from models import Mandate, Ticket, Transaction
from services.ledger.command import Answered
from services.lottery.close_draw import close_draw
from services.lottery.confirm_tickets import confirm_tickets
from services.lottery.refund_overdue import refund_overdue
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HandClock,
    HouseUnderTest,
    Scene,
    a_key,
    at_once,
    balance,
    beside,
    drain,
    dump,
    events,
    in_turn,
    lines_of,
    on_postgres,
)
from tests.lottery.test_confirm_tickets import bought, confirming


async def test_refunds_the_unconfirmed_tickets_when_their_time_is_over(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await bought(house, scene)
    await scene.buys(house, stakes=[1_00])
    house.clock.advance(minutes=10, seconds=-1)
    before = await dump()
    assert await refund_overdue(house) == 0
    assert await dump() == before
    house.clock.advance(seconds=1)
    assert await refund_overdue(house) == 1
    refund = await Transaction.get(type="REFUND")
    assert await lines_of(refund.id) == {scene.platform_id: -6_00, scene.account_id: 6_00}
    original = await Transaction.get(id=UUID(sold["transaction"]["id"]))
    assert (original.state, original.refunded_minor) == ("PARTLY_REFUNDED", 6_00)
    states = [ticket.state for ticket in await Ticket.all().order_by("id")]
    assert states == ["CONFIRMED", "REFUNDED", "REFUNDED", "CONFIRMED"]
    assert (await Mandate.get()).used_minor == 3_00
    assert (await events())[-2:] == [
        ("REFUND", f"customer:{scene.player.id}"),
        ("REFUND", f"partner:{scene.platform_id}"),
    ]
    after = await dump()
    assert await refund_overdue(house) == 0
    assert await dump() == after


async def test_refunds_after_the_draw_is_closed(house: HouseUnderTest, scene: Scene) -> None:
    await bought(house, scene)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    house.clock.advance(minutes=10)
    assert await refund_overdue(house) == 1
    assert await balance(scene.account_id) == 98_00


async def test_what_a_platform_has_no_money_for_is_tried_again_and_hinders_nobody(
    house: HouseUnderTest, scene: Scene
) -> None:
    await scene.buys(house, stakes=[5_00], serials=[None])
    await scene.buys(house, stakes=[3_00], serials=[None])
    await drain(house, scene.platform, leave_minor=3_00)
    house.clock.advance(minutes=10)
    assert await refund_overdue(house) == 1
    before = await dump()
    assert await refund_overdue(house) == 0
    assert await dump() == before
    await scene.buys(house, stakes=[5_00])
    assert await refund_overdue(house) == 1
    assert await Ticket.filter(state="UNCONFIRMED").count() == 0


async def test_many_are_refunded_in_one_pass(
    house: HouseUnderTest, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.lottery.refund_overdue.AT_ONCE", 3)
    for _ in range(7):
        await scene.buys(house, stakes=[1_00, 1_00], serials=[None, None])
    house.clock.advance(minutes=10)
    assert await refund_overdue(house) == 7
    assert await balance(scene.account_id) == 100_00


async def test_two_workers_refund_once(house: HouseUnderTest, scene: Scene) -> None:
    for _ in range(5):
        await scene.buys(house, serials=[None])
    house.clock.advance(minutes=10)
    async with beside(house) as other:
        counts = await at_once(*(refund_overdue(at) for at in (house, other) * 2))
    assert sum(count for count in counts if isinstance(count, int)) == 5
    assert await Transaction.filter(type="REFUND").count() == 5


async def test_a_confirmation_or_the_refund_wins_never_both(
    house: HouseUnderTest, scene: Scene
) -> None:
    """Two processes' clocks differ, so that at one moment either may think it is its turn."""
    purchases = [await scene.buys(house, serials=[None]) for _ in range(10)]
    late = HandClock(house.clock() + timedelta(minutes=10))
    async with beside(house, late) as other:
        *answers, refunded = await at_once(
            *(
                confirm_tickets(house, scene.platform, confirming(sold, f"B-{number}"))
                for number, sold in enumerate(purchases)
            ),
            refund_overdue(other),
        )
        rest = await refund_overdue(other)
    confirmed = sum(isinstance(answer, Answered) for answer in answers)
    refusals = [answer.refusal.code for answer in answers if isinstance(answer, Refused)]
    assert set(refusals) <= {RefusalCode.TICKET_REFUNDED}
    assert (confirmed + len(refusals), rest) == (10, 0)
    assert refunded == len(refusals)
    assert await Ticket.filter(state="CONFIRMED").count() == confirmed
    assert await balance(scene.account_id) == 100_00 - 2_00 * confirmed


@on_postgres
async def test_confirmation_before_refund(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house, serials=[None])
    late = HandClock(house.clock() + timedelta(minutes=10))
    async with beside(house, late) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: confirm_tickets(house, scene.platform, confirming(sold, "B-1")),
            lambda: refund_overdue(other),
        )
    assert isinstance(first, Answered)
    assert second == 0
    assert (await Ticket.get()).state == "CONFIRMED"


@on_postgres
async def test_refund_before_confirmation(house: HouseUnderTest, scene: Scene) -> None:
    sold = await scene.buys(house, serials=[None])
    late = HandClock(house.clock() + timedelta(minutes=10))
    async with beside(house, late) as other:
        first, second = await in_turn(
            house,
            "wallet",
            scene.account_id,
            lambda: refund_overdue(other),
            lambda: confirm_tickets(house, scene.platform, confirming(sold, "B-1")),
        )
    assert first == 1
    assert isinstance(second, Refused)
    assert second.refusal.code is RefusalCode.TICKET_REFUNDED

"""Winning tickets are taken only where a confirmed ticket of the closed draw bears the serial."""

from datetime import timedelta
from uuid import UUID

import pytest

from models import Draw, WinningTicket
from services.actors import NotAllowed
from services.lottery.close_draw import close_draw
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.lottery.upload_winning_tickets import (
    MOST_AT_ONCE,
    UploadWinningTickets,
    upload_winning_tickets,
)
from services.parameters import ParameterName
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_centre,
    a_draw,
    a_key,
    at_once,
    beside,
    dump,
    events,
    new_id,
    publish,
    refused,
    replayed,
    set_parameter,
)


def uploading(
    scene: Scene, *tickets: tuple[str, int], publish: bool = False
) -> UploadWinningTickets:
    """Return an upload for the scene's draw."""
    return UploadWinningTickets(a_key(), scene.draw_id, tickets, publish)


async def closed(house: HouseUnderTest, scene: Scene) -> None:
    """Sell two confirmed tickets, one refunded, one without a serial, and close the draw."""
    sold = await scene.buys(house, serials=["A-3"])
    order = RefundPurchase(a_key(), UUID(sold["transaction"]["id"]))
    await refund_purchase(house, scene.platform, order)
    await scene.buys(house, stakes=[2_00] * 3, serials=["A-1", "A-2", None])
    await close_draw(house, scene.centre, a_key(), scene.draw_id)


async def test_takes_what_is_verified_and_tells_each_row_apart(
    house: HouseUnderTest, scene: Scene
) -> None:
    await closed(house, scene)
    rows = [("A-1", 10_00), ("A-9", 10_00), ("A-3", 10_00), ("A-1", 20_00)]
    upload = uploading(scene, *rows)
    answered = await replayed(lambda: upload_winning_tickets(house, scene.centre, upload))
    assert answered.body["results"] == [
        {"serial": "A-1", "code": None},
        {"serial": "A-9", "code": "UNKNOWN_SERIAL"},
        {"serial": "A-3", "code": "TICKET_REFUNDED"},
        {"serial": "A-1", "code": "SERIAL_USED"},
    ]
    assert answered.body["draw"]["state"] == "CLOSED"
    winning = await WinningTicket.get()
    assert (winning.serial, winning.prize_minor, winning.state) == ("A-1", 10_00, "UNPAID")
    assert winning.account_id == scene.account_id
    again = await upload_winning_tickets(
        house, scene.centre, uploading(scene, ("A-1", 10_00), ("A-2", 5_00))
    )
    assert [result["code"] for result in again.body["results"]] == ["SERIAL_USED", None]


async def test_publishing_opens_payment_until_claims_close(
    house: HouseUnderTest, scene: Scene
) -> None:
    await set_parameter(house, ParameterName.PRIZE_CLAIM_DAYS, 30)
    await closed(house, scene)
    answered = await upload_winning_tickets(
        house, scene.centre, uploading(scene, ("A-1", 10_00), publish=True)
    )
    assert answered.body["draw"]["state"] == "PUBLISHED"
    draw = await Draw.get(id=scene.draw_id)
    assert draw.state == "PUBLISHED"
    assert draw.claims_close_at == house.clock() + timedelta(days=30)
    assert (await events())[-1] == ("DRAW_PUBLISHED", "topic:draws")
    async with refused(house, RefusalCode.DRAW_PUBLISHED, "drawId"):
        await upload_winning_tickets(house, scene.centre, uploading(scene, ("A-2", 10_00)))


async def test_takes_as_many_as_it_says_and_not_one_more(
    house: HouseUnderTest, scene: Scene
) -> None:
    sold = await scene.buys(house, stakes=[1] * MOST_AT_ONCE)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    rows = [(ticket["serial"], 1) for ticket in sold["tickets"]]
    before = await dump()
    with pytest.raises(ValueError, match="at most 1000"):
        await upload_winning_tickets(house, scene.centre, uploading(scene, *rows, ("A-1", 1)))
    assert await dump() == before
    await upload_winning_tickets(house, scene.centre, uploading(scene, *rows))
    assert await WinningTicket.all().count() == MOST_AT_ONCE


async def test_refuses_callers_who_are_no_centre(house: HouseUnderTest, scene: Scene) -> None:
    await closed(house, scene)
    for actor in (scene.player, scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await upload_winning_tickets(house, actor, uploading(scene, ("A-1", 1)))


async def test_refuses_another_centres_draw_like_one_that_is_not(
    house: HouseUnderTest, scene: Scene
) -> None:
    await closed(house, scene)
    rival = await a_centre(house)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await upload_winning_tickets(house, rival, uploading(scene, ("A-1", 1)))
    missing = UploadWinningTickets(a_key(), new_id(), (), publish=True)
    async with refused(house, RefusalCode.NOT_FOUND, "drawId"):
        await upload_winning_tickets(house, scene.centre, missing)


async def test_refuses_a_draw_that_still_sells(house: HouseUnderTest, scene: Scene) -> None:
    await scene.buys(house, serials=["A-1"])
    async with refused(house, RefusalCode.DRAW_NOT_CLOSED, "drawId"):
        await upload_winning_tickets(
            house, scene.centre, uploading(scene, ("A-1", 1), publish=True)
        )


async def test_refuses_a_suspended_centre(house: HouseUnderTest, scene: Scene) -> None:
    await closed(house, scene)
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await upload_winning_tickets(house, scene.centre, uploading(scene, ("A-1", 1)))


@pytest.mark.parametrize("prize_minor", [0, -1])
async def test_refuses_a_prize_not_above_zero(
    house: HouseUnderTest, scene: Scene, prize_minor: int
) -> None:
    await closed(house, scene)
    async with refused(house, RefusalCode.AMOUNT_MISMATCH, "tickets", 1, "prize"):
        await upload_winning_tickets(
            house, scene.centre, uploading(scene, ("A-1", 1), ("A-2", prize_minor))
        )


async def test_a_serial_of_another_draw_does_not_win(house: HouseUnderTest, scene: Scene) -> None:
    await closed(house, scene)
    other = await a_draw(house, scene.centre)
    await close_draw(house, scene.centre, a_key(), other)
    upload = UploadWinningTickets(a_key(), other, (("A-1", 1),), publish=False)
    answered = await upload_winning_tickets(house, scene.centre, upload)
    assert answered.body["results"] == [{"serial": "A-1", "code": "UNKNOWN_SERIAL"}]


async def test_one_serial_at_once_wins_once(house: HouseUnderTest, scene: Scene) -> None:
    await closed(house, scene)
    async with beside(house) as other:
        await at_once(
            *(
                upload_winning_tickets(at, scene.centre, uploading(scene, ("A-1", 5_00)))
                for at in (house, other) * 3
            )
        )
    assert await WinningTicket.all().count() == 1
    await publish(house, scene.centre, scene.draw_id)

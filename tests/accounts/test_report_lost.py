"""A lost account pays nothing and takes what arrives, until its holder has been verified again."""

from functools import partial

import pytest

from models import AuditEntry, Block, Wallet
from models.kinds import Permission
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.freeze import freeze_account
from services.accounts.lift_lost_report import TRIES, LiftLostReport, lift_lost_report
from services.accounts.report_lost import report_lost
from services.actors import NOBODY, NotAllowed
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.lottery.purchase import purchase
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_draw,
    a_key,
    a_platform,
    a_scene,
    a_supervisor,
    an_account,
    an_identity_number,
    an_operator,
    an_order,
    at_once,
    balance,
    dump,
    events,
    new_id,
    refused,
    replayed,
    stepped_up,
)


async def test_blocks_every_outflow_and_lets_arrive_what_arrives(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    (serial,) = await scene.wins(house, 5_00)
    other_draw_id = await a_draw(house, scene.centre)
    before_minor = await balance(scene.account_id)
    account_id, audience = scene.account_id, f"customer:{scene.player.id}"
    reported = await replayed(partial(report_lost, house, scene.player, a_key(), account_id))
    assert reported.body["status"] == "LOST"
    assert (await events())[-1] == ("LOST_REPORTED", audience)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="LOST"):
        await purchase(house, scene.platform, an_order(account_id, other_draw_id))
    await deposit(house, scene.player, DepositOrder(a_key(), account_id, 1_00, "CNY"))
    await claim_prize(house, scene.player, ClaimPrize(a_key(), account_id, scene.draw_id, serial))
    assert await balance(account_id) == before_minor + 6_00


async def test_an_operator_reports_it_too_and_says_why(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    operator = await an_operator(house, Permission.BLOCK_ACCOUNTS)
    await report_lost(house, operator, a_key(), scene.account_id, "a call from the holder")
    block = await Block.get(account_id=scene.account_id)
    assert (block.kind, block.placed_by) == ("LOST", operator.principal)
    entry = await AuditEntry.get(action="reportLost")
    assert (entry.object_id, entry.reason) == (scene.account_id, "a call from the holder")
    before = await dump()
    await report_lost(house, scene.player, a_key(), scene.account_id)
    assert await dump() == before


async def test_the_holder_lifts_it_with_pin_and_document(house: HouseUnderTest) -> None:
    player, number = await a_customer(house), an_identity_number()
    account_id = await an_account(house, player, of=number)
    await report_lost(house, player, a_key(), account_id)
    holder = stepped_up(player, house)
    spelled = f"{number[:6]} {number[6:].lower()}"
    request = LiftLostReport(a_key(), account_id, spelled)
    lifted = await replayed(partial(lift_lost_report, house, holder, request))
    assert lifted.body["status"] == "ACTIVE"
    assert (await events())[-1] == ("LOST_REPORT_LIFTED", f"customer:{player.id}")
    assert (await Wallet.get(id=account_id)).status == "ACTIVE"
    assert number not in repr(request)


async def test_the_pin_alone_is_not_enough_nor_is_the_document(house: HouseUnderTest) -> None:
    player, number = await a_customer(house), an_identity_number()
    account_id = await an_account(house, player, of=number)
    await report_lost(house, player, a_key(), account_id)
    with pytest.raises(Refused) as caught:
        await lift_lost_report(house, player, LiftLostReport(a_key(), account_id, number))
    assert caught.value.refusal.code is RefusalCode.STEP_UP_REQUIRED
    holder = stepped_up(player, house)
    for wrong in (None, "", "not a number", an_identity_number()):
        async with refused(house, RefusalCode.IDENTITY_MISMATCH, "identityNumber"):
            await lift_lost_report(house, holder, LiftLostReport(a_key(), account_id, wrong))
    assert await AuditEntry.filter(code="IDENTITY_MISMATCH", object_id=account_id).count() == 4


@pytest.mark.parametrize("together", [True, False])
async def test_after_so_many_wrong_numbers_only_the_house_lifts_it(
    house: HouseUnderTest, *, together: bool
) -> None:
    player, number = await a_customer(house), an_identity_number()
    account_id = await an_account(house, player, of=number)
    await report_lost(house, player, a_key(), account_id)
    holder = stepped_up(player, house)

    def wrong_number() -> LiftLostReport:
        return LiftLostReport(a_key(), account_id, an_identity_number())

    if together:  # in one group of the desk
        results = await at_once(
            *(lift_lost_report(house, holder, wrong_number()) for _ in range(TRIES + 3))
        )
        codes = [result.refusal.code for result in results if isinstance(result, Refused)]
        assert codes.count(RefusalCode.IDENTITY_MISMATCH) == TRIES
        assert codes.count(RefusalCode.TOO_MANY_TRIES) == 3
    else:
        for _ in range(TRIES):
            async with refused(house, RefusalCode.IDENTITY_MISMATCH, "identityNumber"):
                await lift_lost_report(house, holder, wrong_number())
    async with refused(house, RefusalCode.TOO_MANY_TRIES, "identityNumber"):
        await lift_lost_report(house, holder, LiftLostReport(a_key(), account_id, number))
    house.clock.advance(days=1, seconds=1)
    holder = stepped_up(player, house)
    await lift_lost_report(house, holder, LiftLostReport(a_key(), account_id, number))


async def test_an_operator_lifts_it_and_says_what_was_checked(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await report_lost(house, scene.player, a_key(), scene.account_id)
    for reason in (None, ""):
        async with refused(house, RefusalCode.REASON_NEEDED, "reason"):
            request = LiftLostReport(a_key(), scene.account_id, reason=reason)
            await lift_lost_report(house, scene.operator, request)
    request = LiftLostReport(a_key(), scene.account_id, reason="identity card seen")
    lifted = await lift_lost_report(house, scene.operator, request)
    assert lifted.body["status"] == "ACTIVE"
    block = await Block.get(account_id=scene.account_id)
    assert (block.lifted_by, block.lift_reason) == (
        scene.operator.principal,
        "identity card seen",
    )
    assert (await AuditEntry.get(action="liftLostReport")).reason == "identity card seen"
    await scene.buys(house)


async def test_a_freeze_that_stands_beside_it_stays(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await freeze_account(house, scene.operator, a_key(), scene.account_id)
    reported = await report_lost(house, scene.player, a_key(), scene.account_id)
    assert reported.body["status"] == "LOST"
    request = LiftLostReport(a_key(), scene.account_id, reason="seen")
    lifted = await lift_lost_report(house, scene.operator, request)
    assert lifted.body["status"] == "FROZEN"
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="FROZEN"):
        await purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id))


async def test_what_is_not_the_callers_looks_missing(house: HouseUnderTest) -> None:
    scene, number = await a_scene(house), an_identity_number()
    stranger = stepped_up(await a_customer(house), house)
    for account_id in (scene.account_id, new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await report_lost(house, stranger, a_key(), account_id)
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await lift_lost_report(house, stranger, LiftLostReport(a_key(), account_id, number))


async def test_only_holders_and_operators_who_may(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    others = (
        NOBODY,
        await a_platform(house),
        await an_operator(house, Permission.SEE_CUSTOMERS),
        await a_supervisor(house),
    )
    before = await dump()
    for actor in others:
        with pytest.raises(NotAllowed):
            await report_lost(house, actor, a_key(), scene.account_id)
        request = LiftLostReport(a_key(), scene.account_id, reason="r")
        with pytest.raises(NotAllowed):
            await lift_lost_report(house, actor, request)
    assert await dump() == before

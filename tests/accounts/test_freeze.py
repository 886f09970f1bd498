"""A frozen account pays nothing, until whoever froze it lifts it."""

from functools import partial
from uuid import UUID

import pytest

from models import AuditEntry, Block, Wallet
from models.kinds import Permission
from services.accounts.freeze import freeze_account
from services.accounts.unfreeze import unfreeze_account
from services.actors import NOBODY, NotAllowed
from services.ledger.capture_hold import CaptureHold, capture_hold
from services.ledger.place_hold import PlaceHold, place_hold
from services.lottery.purchase import purchase
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    a_scene,
    a_supervisor,
    an_operator,
    an_order,
    balance,
    close,
    dump,
    events,
    new_id,
    refused,
    replayed,
    stepped_up,
)


async def unfreeze(house: HouseUnderTest, scene: Scene, *, as_holder: bool) -> str:
    """Lift somebody's freeze, and return the status."""
    actor = stepped_up(scene.player, house) if as_holder else scene.operator
    answered = await unfreeze_account(house, actor, a_key(), scene.account_id)
    return str(answered.body["status"])


@pytest.mark.parametrize("as_holder", [True, False])
async def test_freezes_and_unfreezes(house: HouseUnderTest, *, as_holder: bool) -> None:
    scene = await a_scene(house)
    account_id, audience = scene.account_id, f"customer:{scene.player.id}"
    actor = scene.player if as_holder else scene.operator
    bought = await scene.buys(house)
    frozen = await replayed(partial(freeze_account, house, actor, a_key(), account_id, "a call"))
    assert frozen.body["status"] == "FROZEN"
    assert (await events())[-1] == ("ACCOUNT_FROZEN", audience)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="FROZEN"):
        await purchase(house, scene.platform, an_order(account_id, scene.draw_id))
    refund = RefundPurchase(a_key(), UUID(bought["transaction"]["id"]))
    await refund_purchase(house, scene.platform, refund)
    assert await balance(account_id) == 100_00
    assert await unfreeze(house, scene, as_holder=as_holder) == "ACTIVE"
    assert (await Wallet.get(id=account_id)).status == "ACTIVE"
    assert (await events())[-1] == ("ACCOUNT_UNFROZEN", audience)
    await scene.buys(house)
    block = await Block.get(account_id=account_id)
    assert (block.placed_by, block.reason, block.state) == (actor.principal, "a call", "LIFTED")
    assert (block.placed_after, block.lifted_after) == (2, 3)
    written = await AuditEntry.filter(object_id=account_id).order_by("id")
    assert [(entry.action, entry.principal) for entry in written] == [
        ("freezeAccount", actor.principal),
        ("unfreezeAccount", actor.principal),
    ]


async def test_freezing_again_changes_nothing(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await freeze_account(house, scene.operator, a_key(), scene.account_id)
    other = await an_operator(house, Permission.BLOCK_ACCOUNTS)
    before = await dump()
    for actor in (scene.operator, other):
        answered = await freeze_account(house, actor, a_key(), scene.account_id)
        assert answered.body["status"] == "FROZEN"
    assert await dump() == before


async def test_lifting_what_does_not_stand_changes_nothing(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    before = await dump()
    for as_holder in (True, False):
        assert await unfreeze(house, scene, as_holder=as_holder) == "ACTIVE"
    assert await dump() == before


async def test_who_froze_it_decides_who_may_lift_it(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, account_id = stepped_up(scene.player, house), scene.account_id
    await freeze_account(house, scene.operator, a_key(), account_id)
    async with refused(house, RefusalCode.FROZEN_BY_OPERATOR, "accountId"):
        await unfreeze_account(house, holder, a_key(), account_id)
    await freeze_account(house, scene.player, a_key(), account_id)
    # Each lifts their own, in whatever order; the account is open when none stands.
    assert await unfreeze(house, scene, as_holder=False) == "FROZEN"
    async with refused(house, RefusalCode.FROZEN_BY_HOLDER, "accountId"):
        await unfreeze_account(house, scene.operator, a_key(), account_id)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="FROZEN"):
        await purchase(house, scene.platform, an_order(account_id, scene.draw_id))
    assert await unfreeze(house, scene, as_holder=True) == "ACTIVE"
    await scene.buys(house)


async def test_another_operator_lifts_what_an_operator_froze(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await freeze_account(house, scene.operator, a_key(), scene.account_id)
    other = await an_operator(house, Permission.BLOCK_ACCOUNTS)
    answered = await unfreeze_account(house, other, a_key(), scene.account_id)
    assert answered.body["status"] == "ACTIVE"


async def test_the_holder_lifts_a_freeze_with_the_pin(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await freeze_account(house, scene.player, a_key(), scene.account_id)
    long_ago = stepped_up(scene.player, house)
    house.clock.advance(minutes=10)
    before = await dump()
    for actor in (scene.player, long_ago):
        with pytest.raises(Refused) as caught:
            await unfreeze_account(house, actor, a_key(), scene.account_id)
        assert caught.value.refusal.code is RefusalCode.STEP_UP_REQUIRED
    assert await dump() == before


async def test_what_was_held_before_is_not_captured_while_it_is_frozen(
    house: HouseUnderTest,
) -> None:
    scene = await a_scene(house)
    order = PlaceHold(a_key(), scene.account_id, 5_00, "CNY")
    hold_id = UUID((await place_hold(house, scene.operator, order)).body["hold"]["id"])
    await freeze_account(house, scene.player, a_key(), scene.account_id)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "amount", status="FROZEN"):
        capture = CaptureHold(a_key(), hold_id, scene.platform_id, 5_00)
        await capture_hold(house, scene.operator, capture)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "amount", status="FROZEN"):
        order = PlaceHold(a_key(), scene.account_id, 5_00, "CNY")
        await place_hold(house, scene.operator, order)
    await unfreeze(house, scene, as_holder=True)
    await capture_hold(
        house, scene.operator, CaptureHold(a_key(), hold_id, scene.platform_id, 5_00)
    )


async def test_a_closed_account_is_left_as_it_is(house: HouseUnderTest) -> None:
    scene = await a_scene(house, balance_minor=0)
    await close(scene.account_id)
    for verb in (freeze_account, unfreeze_account):
        async with refused(house, RefusalCode.ACCOUNT_CLOSED, "accountId"):
            await verb(house, scene.operator, a_key(), scene.account_id)


async def test_refuses_what_is_no_account_or_anothers(house: HouseUnderTest) -> None:
    scene, stranger = await a_scene(house), stepped_up(await a_customer(house), house)
    for verb in (freeze_account, unfreeze_account):
        for missing in (new_id(), scene.platform_id):
            async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
                await verb(house, scene.operator, a_key(), missing)
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await verb(house, stranger, a_key(), scene.account_id)


async def test_only_holders_and_operators_who_may(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    blind = await an_operator(house, Permission.SEE_CUSTOMERS)
    supervisor = await a_supervisor(house)
    before = await dump()
    for actor in (NOBODY, scene.platform, scene.centre, blind, supervisor):
        for verb in (freeze_account, unfreeze_account):
            with pytest.raises(NotAllowed):
                await verb(house, actor, a_key(), scene.account_id)
    assert await dump() == before

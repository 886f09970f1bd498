"""A frozen account pays nothing, until an operator lifts it."""

from functools import partial

import pytest

from models import Wallet
from services.accounts.freeze import freeze_account
from services.accounts.unfreeze import unfreeze_account
from services.actors import NOBODY, NotAllowed
from services.lottery.purchase import purchase
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_scene,
    an_order,
    dump,
    events,
    new_id,
    refused,
    replayed,
)


async def test_freezes_and_unfreezes(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    account_id, audience = scene.account_id, f"customer:{scene.player.id}"
    frozen = await replayed(partial(freeze_account, house, scene.operator, a_key(), account_id))
    assert frozen.body["status"] == "FROZEN"
    assert (await events())[-1] == ("ACCOUNT_FROZEN", audience)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="FROZEN"):
        await purchase(house, scene.platform, an_order(account_id, scene.draw_id))
    await unfreeze_account(house, scene.operator, a_key(), account_id)
    assert (await Wallet.get(id=account_id)).status == "ACTIVE"
    assert (await events())[-1] == ("ACCOUNT_UNFROZEN", audience)
    await scene.buys(house)


async def test_freezing_again_changes_nothing(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    await freeze_account(house, scene.operator, a_key(), scene.account_id)
    before = await dump()
    await freeze_account(house, scene.operator, a_key(), scene.account_id)
    assert await dump() == before


async def test_refuses_what_is_no_account(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    for missing in (new_id(), scene.platform_id):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await freeze_account(house, scene.operator, a_key(), missing)


async def test_only_operators(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    before = await dump()
    for actor in (NOBODY, scene.player, scene.platform, scene.centre):
        for verb in (freeze_account, unfreeze_account):
            with pytest.raises(NotAllowed):
                await verb(house, actor, a_key(), scene.account_id)
    assert await dump() == before

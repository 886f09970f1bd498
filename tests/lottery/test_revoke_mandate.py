"""A player takes a platform's permission back."""

import pytest

from models import Mandate
from services.actors import NotAllowed
from services.lottery.revoke_mandate import revoke_mandate
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    events,
    id_of,
    new_id,
    refused,
    replayed,
)


async def test_revokes_once(house: HouseUnderTest, scene: Scene) -> None:
    key = a_key()
    answered = await replayed(
        lambda: revoke_mandate(house, scene.player, key, scene.account_id, scene.platform_id)
    )
    assert answered.body["mandate"]["revoked_at"] == "2026-03-02T04:00:00+00:00"
    assert (await Mandate.get()).revoked_at == house.clock()
    assert (await events())[-2:] == [
        ("MANDATE_REVOKED", f"customer:{scene.player.id}"),
        ("MANDATE_REVOKED", f"partner:{scene.platform_id}"),
    ]
    async with refused(house, RefusalCode.MANDATE_MISSING, "partnerId"):
        await revoke_mandate(house, scene.player, a_key(), scene.account_id, scene.platform_id)


async def test_refuses_callers_who_are_no_customer(house: HouseUnderTest, scene: Scene) -> None:
    with pytest.raises(NotAllowed):
        await revoke_mandate(house, scene.platform, a_key(), scene.account_id, scene.platform_id)


async def test_refuses_accounts_that_are_not_ones_own(house: HouseUnderTest, scene: Scene) -> None:
    stranger = await a_customer(house)
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await revoke_mandate(house, stranger, a_key(), scene.account_id, scene.platform_id)
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await revoke_mandate(house, scene.player, a_key(), new_id(), scene.platform_id)


async def test_refuses_what_was_never_granted(house: HouseUnderTest, scene: Scene) -> None:
    async with refused(house, RefusalCode.MANDATE_MISSING, "partnerId"):
        await revoke_mandate(house, scene.player, a_key(), scene.account_id, id_of(scene.operator))

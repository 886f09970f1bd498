"""A player lets a platform debit the account, within limits that granting again does not lift."""

from datetime import timedelta

import pytest

from models import Mandate
from services.actors import NotAllowed
from services.lottery.grant_mandate import MandateGrant, grant_mandate
from services.lottery.revoke_mandate import revoke_mandate
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    a_mandate,
    a_platform,
    an_account,
    events,
    id_of,
    new_id,
    refused,
    replayed,
)


def a_grant(house: HouseUnderTest, scene: Scene, **changes: object) -> MandateGrant:
    terms = {
        "key": a_key(),
        "account_id": scene.account_id,
        "partner_id": scene.platform_id,
        "limit_per_purchase_minor": 10_00,
        "limit_per_day_minor": 20_00,
        "expires_at": house.clock() + timedelta(days=30),
    }
    return MandateGrant(**terms | changes)  # type: ignore[arg-type] # every field is there


async def test_grants_once(house: HouseUnderTest, scene: Scene) -> None:
    platform = await a_platform(house)
    grant = a_grant(house, scene, partner_id=id_of(platform))
    answered = await replayed(lambda: grant_mandate(house, scene.player, grant))
    mandate = await Mandate.get(partner_id=id_of(platform))
    assert answered.body["mandate"]["id"] == str(mandate.id)
    assert (mandate.limit_per_purchase_minor, mandate.limit_per_day_minor) == (10_00, 20_00)
    assert (mandate.used_minor, mandate.revoked_at) == (0, None)
    assert (await events())[-2:] == [
        ("MANDATE_GRANTED", f"customer:{scene.player.id}"),
        ("MANDATE_GRANTED", f"partner:{platform.id}"),
    ]


async def test_granting_again_replaces_the_terms_and_keeps_what_was_used(
    house: HouseUnderTest, scene: Scene
) -> None:
    await scene.buys(house, stakes=[15_00])
    await revoke_mandate(house, scene.player, a_key(), scene.account_id, scene.platform_id)
    await grant_mandate(house, scene.player, a_grant(house, scene))
    mandate = await Mandate.get()
    assert (mandate.limit_per_day_minor, mandate.used_minor) == (20_00, 15_00)
    assert mandate.revoked_at is None
    async with refused(house, RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=5_00):
        await scene.buys(house, stakes=[5_01])


async def test_refuses_callers_who_are_no_customer(house: HouseUnderTest, scene: Scene) -> None:
    for actor in (scene.platform, scene.centre, scene.operator):
        with pytest.raises(NotAllowed):
            await grant_mandate(house, actor, a_grant(house, scene))


async def test_refuses_accounts_that_are_not_ones_own(house: HouseUnderTest, scene: Scene) -> None:
    theirs = await an_account(house, await a_customer(house))
    for account_id in (theirs, new_id(), scene.centre_id):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await grant_mandate(house, scene.player, a_grant(house, scene, account_id=account_id))


async def test_refuses_partners_that_sell_nothing(house: HouseUnderTest, scene: Scene) -> None:
    for partner_id in (scene.centre_id, id_of(scene.operator), new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
            await grant_mandate(house, scene.player, a_grant(house, scene, partner_id=partner_id))


async def test_refuses_a_mandate_that_is_over_before_it_begins(
    house: HouseUnderTest, scene: Scene
) -> None:
    async with refused(house, RefusalCode.MANDATE_EXPIRED, "expiresAt"):
        await a_mandate(house, scene.player, scene.account_id, scene.platform, days=0)

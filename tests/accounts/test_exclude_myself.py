"""Self-exclusion: nothing goes in, nobody shortens it, and another sign-up gets around nothing."""

from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from models import SelfExclusion
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.exclude_myself import ExcludeMyself, exclude_myself
from services.accounts.open_account import open_account
from services.accounts.self_limits import excluded_until
from services.actors import Actor, NotAllowed
from services.ledger.command import Answered
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.parameters import ParameterName
from services.refusals import RefusalCode
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_customer,
    a_key,
    a_mandate,
    a_scene,
    an_account,
    events,
    opening_data,
    refused,
    replayed,
    set_parameter,
)


@pytest_asyncio.fixture
async def scene(house: HouseUnderTest) -> Scene:
    """A player with 100 CNY at a platform."""
    return await a_scene(house)


def in_days(house: HouseUnderTest, days: float) -> datetime:
    """Return a moment so many days from now."""
    return house.clock() + timedelta(days=days)


async def exclude(house: HouseUnderTest, actor: Actor, days: float) -> Answered:
    """Exclude somebody for so many days."""
    return await exclude_myself(house, actor, ExcludeMyself(a_key(), in_days(house, days)))


async def test_nothing_goes_in_and_it_ends_by_itself(house: HouseUnderTest, scene: Scene) -> None:
    until = in_days(house, 7)
    order = ExcludeMyself(a_key(), until)
    await replayed(lambda: exclude_myself(house, scene.player, order))
    assert (await events())[-1] == ("SELF_EXCLUDED", f"customer:{scene.player.id}")
    assert await excluded_until(house, scene.account_id) == until
    told = {"until": until.isoformat()}
    house.clock.advance(days=7, seconds=-1)
    async with refused(house, RefusalCode.SELF_EXCLUDED, "accountId", **told):
        await scene.buys(house)
    async with refused(house, RefusalCode.SELF_EXCLUDED, "accountId", **told):
        await deposit(house, scene.player, DepositOrder(a_key(), scene.account_id, 1, CNY))
    async with refused(house, RefusalCode.SELF_EXCLUDED, "accountId", **told):
        await a_mandate(house, scene.player, scene.account_id, scene.platform)
    house.clock.advance(seconds=1)
    assert await excluded_until(house, scene.account_id) is None
    await deposit(house, scene.player, DepositOrder(a_key(), scene.account_id, 1, CNY))
    await a_mandate(house, scene.player, scene.account_id, scene.platform)


async def test_prizes_and_refunds_still_arrive(house: HouseUnderTest, scene: Scene) -> None:
    (serial,) = await scene.wins(house, 5_00)
    await exclude(house, scene.player, 30)
    claim = ClaimPrize(a_key(), scene.account_id, scene.draw_id, serial)
    await claim_prize(house, scene.player, claim)


async def test_it_gets_longer_and_never_shorter(house: HouseUnderTest, scene: Scene) -> None:
    await exclude(house, scene.player, 10)
    present = {"until": in_days(house, 10).isoformat()}
    for days in (2, 10):
        async with refused(house, RefusalCode.EXCLUSION_NOT_LONGER, "until", **present):
            await exclude(house, scene.player, days)
    await exclude(house, scene.player, 11)
    assert await excluded_until(house, scene.account_id) == in_days(house, 11)
    assert await SelfExclusion.all().count() == 2


async def test_a_period_is_as_the_parameters_say(house: HouseUnderTest, scene: Scene) -> None:
    await set_parameter(house, ParameterName.EXCLUSION_MIN_DAYS, 3)
    await set_parameter(house, ParameterName.EXCLUSION_MAX_DAYS, 5)
    for days in (-1, 2.9, 5.1):
        async with refused(house, RefusalCode.EXCLUSION_OUT_OF_RANGE, "until"):
            await exclude(house, scene.player, days)
    await exclude(house, scene.player, 3)


async def test_another_sign_up_gets_around_nothing(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    await open_account(house, customer, request)
    await exclude(house, customer, 7)
    other = await a_customer(house)
    for currency in (CNY, "JPY"):
        again = opening_data(currency=currency, identity_number=request.identity_number)
        for who in (customer, other):
            if who is customer and currency == CNY:
                continue  # that account is open already
            async with refused(house, RefusalCode.SELF_EXCLUDED, "identityNumber"):
                await open_account(house, who, again)


async def test_every_account_of_the_holder_is_excluded(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    first, second = await an_account(house, customer), await an_account(house, customer, 0, "JPY")
    await exclude(house, customer, 7)
    for account_id in (first, second):
        assert await excluded_until(house, account_id) == in_days(house, 7)


async def test_refuses_who_is_not_known_and_who_is_no_customer(
    house: HouseUnderTest, scene: Scene
) -> None:
    nobody_yet = await a_customer(house)
    async with refused(house, RefusalCode.NO_ACCOUNT):
        await exclude(house, nobody_yet, 7)
    for actor in (scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await exclude(house, actor, 7)

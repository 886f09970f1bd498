"""What the ledger tells: past balances, statements, the position; and to whom."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from models import Line
from models.kinds import EntryKind
from services.actors import NOBODY, SYSTEM, NotAllowed
from services.ledger.balance_at import balance_at
from services.ledger.lines import lines
from services.ledger.position import position
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_centre,
    a_customer,
    a_platform,
    an_account,
    an_operator,
    give,
    house_on,
    id_of,
    new_id,
)
from tests.ledger.support import checked, pay


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books must be sound when the test is through."""
    async with house_on(database_url) as opened:
        yield opened
    await checked(database_url)


async def test_the_balance_at_any_moment_though_the_clock_steps_back(
    house: HouseUnderTest,
) -> None:
    account = await an_account(house, await a_customer(house))
    dice = random.Random(7)
    for _ in range(25):
        house.clock.advance(seconds=dice.choice([-90, 0, 1, 45]))
        await give(house, EntryKind.DEPOSIT, account, dice.randint(1, 500))
    history = await Line.filter(wallet_id=account).order_by("number")
    assert [line.at for line in history] == sorted(line.at for line in history)
    moments = {line.at + timedelta(seconds=by) for line in history for by in (-1, 0, 1)}
    for moment in moments:
        expected = sum(line.amount_minor for line in history if line.at <= moment)
        assert await balance_at(SYSTEM, account, moment) == expected


async def test_a_wallet_without_lines_held_nothing(house: HouseUnderTest) -> None:
    account = await an_account(house, await a_customer(house))
    assert await balance_at(SYSTEM, account, house.clock()) == 0


async def test_a_statement_from_the_newest_back(house: HouseUnderTest) -> None:
    player = await a_customer(house)
    account = await an_account(house, player)
    for amount_minor in (5, 6, 7):
        await give(house, EntryKind.DEPOSIT, account, amount_minor)
    page = await lines(player, account, 2)
    assert [line["amount_minor"] for line in page] == [7, 6]
    assert {line["kind"] for line in page} == {EntryKind.DEPOSIT}
    await give(house, EntryKind.DEPOSIT, account, 8)  # shifts no page
    rest = await lines(player, account, 2, before_number=page[-1]["number"])
    assert [line["amount_minor"] for line in rest] == [5]


async def test_who_sees_which_wallet(house: HouseUnderTest) -> None:
    player, stranger = await a_customer(house), await a_customer(house)
    platform, other = await a_platform(house), await a_platform(house)
    account = await an_account(house, player, 1_00)
    operator = await an_operator(house)
    seen = {(player, account), (operator, account), (SYSTEM, account)}
    seen |= {(platform, id_of(platform)), (operator, id_of(platform))}
    for actor in (player, stranger, platform, other, operator, SYSTEM, NOBODY):
        for wallet_id in (account, id_of(platform), new_id()):
            if (actor, wallet_id) in seen or (actor is SYSTEM and wallet_id == platform.id):
                await lines(actor, wallet_id, 1)
                await balance_at(actor, wallet_id, house.clock())
                continue
            for asked in (
                lines(actor, wallet_id, 1),
                balance_at(actor, wallet_id, house.clock()),
            ):
                with pytest.raises(Refused) as caught:
                    await asked
                assert caught.value.refusal.code is RefusalCode.NOT_FOUND


async def test_where_all_the_money_is(house: HouseUnderTest) -> None:
    account = await an_account(house, await a_customer(house), 100_00)
    await an_account(house, await a_customer(house), 3_00, "EUR")
    await a_centre(house, pool_minor=500_00)
    shop = id_of(await a_platform(house))
    await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 30_00))
    positions = {each.currency: each for each in await position(await an_operator(house))}
    assert all(each.is_balanced for each in positions.values())
    yuan = positions[CNY]
    assert (yuan.at_bank_minor, yuan.owed_to_customers_minor) == (600_00, 70_00)
    assert (yuan.in_pools_minor, yuan.with_partners_minor, yuan.tax_minor) == (500_00, 30_00, 0)
    assert positions["EUR"].at_bank_minor == positions["EUR"].owed_to_customers_minor == 3_00
    for actor in (await a_customer(house), await a_platform(house), NOBODY):
        with pytest.raises(NotAllowed):
            await position(actor)

"""A card that is let go leaves nothing of itself but its last four digits."""

from functools import partial
from uuid import UUID

import pytest

from models import BankCard
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.actors import NOBODY, NotAllowed
from services.banking.pursue import pursue_open
from services.banking.unbind_card import unbind_card
from services.refusals import RefusalCode, Refused
from tests.banking.conftest import Holder
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_card,
    a_card_number,
    a_customer,
    a_key,
    a_platform,
    an_account,
    at_once,
    beside,
    dump,
    events,
    new_id,
    on_postgres,
    refused,
    replayed,
    stepped_up,
)


async def test_forgets_the_number_and_the_name(house: HouseUnderTest, holder: Holder) -> None:
    answered = await replayed(partial(unbind_card, house, holder.actor, a_key(), holder.card_id))
    card = await BankCard.get(id=holder.card_id)
    assert (card.number_sealed, card.holder_sealed, card.fingerprint) == (None, None, None)
    assert card.unbound_at == house.clock()
    assert answered.body["card"]["last_four"] == card.last_four
    assert (await events())[-1] == ("CARD_UNBOUND", f"customer:{holder.actor.id}")


async def test_somebody_else_may_bind_it_then(house: HouseUnderTest) -> None:
    number = a_card_number()
    first, second = await a_customer(house), await a_customer(house)
    await an_account(house, first)
    await an_account(house, second)
    card_id = await a_card(house, first, number)
    await unbind_card(house, stepped_up(first, house), a_key(), card_id)
    assert await a_card(house, second, number) != card_id


async def test_stays_while_money_is_on_its_way(house: HouseUnderTest, holder: Holder) -> None:
    house.bank.waits = True
    await deposit(
        house, holder.actor, DepositOrder(a_key(), holder.account_id, 1_00, CNY, holder.card_id)
    )
    async with refused(house, RefusalCode.CARD_IN_USE, "cardId"):
        await unbind_card(house, holder.actor, a_key(), holder.card_id)
    house.bank.waits = False
    house.bank.answers.clear()
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1
    await unbind_card(house, holder.actor, a_key(), holder.card_id)


async def test_what_is_not_the_callers_looks_missing(house: HouseUnderTest, holder: Holder) -> None:
    other = stepped_up(await a_customer(house), house)
    for actor, card_id in ((other, holder.card_id), (holder.actor, new_id())):
        async with refused(house, RefusalCode.NOT_FOUND, "cardId"):
            await unbind_card(house, actor, a_key(), card_id)
    await unbind_card(house, holder.actor, a_key(), holder.card_id)
    async with refused(house, RefusalCode.NOT_FOUND, "cardId"):
        await unbind_card(house, holder.actor, a_key(), holder.card_id)


async def test_needs_a_step_up_and_a_customer(house: HouseUnderTest, holder: Holder) -> None:
    house.clock.advance(minutes=6)
    async with refused(house, RefusalCode.STEP_UP_REQUIRED):
        await unbind_card(house, holder.actor, a_key(), holder.card_id)
    for actor in (NOBODY, await a_platform(house)):
        before = await dump()
        with pytest.raises(NotAllowed):
            await unbind_card(house, actor, a_key(), holder.card_id)
        assert await dump() == before


@on_postgres
async def test_no_withdrawal_goes_to_a_card_that_is_let_go_meanwhile(
    house: HouseUnderTest, holder: Holder
) -> None:
    async def withdraw(at: HouseUnderTest, card_id: UUID) -> object:
        order = WithdrawalOrder(a_key(), holder.account_id, card_id, 1_00, CNY)
        return await request_withdrawal(at, holder.actor, order)

    async with beside(house) as other:
        withdrawn, unbound = await at_once(
            withdraw(other, holder.card_id),
            unbind_card(house, holder.actor, a_key(), holder.card_id),
        )
    # Whoever came second was refused: never both.
    (second,) = [each for each in (withdrawn, unbound) if isinstance(each, Refused)]
    assert second.refusal.code in {RefusalCode.NOT_FOUND, RefusalCode.CARD_IN_USE}
    await pursue_open(house)

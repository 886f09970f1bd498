"""Money that is taken out is in transit before the bank hears of it."""

import asyncio
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from models import BankInstruction, Transaction, Withdrawal
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.accounts.freeze import freeze_account
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.actors import NOBODY, NotAllowed
from services.banking.pursue import pursue_open
from services.ledger.command import Answered
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused
from tests.banking.conftest import Holder, holder
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_card,
    a_customer,
    a_key,
    a_platform,
    an_account,
    an_operator,
    at_once,
    balance,
    beside,
    block,
    dump,
    events,
    in_turn,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
    set_parameter,
    stepped_up,
)

__all__ = ["holder"]

TRANSIT = system_wallet_id(WalletKind.IN_TRANSIT, CNY)


def an_order(of: Holder, **changes: object) -> WithdrawalOrder:
    """Return an order for 30 CNY."""
    order = WithdrawalOrder(a_key(), of.account_id, of.card_id, 30_00, CNY)
    return replace(order, **changes)  # type: ignore[arg-type]  # the test's own fields


async def test_takes_the_money_out_and_waits_for_nobody(
    house: HouseUnderTest, holder: Holder
) -> None:
    answered = await replayed(partial(request_withdrawal, house, holder.actor, an_order(holder)))
    assert house.bank.calls == []
    kept = await Withdrawal.get(id=answered.body["withdrawal"]["id"])
    assert (kept.state, kept.card_id, kept.amount_minor) == ("REQUESTED", holder.card_id, 30_00)
    transaction = await Transaction.get(id=kept.transaction_id)
    assert (transaction.type, transaction.state) == ("WITHDRAWAL", "PENDING")
    assert await lines_of(transaction.id) == {holder.account_id: -30_00, TRANSIT: 30_00}
    assert answered.body["available_minor"] == 70_00
    instruction = await BankInstruction.get(id=kept.id)
    assert (instruction.purpose, instruction.ask_at) == ("WITHDRAWAL", house.clock())
    assert (await events())[-1] == ("WITHDRAWAL_REQUESTED", f"customer:{holder.actor.id}")


async def test_refuses_more_than_there_is(house: HouseUnderTest, holder: Holder) -> None:
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, "amount", available_minor=100_00):
        await request_withdrawal(house, holder.actor, an_order(holder, amount_minor=100_01))


async def test_refuses_a_blocked_account(house: HouseUnderTest, holder: Holder) -> None:
    await block(house, holder.account_id)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "amount", status="FROZEN"):
        await request_withdrawal(house, holder.actor, an_order(holder))


async def test_refuses_more_than_a_day_allows(house: HouseUnderTest, holder: Holder) -> None:
    await set_parameter(house, ParameterName.WITHDRAWAL_PER_DAY_MINOR, 50_00)
    await request_withdrawal(house, holder.actor, an_order(holder))
    async with refused(house, RefusalCode.WITHDRAWAL_LIMIT_EXCEEDED, "amount", allowed_minor=20_00):
        await request_withdrawal(house, holder.actor, an_order(holder, amount_minor=20_01))
    await request_withdrawal(house, holder.actor, an_order(holder, amount_minor=20_00))
    house.clock.advance(days=1)
    await request_withdrawal(house, stepped_up(holder.actor, house), an_order(holder))


async def test_what_came_back_does_not_count(house: HouseUnderTest, holder: Holder) -> None:
    await set_parameter(house, ParameterName.WITHDRAWAL_PER_DAY_MINOR, 50_00)
    house.bank.refuses = "not today"
    await request_withdrawal(house, holder.actor, an_order(holder))
    assert await pursue_open(house) == 1
    await request_withdrawal(house, holder.actor, an_order(holder, amount_minor=50_00))


async def test_what_is_not_the_callers_looks_missing(house: HouseUnderTest, holder: Holder) -> None:
    other = await a_customer(house)
    account_id = await an_account(house, other, 50_00)
    card_id = await a_card(house, other)
    for missing in (account_id, new_id(), TRANSIT):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await request_withdrawal(house, holder.actor, an_order(holder, account_id=missing))
    for missing in (card_id, new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "cardId"):
            await request_withdrawal(house, holder.actor, an_order(holder, card_id=missing))


async def test_in_the_accounts_currency(house: HouseUnderTest, holder: Holder) -> None:
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await request_withdrawal(house, holder.actor, an_order(holder, currency="EUR"))


async def test_needs_a_bank(house: HouseUnderTest, holder: Holder) -> None:
    house.bank.is_there = False
    async with refused(house, RefusalCode.BANK_MISSING):
        await request_withdrawal(house, holder.actor, an_order(holder))


async def test_needs_a_step_up(house: HouseUnderTest, holder: Holder) -> None:
    house.clock.advance(minutes=6)
    async with refused(house, RefusalCode.STEP_UP_REQUIRED):
        await request_withdrawal(house, holder.actor, an_order(holder))


async def test_only_customers(house: HouseUnderTest, holder: Holder) -> None:
    actors = (NOBODY, await a_platform(house), await an_operator(house))
    before = await dump()
    for actor in actors:
        with pytest.raises(NotAllowed):
            await request_withdrawal(house, actor, an_order(holder))
    assert await dump() == before


@pytest.mark.parametrize("freeze_first", [True, False])
@on_postgres
async def test_freezing_and_withdrawing_at_once(
    house: HouseUnderTest,
    holder: Holder,
    freeze_first: bool,  # noqa: FBT001 - a case
) -> None:
    operator = await an_operator(house)
    async with beside(house) as other:

        async def freeze() -> Answered:
            return await freeze_account(other, operator, a_key(), holder.account_id)

        async def withdraw() -> Answered:
            return await request_withdrawal(house, holder.actor, an_order(holder))

        asked = (freeze, withdraw) if freeze_first else (withdraw, freeze)
        results = await in_turn(house, "wallet", holder.account_id, *asked)
    withdrawn = results[1] if freeze_first else results[0]
    if freeze_first:
        assert isinstance(withdrawn, Refused)
        assert withdrawn.refusal.code is RefusalCode.ACCOUNT_BLOCKED
        assert await balance(TRANSIT) == 0
    else:
        # What began before the freeze goes on.
        assert isinstance(withdrawn, Answered)
        assert await pursue_open(house) == 1
        kept = await Withdrawal.get(id=UUID(withdrawn.body["withdrawal"]["id"]))
        assert kept.state == "SETTLED"


@on_postgres
async def test_many_at_once_take_no_more_than_there_is(
    house: HouseUnderTest, holder: Holder
) -> None:
    async with beside(house) as other:
        results = await at_once(
            *(request_withdrawal(at, holder.actor, an_order(holder)) for at in (house, other) * 4)
        )
        assert sum(isinstance(result, Answered) for result in results) == 3
        assert await balance(holder.account_id) == 10_00
        assert await balance(TRANSIT) == 90_00
        await asyncio.gather(pursue_open(house), pursue_open(other))
    assert await balance(TRANSIT) == 0
    assert len(house.bank.paid) == 3

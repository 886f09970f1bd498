"""A withdrawal ends once: paid, refused, or returned, even days after it was paid."""

import asyncio
import itertools
from uuid import UUID

import pytest

from models import BankInstruction, SuspenseItem, Transaction, Wallet, Withdrawal
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.bank import BankOutcome, BankState
from services.banking.conclude import conclude
from services.banking.pursue import pursue_open
from tests.banking.conftest import Holder
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_key,
    balance,
    beside,
    block,
    close,
    dump,
    events,
    lines_of,
    on_postgres,
)

BANK = system_wallet_id(WalletKind.BANK, CNY)
TRANSIT = system_wallet_id(WalletKind.IN_TRANSIT, CNY)
SUSPENSE = system_wallet_id(WalletKind.SUSPENSE, CNY)

SETTLED = BankOutcome(BankState.SETTLED, "L1")
REFUSED = BankOutcome(BankState.REFUSED, "B1", "not today")
RETURNED = BankOutcome(BankState.RETURNED, "L2", "no such account")


async def withdraw(house: HouseUnderTest, of: Holder) -> BankInstruction:
    """Take 30 CNY out."""
    order = WithdrawalOrder(a_key(), of.account_id, of.card_id, 30_00, CNY)
    body = (await request_withdrawal(house, of.actor, order)).body
    return await BankInstruction.get(id=UUID(body["withdrawal"]["id"]))


async def test_the_bank_pays(house: HouseUnderTest, holder: Holder) -> None:
    instruction = await withdraw(house, holder)
    assert await pursue_open(house) == 1
    assert house.bank.paid == {instruction.id: (30_00, CNY)}
    (order,) = house.bank.sent
    assert order.card is not None
    assert order.card.number not in repr(order)
    kept = await Withdrawal.get(id=instruction.id)
    assert (kept.state, kept.settled_at, kept.returned_at) == ("SETTLED", house.clock(), None)
    assert (await Transaction.get(id=kept.transaction_id)).state == "COMPLETED"
    assert (await BankInstruction.get(id=instruction.id)).ask_at is None
    assert [await balance(wallet) for wallet in (TRANSIT, BANK)] == [0, -70_00]
    assert (await events())[-1] == ("WITHDRAWAL_SETTLED", f"customer:{holder.actor.id}")


async def test_the_bank_refuses(house: HouseUnderTest, holder: Holder) -> None:
    house.bank.refuses = "not today"
    instruction = await withdraw(house, holder)
    assert await pursue_open(house) == 1
    kept = await Withdrawal.get(id=instruction.id)
    assert (kept.state, kept.reason, kept.settled_at) == ("REFUSED", "not today", None)
    taken = await Transaction.get(id=kept.transaction_id)
    assert (taken.state, taken.refunded_minor) == ("REFUNDED", 30_00)
    back = await Transaction.get(id=kept.return_id)
    assert (back.type, back.amount_minor, back.original_id) == (
        "WITHDRAWAL_RETURN",
        30_00,
        taken.id,
    )
    assert await lines_of(back.id) == {TRANSIT: -30_00, holder.account_id: 30_00}
    assert await balance(holder.account_id) == 100_00
    assert (await events())[-1] == ("WITHDRAWAL_REFUSED", f"customer:{holder.actor.id}")


async def test_comes_back_days_later(house: HouseUnderTest, holder: Holder) -> None:
    instruction = await withdraw(house, holder)
    await pursue_open(house)
    house.clock.advance(days=5)
    await conclude(house, instruction, RETURNED)
    kept = await Withdrawal.get(id=instruction.id)
    assert (kept.state, kept.reason, kept.returned_at) == (
        "RETURNED",
        "no such account",
        house.clock(),
    )
    assert kept.return_id is not None
    assert await lines_of(kept.return_id) == {BANK: -30_00, holder.account_id: 30_00}
    assert await balance(holder.account_id) == 100_00
    assert (await events())[-1] == ("WITHDRAWAL_RETURNED", f"customer:{holder.actor.id}")


async def test_arrives_on_a_blocked_account(house: HouseUnderTest, holder: Holder) -> None:
    instruction = await withdraw(house, holder)
    await block(house, holder.account_id)
    await conclude(house, instruction, RETURNED)
    assert await balance(holder.account_id) == 100_00
    assert (await Wallet.get(id=holder.account_id)).status == "FROZEN"


@pytest.mark.parametrize("outcome", [REFUSED, RETURNED])
async def test_goes_to_suspense_where_the_account_is_closed(
    house: HouseUnderTest, holder: Holder, outcome: BankOutcome
) -> None:
    instruction = await withdraw(house, holder)
    await close(holder.account_id)
    await conclude(house, instruction, outcome)
    item = await SuspenseItem.get(withdrawal_id=instruction.id)
    assert (item.amount_minor, item.state, item.remittance) == (30_00, "HELD", outcome.reason)
    assert [await balance(wallet) for wallet in (TRANSIT, SUSPENSE)] == [0, 30_00]
    assert (await Withdrawal.get(id=instruction.id)).return_id is None
    before = await dump()
    await conclude(house, instruction, outcome)
    assert await dump() == before


ORDERS = sorted(
    set(itertools.permutations((BankState.SETTLED, BankState.SETTLED, BankState.RETURNED)))
)


@pytest.mark.parametrize("order", ORDERS)
async def test_the_end_is_the_same_in_whatever_order_it_is_told(
    house: HouseUnderTest, holder: Holder, order: tuple[BankState, ...]
) -> None:
    instruction = await withdraw(house, holder)
    for state in order:
        await conclude(house, instruction, BankOutcome(state, "L1", "no such account"))
    assert (await Withdrawal.get(id=instruction.id)).state == "RETURNED"
    assert await balance(holder.account_id) == 100_00
    assert [await balance(wallet) for wallet in (TRANSIT, BANK)] == [0, -100_00]
    assert await Transaction.filter(account_id=holder.account_id).count() == 3


async def test_what_was_refused_is_neither_paid_nor_returned(
    house: HouseUnderTest, holder: Holder
) -> None:
    instruction = await withdraw(house, holder)
    await conclude(house, instruction, REFUSED)
    before = await dump()
    for outcome in (SETTLED, RETURNED, REFUSED):
        await conclude(house, instruction, outcome)
    assert await dump() == before


@on_postgres
async def test_callback_poll_and_job_race(house: HouseUnderTest, holder: Holder) -> None:
    instruction = await withdraw(house, holder)
    async with beside(house) as other:
        await asyncio.gather(
            *(conclude(at, instruction, SETTLED) for at in (house, other) * 3),
            pursue_open(house),
            pursue_open(other),
        )
    assert (await Withdrawal.get(id=instruction.id)).state == "SETTLED"
    assert await balance(TRANSIT) == 0
    assert await balance(BANK) == -70_00

"""What the bank takes back of a deposit: from the account, or it is owed, and somebody is told."""

from uuid import UUID

import pytest

from models import BankInstruction, Deposit, Entry, Transaction
from models.currencies import system_wallet_id
from models.kinds import EntryKind, WalletKind
from services import audiences
from services.accounts.deposit import DepositOrder, deposit
from services.actors import SYSTEM
from services.bank import BankOutcome, BankState
from services.banking.conclude import conclude
from services.ledger.books import Books
from services.ledger.command import Body
from services.ledger.position import position
from services.ledger.postings import Move
from services.ledger.reverse import ReverseEntry, reverse
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    an_account,
    balance,
    block,
    dump,
    events,
    given,
    id_of,
    lines_of,
)

BANK = system_wallet_id(WalletKind.BANK, CNY)
DEBT = system_wallet_id(WalletKind.SUSPENSE_DEBT, CNY)
RETURNED = BankOutcome(BankState.RETURNED, "L2", "the card was stolen")


async def a_deposit(house: HouseUnderTest, *, waits: bool = False) -> tuple[BankInstruction, UUID]:
    """Put 50 CNY into a new account; return the instruction and the account."""
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.bank.waits = waits
    order = DepositOrder(a_key(), account_id, 50_00, CNY)
    answered = await deposit(house, customer, order)
    return await BankInstruction.get(id=UUID(str(answered.body["deposit"]["id"]))), account_id


async def spend(house: HouseUnderTest, account_id: UUID, amount_minor: int) -> None:
    """Spend money of an account's."""
    platform_id = id_of(await a_platform(house))

    def decide(books: Books) -> Body:
        books.post(EntryKind.PURCHASE, Move(account_id, platform_id, amount_minor))
        return {}

    await given(house, decide, account_id, platform_id)


async def test_taken_back_from_the_account(house: HouseUnderTest) -> None:
    instruction, account_id = await a_deposit(house)
    await block(house, account_id)
    house.clock.advance(days=3)
    await conclude(house, instruction, RETURNED)
    kept = await Deposit.get(id=instruction.id)
    assert (kept.state, kept.reason) == ("REVERSED", "the card was stolen")
    entry = await Entry.get(reverses_id=kept.transaction_id)
    assert await lines_of(entry.id) == {account_id: -50_00, BANK: 50_00}
    original = await Transaction.get(id=kept.transaction_id)
    assert (original.state, original.refunded_minor) == ("REFUNDED", 50_00)
    back = await Transaction.get(id=entry.id)
    assert (back.type, back.amount_minor, back.original_id) == ("REFUND", -50_00, original.id)
    assert [kind for kind, _ in await events(audiences.ALERTS)] == []
    assert (await events())[-1][0] == "DEPOSIT_REVERSED"
    before = await dump()
    await conclude(house, instruction, RETURNED)
    assert await dump() == before


@pytest.mark.parametrize("spent_minor", [20_00, 50_00])
async def test_what_is_spent_is_owed_and_somebody_is_told(
    house: HouseUnderTest, spent_minor: int
) -> None:
    instruction, account_id = await a_deposit(house)
    await spend(house, account_id, spent_minor)
    await conclude(house, instruction, RETURNED)
    assert [await balance(wallet) for wallet in (account_id, BANK, DEBT)] == [0, 0, -spent_minor]
    told = [kind for kind, _ in await events(audiences.ALERTS)]
    assert told == ["DEPOSIT_REVERSED"]
    kept = await Deposit.get(id=instruction.id)
    original = await Transaction.get(id=kept.transaction_id)
    assert original.refunded_minor == 50_00 - spent_minor
    (cny,) = [each for each in await position(SYSTEM) if each.currency == CNY]
    assert cny.suspense_debt_minor == spent_minor
    assert cny.is_balanced


async def test_comes_and_goes_where_only_its_going_is_told(house: HouseUnderTest) -> None:
    instruction, account_id = await a_deposit(house, waits=True)
    assert (await Deposit.get(id=instruction.id)).state == "REQUESTED"
    await conclude(house, instruction, RETURNED)
    await conclude(house, instruction, BankOutcome(BankState.SETTLED, "L1"))
    assert (await Deposit.get(id=instruction.id)).state == "REVERSED"
    assert await balance(account_id) == await balance(BANK) == 0


async def test_what_an_operator_has_reversed_is_not_taken_twice(house: HouseUnderTest) -> None:
    instruction, account_id = await a_deposit(house)
    entry_id = (await Deposit.get(id=instruction.id)).transaction_id
    assert entry_id is not None
    await reverse(house, SYSTEM, ReverseEntry(a_key(), entry_id, "the bank will take it back"))
    await conclude(house, instruction, RETURNED)
    assert (await Deposit.get(id=instruction.id)).state == "REVERSED"
    assert await balance(account_id) == await balance(BANK) == await balance(DEBT) == 0


async def test_accepted_is_no_outcome(house: HouseUnderTest) -> None:
    instruction, _ = await a_deposit(house, waits=True)
    before = await dump()
    for state in (BankState.ACCEPTED, BankState.UNKNOWN):
        assert await conclude(house, instruction, BankOutcome(state)) is None
    assert await dump() == before

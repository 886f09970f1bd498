"""How deposits end: settled, refused, or, days later, taken back by the bank."""

from datetime import date
from uuid import UUID

from models import BankInstruction, Deposit
from models.currencies import system_wallet_id
from models.engines import Lookup, Row
from models.kinds import (
    DepositState,
    EntryKind,
    EventKind,
    TransactionState,
    TransactionType,
    WalletKind,
)
from services import audiences
from services.allowances import ALLOWANCES, PAID_IN, give_back
from services.bank import BankOutcome, BankState
from services.banking.instructions import end_instruction
from services.banking.take_back import REVERSALS, take_back
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Fact
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import TRANSACTIONS, write_transaction

DEPOSITS = Lookup.of(Deposit)


async def end_deposit(house: House, instruction: BankInstruction, outcome: BankOutcome) -> Answered:
    """Post what was collected, note that it was refused, or give back what is taken back.

    Returns:
        ``deposit`` (its row); when it settles, ``transaction`` and ``available_minor`` too.
    """
    bank_id = system_wallet_id(WalletKind.BANK, instruction.currency)
    debt_id = system_wallet_id(WalletKind.SUSPENSE_DEBT, instruction.currency)
    account_id = instruction.wallet_id
    if outcome.state is not BankState.RETURNED:

        def decide(books: Books) -> Body:
            row = _row(books, instruction.id)
            if row["state"] != DepositState.REQUESTED:
                return {"deposit": row}
            if outcome.state is BankState.REFUSED:
                asked_on = house.business_day(row["requested_at"])
                return _refuse(books, row, outcome, asked_on)
            return _settle(books, row, bank_id)

        wallets = (bank_id, account_id)
        facts = Fact(DEPOSITS, (instruction.id,)), Fact(ALLOWANCES, (account_id,))
        return await end_instruction(house, instruction, outcome, decide, wallets, *facts)

    # What came back had come before, whether or not we have been told.
    await end_deposit(house, instruction, BankOutcome(BankState.SETTLED, outcome.reference))
    entry_id = (await Deposit.get(id=instruction.id)).transaction_id

    def take(books: Books) -> Body:
        row = _row(books, instruction.id)
        if row["state"] != DepositState.SETTLED:
            return {"deposit": row}
        return _take_back(books, row, outcome)

    return await end_instruction(
        house,
        instruction,
        outcome,
        take,
        (bank_id, account_id, debt_id),
        Fact(DEPOSITS, (instruction.id,)),
        Fact(TRANSACTIONS, (entry_id,)),
        Fact(REVERSALS, (entry_id,)),
    )


def _row(books: Books, deposit_id: UUID) -> Row:
    row = books.one(DEPOSITS, deposit_id)
    assert row is not None  # noqa: S101 - deposits are never removed
    return row


def _refuse(books: Books, row: Row, outcome: BankOutcome, asked_on: date) -> Body:
    changes: Row = {"state": DepositState.REFUSED, "reason": outcome.reason}
    books.update(DEPOSITS.table, row["id"], **changes)
    give_back(books, row["account_id"], PAID_IN, row["amount_minor"], asked_on)
    return {"deposit": row | changes}


def _settle(books: Books, row: Row, bank_id: UUID) -> Body:
    account_id, amount_minor = row["account_id"], row["amount_minor"]
    posted = books.post(EntryKind.DEPOSIT, Move(bank_id, account_id, amount_minor))
    after = posted.wallets[account_id]
    transaction = write_transaction(books, posted, after, TransactionType.DEPOSIT, amount_minor)
    changes: Row = {"state": DepositState.SETTLED, "transaction_id": posted.entry_id}
    books.update(DEPOSITS.table, row["id"], **changes)
    body: Body = {"transaction": transaction, "available_minor": after.available_minor}
    books.tell(EventKind.DEPOSIT, body, audiences.customer(owner_of(after)), account_id=account_id)
    return body | {"deposit": row | changes}


def _take_back(books: Books, row: Row, outcome: BankOutcome) -> Body:
    account_id, entry_id = row["account_id"], row["transaction_id"]
    changes: Row = {"state": DepositState.REVERSED, "reason": outcome.reason}
    books.update(DEPOSITS.table, row["id"], **changes)
    taken = take_back(
        books,
        entry_id,
        account_id,
        row["amount_minor"],
        audiences.customer(owner_of(books.wallet(account_id))),
        reason=outcome.reason,
        about={"deposit": row | changes},
    )
    if taken is not None and taken.taken_minor:
        books.update(
            TRANSACTIONS.table,
            entry_id,
            state=(
                TransactionState.PARTLY_REFUNDED if taken.owed_minor else TransactionState.REFUNDED
            ),
            refunded_minor=taken.taken_minor,
        )
        write_transaction(
            books,
            taken.posted,
            taken.posted.wallets[account_id],
            TransactionType.REFUND,
            -taken.taken_minor,
            original_id=entry_id,
        )
    return {"deposit": row | changes}

"""Withdrawals: how one begins, and how it ends: settled, refused, or returned days later (L8).

The money is in transit before the bank is told. Whatever the bank does, it leaves transit once: to
the bank, or back to the account; and where the account is closed by then, to suspense.
"""

from datetime import date
from uuid import UUID

from models import Account, BankInstruction, Withdrawal
from models.currencies import system_wallet_id
from models.engines import Lookup, Row
from models.kinds import (
    BankPurpose,
    EntryKind,
    EventKind,
    TransactionState,
    TransactionType,
    WalletKind,
    WithdrawalState,
)
from services import audiences
from services.bank import BankOutcome, BankState
from services.banking.instructions import end_instruction, instruct
from services.banking.suspense import keep_in_suspense
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Fact
from services.ledger.postings import Move, Wallet, owner_of
from services.ledger.transactions import TRANSACTIONS, write_transaction

ACCOUNTS = Lookup.of(Account)
WITHDRAWALS = Lookup.of(Withdrawal)


def begin_withdrawal(
    books: Books, account_id: UUID, card_id: UUID, amount_minor: int, day: date
) -> Body:
    """Take money out of an account, and have the bank pay it to a card by and by.

    Args:
        books: Where the account's wallet and the one in transit were declared.
        account_id: The account.
        card_id: A bound card of its holder's, whose row is locked.
        amount_minor: Above zero.
        day: The business day.

    Returns:
        ``withdrawal``, ``transaction`` (rows), ``available_minor``.

    Raises:
        Refused: ``INSUFFICIENT_FUNDS``, ``ACCOUNT_BLOCKED``.
    """
    currency = books.wallet(account_id).currency
    transit_id = system_wallet_id(WalletKind.IN_TRANSIT, currency)
    posted = books.post(
        EntryKind.WITHDRAWAL, Move(account_id, transit_id, amount_minor), path=("amount",)
    )
    after = posted.wallets[account_id]
    transaction = write_transaction(
        books,
        posted,
        after,
        TransactionType.WITHDRAWAL,
        -amount_minor,
        state=TransactionState.PENDING,
    )
    instruction = instruct(
        books,
        BankPurpose.WITHDRAWAL,
        account_id,
        amount_minor,
        card_id=card_id,
        ask_at=books.now,
    )
    row: Row = {
        "id": instruction["id"],
        "account_id": account_id,
        "card_id": card_id,
        "amount_minor": amount_minor,
        "currency": currency,
        "day": day,
        "state": WithdrawalState.REQUESTED,
        "reason": None,
        "transaction_id": posted.entry_id,
        "return_id": None,
        "requested_at": books.now,
        "settled_at": None,
        "returned_at": None,
    }
    books.insert(WITHDRAWALS.table, row)
    body: Body = {
        "withdrawal": row,
        "transaction": transaction,
        "available_minor": after.available_minor,
    }
    _tell(books, EventKind.WITHDRAWAL_REQUESTED, body, after)
    return body


async def end_withdrawal(
    house: House, instruction: BankInstruction, outcome: BankOutcome
) -> Answered:
    """Book that the bank has paid, or bring the money back that it did not pay or that came back.

    Returns:
        ``withdrawal`` (its row).
    """
    if outcome.state is BankState.RETURNED:
        # What came back had gone before, whether or not we have been told.
        await end_withdrawal(house, instruction, BankOutcome(BankState.SETTLED, outcome.reference))
    withdrawal = await Withdrawal.get(id=instruction.id)
    currency = instruction.currency
    transit_id = system_wallet_id(WalletKind.IN_TRANSIT, currency)
    bank_id = system_wallet_id(WalletKind.BANK, currency)

    def decide(books: Books) -> Body:
        row = books.one(WITHDRAWALS, instruction.id)
        assert row is not None  # noqa: S101 - withdrawals are never removed
        told = (WithdrawalState(row["state"]), outcome.state)
        if told == (WithdrawalState.REQUESTED, BankState.SETTLED):
            row |= _settle(books, row, transit_id, bank_id)
        elif told == (WithdrawalState.REQUESTED, BankState.REFUSED):
            row |= _bring_back(books, row, transit_id, outcome)
        elif told == (WithdrawalState.SETTLED, BankState.RETURNED):
            row |= _bring_back(books, row, bank_id, outcome)
        return {"withdrawal": row}

    return await end_instruction(
        house,
        instruction,
        outcome,
        decide,
        (
            transit_id,
            bank_id,
            instruction.wallet_id,
            system_wallet_id(WalletKind.SUSPENSE, currency),
        ),
        Fact(WITHDRAWALS, (instruction.id,)),
        Fact(TRANSACTIONS, (withdrawal.transaction_id,)),
        Fact(ACCOUNTS, (instruction.wallet_id,)),
    )


def _settle(books: Books, row: Row, transit_id: UUID, bank_id: UUID) -> Row:
    books.post(EntryKind.BANK_PAYMENT, Move(transit_id, bank_id, row["amount_minor"]))
    changes: Row = {"state": WithdrawalState.SETTLED, "settled_at": books.now}
    books.update(WITHDRAWALS.table, row["id"], **changes)
    transaction = _change(books, row, state=TransactionState.COMPLETED)
    account = books.wallet(row["account_id"])
    body: Body = {"withdrawal": row | changes, "transaction": transaction}
    _tell(books, EventKind.WITHDRAWAL_SETTLED, body, account)
    return changes


def _bring_back(books: Books, row: Row, source_id: UUID, outcome: BankOutcome) -> Row:
    """Bring the money back from where it is, to the account, or to suspense if that is closed."""
    refused = outcome.state is BankState.REFUSED
    account_id, amount_minor = row["account_id"], row["amount_minor"]
    kind = EntryKind.BANK_REFUSAL if refused else EntryKind.BANK_RETURN
    account = books.wallet(account_id)
    changes: Row = {
        "state": WithdrawalState.REFUSED if refused else WithdrawalState.RETURNED,
        "reason": outcome.reason,
        "returned_at": books.now,
    }
    held = books.one(ACCOUNTS, account_id)
    if held is not None and held["closed_at"] is not None:
        keep_in_suspense(
            books,
            kind,
            source_id,
            amount_minor,
            currency=row["currency"],
            reference=f"withdrawal {row['id']}",
            remittance=outcome.reason or "",
            withdrawal_id=row["id"],
        )
        transaction = _change(books, row, state=TransactionState.COMPLETED)
    else:
        posted = books.post(kind, Move(source_id, account_id, amount_minor))
        account = posted.wallets[account_id]
        _change(books, row, state=TransactionState.REFUNDED, refunded_minor=amount_minor)
        transaction = write_transaction(
            books,
            posted,
            account,
            TransactionType.WITHDRAWAL_RETURN,
            amount_minor,
            original_id=row["transaction_id"],
        )
        changes["return_id"] = posted.entry_id
    books.update(WITHDRAWALS.table, row["id"], **changes)
    body: Body = {"withdrawal": row | changes, "transaction": transaction}
    event = EventKind.WITHDRAWAL_REFUSED if refused else EventKind.WITHDRAWAL_RETURNED
    _tell(books, event, body, account)
    return changes


def _change(books: Books, row: Row, **changes: object) -> Row:
    """Change the transaction that took the money out, and return it."""
    transaction = books.one(TRANSACTIONS, row["transaction_id"])
    assert transaction is not None  # noqa: S101 - written with the withdrawal
    books.update(TRANSACTIONS.table, row["transaction_id"], **changes)
    return transaction | changes


def _tell(books: Books, kind: EventKind, body: Body, account: Wallet) -> None:
    books.tell(kind, body, audiences.customer(owner_of(account)), account_id=account.id)

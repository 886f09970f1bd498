"""Bringing a requested deposit to its end at the bank."""

from datetime import timedelta
from uuid import UUID

import structlog

from models import Deposit
from models.currencies import system_wallet_id
from models.engines import Lookup, Row
from models.kinds import (
    DepositState,
    EntryKind,
    EventKind,
    TransactionType,
    WalletKind,
)
from services import audiences
from services.accounts import allowances
from services.actors import SYSTEM, not_found
from services.bank import BankUnavailable, Collected
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.ledger.desk import DeskUnavailable
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import write_transaction

DEPOSITS = Lookup.of(Deposit)
PATIENCE = timedelta(seconds=10)
BATCH = 100

log = structlog.get_logger(__name__)


async def settle_deposit(house: House, deposit_id: UUID) -> Answered:
    """Ask the bank about a deposit, and post what it collected or note that it refused.

    Safe to call again, by anybody, at any time: the bank knows the instruction, and the books
    keep one answer for it.

    Raises:
        BankUnavailable: The bank's answer is not known yet.
    """
    deposit = await Deposit.get_or_none(id=deposit_id)
    if deposit is None:
        raise not_found()
    account_id, amount_minor, currency = deposit.account_id, deposit.amount_minor, deposit.currency
    collected = Collected(settled=True)
    if deposit.state == DepositState.REQUESTED:  # otherwise the books have the answer already
        collected = await house.bank.collect(deposit_id, amount_minor, currency)
    bank_id = system_wallet_id(WalletKind.BANK, currency)

    def decide(books: Books) -> Body:
        row = books.one(DEPOSITS, deposit_id)
        assert row is not None  # noqa: S101 - deposits are never removed
        if row["state"] != DepositState.REQUESTED:  # its answer has been removed since
            return {"deposit": row}
        if not collected.settled:
            changes: Row = {"state": DepositState.REFUSED, "reason": collected.reason}
            books.update(DEPOSITS.table, deposit_id, **changes)
            asked_on = house.business_day(row["requested_at"])
            allowances.give_back(books, account_id, allowances.PAID_IN, amount_minor, asked_on)
            return {"deposit": row | changes}
        posted = books.post(EntryKind.DEPOSIT, Move(bank_id, account_id, amount_minor))
        after = posted.wallets[account_id]
        transaction = write_transaction(books, posted, after, TransactionType.DEPOSIT, amount_minor)
        changes = {"state": DepositState.SETTLED, "transaction_id": posted.entry_id}
        books.update(DEPOSITS.table, deposit_id, **changes)
        body = {"transaction": transaction, "available_minor": after.available_minor}
        books.tell(
            EventKind.DEPOSIT, body, audiences.customer(owner_of(after)), account_id=account_id
        )
        return body | {"deposit": row | changes}

    return await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "settleDeposit", str(deposit_id), {}),
            decide=decide,
            wallets=(bank_id, account_id),
            facts=(
                Fact(DEPOSITS, (deposit_id,)),
                Fact(allowances.ALLOWANCES, (account_id,)),
            ),
        )
    )


async def settle_open_deposits(house: House) -> int:
    """Settle deposits whose request was cut short, and return how many came to an end."""
    due = Deposit.filter(state=DepositState.REQUESTED, requested_at__lt=house.clock() - PATIENCE)
    waiting = await due.order_by("requested_at").limit(BATCH)
    settled = 0
    for deposit in waiting:
        try:
            await settle_deposit(house, deposit.id)
            settled += 1
        except (BankUnavailable, DeskUnavailable):
            log.warning("deposit still open", deposit_id=str(deposit.id))
    return settled

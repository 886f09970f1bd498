"""How fundings of prize pools end: settled, refused, or, days later, taken back by the bank."""

from uuid import UUID

from models import BankInstruction, PoolFunding
from models.currencies import system_wallet_id
from models.engines import Lookup, Row
from models.kinds import DepositState, EntryKind, EventKind, WalletKind
from services import audiences
from services.bank import BankOutcome, BankState
from services.banking.instructions import end_instruction
from services.banking.take_back import REVERSALS, take_back
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Fact
from services.ledger.postings import Move

FUNDINGS = Lookup.of(PoolFunding)


async def end_funding(house: House, instruction: BankInstruction, outcome: BankOutcome) -> Answered:
    """Post what was collected, note that it was refused, or give back what is taken back.

    Returns:
        ``pool_funding`` (its row), ``balance_minor`` of the pool.
    """
    bank_id = system_wallet_id(WalletKind.BANK, instruction.currency)
    debt_id = system_wallet_id(WalletKind.SUSPENSE_DEBT, instruction.currency)
    centre_id = instruction.wallet_id
    if outcome.state is not BankState.RETURNED:

        def decide(books: Books) -> Body:
            row = _row(books, instruction.id)
            if row["state"] == DepositState.REQUESTED:
                row |= _settle_or_refuse(books, row, bank_id, outcome)
            return {"pool_funding": row, "balance_minor": books.wallet(centre_id).balance_minor}

        wallets = (bank_id, centre_id)
        funding = Fact(FUNDINGS, (instruction.id,))
        return await end_instruction(house, instruction, outcome, decide, wallets, funding)

    # What came back had come before, whether or not we have been told.
    await end_funding(house, instruction, BankOutcome(BankState.SETTLED, outcome.reference))
    entry_id = (await PoolFunding.get(id=instruction.id)).entry_id

    def take(books: Books) -> Body:
        row = _row(books, instruction.id)
        if row["state"] == DepositState.SETTLED:
            changes: Row = {"state": DepositState.REVERSED, "reason": outcome.reason}
            books.update(FUNDINGS.table, instruction.id, **changes)
            row |= changes
            take_back(
                books,
                row["entry_id"],
                centre_id,
                instruction.amount_minor,
                audiences.partner(centre_id),
                reason=outcome.reason,
                about={},
            )
        return {"pool_funding": row, "balance_minor": books.wallet(centre_id).balance_minor}

    return await end_instruction(
        house,
        instruction,
        outcome,
        take,
        (bank_id, centre_id, debt_id),
        Fact(FUNDINGS, (instruction.id,)),
        Fact(REVERSALS, (entry_id,)),
    )


def _row(books: Books, funding_id: UUID) -> Row:
    row = books.one(FUNDINGS, funding_id)
    assert row is not None  # noqa: S101 - fundings are never removed
    return row


def _settle_or_refuse(books: Books, row: Row, bank_id: UUID, outcome: BankOutcome) -> Row:
    """Settle or refuse a funding that was requested, and return what changed."""
    centre_id, amount_minor = row["centre_id"], row["amount_minor"]
    if outcome.state is BankState.REFUSED:
        changes: Row = {"state": DepositState.REFUSED, "reason": outcome.reason}
        books.update(FUNDINGS.table, row["id"], **changes)
        return changes
    posted = books.post(EntryKind.POOL_FUNDING, Move(bank_id, centre_id, amount_minor))
    changes = {"state": DepositState.SETTLED, "entry_id": posted.entry_id}
    books.update(FUNDINGS.table, row["id"], **changes)
    books.tell(
        EventKind.POOL_FUNDED,
        {
            "balance_minor": posted.wallets[centre_id].balance_minor,
            "currency": row["currency"],
            "amount_minor": amount_minor,
        },
        audiences.partner(centre_id),
    )
    return changes

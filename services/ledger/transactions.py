"""The movement on an account that its holder sees, beside the entry that posted it."""

from typing import Any

from models import Transaction
from models.engines import Lookup, Row
from models.kinds import TransactionState, TransactionType
from services.ledger.books import Books
from services.ledger.postings import Posted, Wallet

TRANSACTIONS = Lookup.of(Transaction)


def write_transaction(
    books: Books,
    posted: Posted,
    after: Wallet,
    type_: TransactionType,
    amount_minor: int,
    **more: Any,  # noqa: ANN401 - column values
) -> Row:
    """Write the movement that an entry was for an account, and return its row.

    Args:
        books: Where the entry was posted.
        posted: The entry.
        after: The account's wallet after the entry.
        type_: What it was for.
        amount_minor: Signed from the account's side.
        more: Other columns: ``state`` where it is not completed, ``partner_id``, ``reference``,
            ``original_id``.
    """
    row: Row = {
        "id": posted.entry_id,
        "account_id": after.id,
        "number": after.line_count,
        "type": type_,
        "state": TransactionState.COMPLETED,
        "amount_minor": amount_minor,
        "refunded_minor": 0,
        "balance_after_minor": after.balance_minor,
        "currency": after.currency,
        "partner_id": None,
        "reference": None,
        "original_id": None,
        "at": posted.at,
        **more,
    }
    books.insert(TRANSACTIONS.table, row)
    return row

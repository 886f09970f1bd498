"""The steps of closing an account: it begins to close, is closed, or stays open after all."""

from typing import Any

from models.engines import Row
from models.kinds import EventKind
from services import audiences
from services.accounts.blocks import ACCOUNTS, standing_blocks, status_of
from services.ledger.books import Books


def begin_to_close(books: Books, account: Row) -> Row:
    """Let nothing come or go any more but what is on its way to the bank; return the row."""
    return _step(books, account, EventKind.ACCOUNT_CLOSING, closing_at=books.now)


def close_for_good(books: Books, account: Row) -> Row:
    """Close an empty account, so that its identity is free for another; return the row."""
    return _step(
        books,
        account,
        EventKind.ACCOUNT_CLOSED,
        closing_at=None,
        closed_at=books.now,
        live_currency=None,
    )


def stay_open(books: Books, account: Row) -> Row:
    """Open an account again that could not be emptied; return the row."""
    return _step(books, account, EventKind.ACCOUNT_STAYS_OPEN, closing_at=None)


def _step(
    books: Books,
    account: Row,
    event: EventKind,
    **changes: Any,  # noqa: ANN401 - column values
) -> Row:
    account_id = account["id"]
    books.update(ACCOUNTS.table, account_id, **changes)
    account |= changes
    status = status_of(account, standing_blocks(books, account_id))
    books.note("status", books.wallet(account_id).status, status)
    books.set_status(account_id, status)
    books.tell(
        event,
        {"account": {"id": account_id, "number": account["number"]}, "status": status},
        audiences.customer(account["customer_id"]),
        account_id=account_id,
    )
    return account

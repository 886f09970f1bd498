"""Giving the stakes of tickets back: what a platform's refund and an overdue one share (L21)."""

from collections.abc import Sequence

from models.engines import Row
from models.kinds import (
    EntryKind,
    EventKind,
    TicketState,
    TransactionState,
    TransactionType,
)
from services import allowances, audiences
from services.accounts.ownership import lottery_account
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Body
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import write_transaction
from services.lottery.lookups import MANDATES, TICKETS, TRANSACTIONS
from services.lottery.mandates import give_back


def refund(
    house: House, books: Books, purchase: Row, tickets: Sequence[Row], reason: str | None
) -> Body:
    """Move the stakes of these tickets of a purchase from the platform back to the account.

    The mandate gets back what the purchase used of it on the same business day, and the holder's
    own limits on the same day or month. A frozen account is refunded like any other: inflows
    arrive.

    Returns:
        ``transaction`` (the refund's row), ``purchase`` (its row afterwards), ``tickets`` (the
        rows of those refunded), ``available_minor`` of the account.

    Raises:
        Refused: ``INSUFFICIENT_FUNDS`` (the platform's wallet holds less).
    """
    account_id, platform_id = purchase["account_id"], purchase["partner_id"]
    amount_minor = sum(ticket["stake_minor"] for ticket in tickets)
    posted = books.post(
        EntryKind.REFUND, Move(platform_id, account_id, amount_minor), reason=reason
    )
    after = posted.wallets[account_id]
    transaction = write_transaction(
        books,
        posted,
        after,
        TransactionType.REFUND,
        amount_minor,
        partner_id=platform_id,
        original_id=purchase["id"],
    )
    for ticket in tickets:
        books.update(TICKETS.table, ticket["id"], state=TicketState.REFUNDED)
    refunded_minor = purchase["refunded_minor"] + amount_minor
    whole = refunded_minor == -purchase["amount_minor"]
    changes = {
        "refunded_minor": refunded_minor,
        "state": TransactionState.REFUNDED if whole else TransactionState.PARTLY_REFUNDED,
    }
    books.update(TRANSACTIONS.table, purchase["id"], **changes)
    mandate = books.one(MANDATES, account_id, platform_id)
    bought_on = house.business_day(purchase["at"])
    give_back(books, mandate, amount_minor, bought_on)
    allowances.give_back(books, account_id, allowances.SPENT, amount_minor, bought_on)
    body: Body = {
        "transaction": transaction,
        "purchase": purchase | changes,
        "tickets": [ticket | {"state": TicketState.REFUNDED} for ticket in tickets],
        "available_minor": after.available_minor,
    }
    _tell(books, body)
    return body


def _tell(books: Books, body: Body) -> None:
    transaction, purchase = body["transaction"], body["purchase"]
    books.tell(
        EventKind.REFUND,
        body,
        audiences.customer(owner_of(lottery_account(books, purchase["account_id"]))),
        account_id=purchase["account_id"],
    )
    books.tell(
        EventKind.REFUND,
        {
            "transaction": transaction | {"balance_after_minor": None},
            "purchase": purchase | {"balance_after_minor": None},
            "tickets": body["tickets"],
        },
        audiences.partner(purchase["partner_id"]),
    )

"""Money that has arrived and belongs to nobody that is known yet."""

from uuid import UUID

from models import SuspenseItem
from models.currencies import system_wallet_id
from models.engines import Lookup, Row
from models.kinds import EntryKind, SuspenseState, WalletKind
from services.actors import not_found
from services.ledger.books import Books
from services.ledger.postings import Move
from services.refusals import RefusalCode, Refused

ITEMS = Lookup.of(SuspenseItem)
BY_REFERENCE = Lookup.of(SuspenseItem, "reference")
BY_INSTRUCTION = Lookup.of(SuspenseItem, "instruction_id")


def keep_in_suspense(
    books: Books,
    kind: EntryKind,
    source_id: UUID,
    amount_minor: int,
    *,
    currency: str,
    reference: str,
    remittance: str,
    withdrawal_id: UUID | None = None,
) -> Row:
    """Put money into suspense, where an operator finds it, and return its row.

    Args:
        books: Where both wallets were declared.
        kind: How it comes there.
        source_id: Where it comes from.
        amount_minor: Above zero.
        currency: ISO 4217.
        reference: The bank's for an arrival, or ours: each is booked once.
        remittance: What its sender wrote, or why it came.
        withdrawal_id: The withdrawal that it was.
    """
    suspense_id = system_wallet_id(WalletKind.SUSPENSE, currency)
    posted = books.post(kind, Move(source_id, suspense_id, amount_minor))
    row: Row = {
        "id": books.new_id(),
        "reference": reference,
        "amount_minor": amount_minor,
        "currency": currency,
        "remittance": remittance,
        "state": SuspenseState.HELD,
        "entry_id": posted.entry_id,
        "withdrawal_id": withdrawal_id,
        "account_id": None,
        "instruction_id": None,
        "arrived_at": books.now,
    }
    books.insert(ITEMS.table, row)
    return row


async def currency_of_item(item_id: UUID) -> str:
    """Return the currency of money in suspense, which never changes.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    item = await SuspenseItem.get_or_none(id=item_id)
    if item is None:
        raise not_found("suspenseItemId")
    return item.currency


def held_item(books: Books, item_id: UUID) -> Row:
    """Return the row of money that waits in suspense.

    Raises:
        Refused: ``SUSPENSE_ENDED``.
    """
    item = books.one(ITEMS, item_id)
    assert item is not None  # noqa: S101 - found before, and never removed
    if item["state"] != SuspenseState.HELD:
        raise Refused(RefusalCode.SUSPENSE_ENDED, "suspenseItemId")
    return item

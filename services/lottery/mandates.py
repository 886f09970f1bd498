"""Counting purchases against a player's mandate, and refunds back."""

from datetime import date
from uuid import UUID

from models.engines import Row
from models.kinds import EventKind
from services import audiences
from services.ledger.books import Books
from services.ledger.command import Body
from services.lottery.lookups import MANDATES
from services.refusals import RefusalCode, Refused


def check_mandate(books: Books, mandate: Row | None) -> Row:
    """Return a mandate that holds now.

    Raises:
        Refused: ``MANDATE_MISSING`` or ``MANDATE_EXPIRED``.
    """
    if mandate is None or mandate["revoked_at"] is not None:
        raise Refused(RefusalCode.MANDATE_MISSING, "accountId")
    if mandate["expires_at"] <= books.now:
        raise Refused(RefusalCode.MANDATE_EXPIRED, "accountId")
    return mandate


def use_mandate(books: Books, mandate: Row, amount_minor: int, today: date) -> None:
    """Count a purchase against a mandate.

    Raises:
        Refused: ``MANDATE_LIMIT_EXCEEDED`` with what the mandate would still allow.
    """
    # A clock that steps back over midnight must not give what was used already.
    day = max(mandate["used_on"] or today, today)
    used_minor = mandate["used_minor"] if mandate["used_on"] == day else 0
    allowed_minor = min(
        mandate["limit_per_purchase_minor"], mandate["limit_per_day_minor"] - used_minor
    )
    if amount_minor > allowed_minor:
        raise Refused(
            RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=max(allowed_minor, 0)
        )
    books.update(MANDATES.table, mandate["id"], used_on=day, used_minor=used_minor + amount_minor)


def give_back(books: Books, mandate: Row | None, amount_minor: int, bought_on: date) -> None:
    """Uncount a refunded purchase of the same business day."""
    if mandate is not None and mandate["used_on"] == bought_on:
        left_minor = max(mandate["used_minor"] - amount_minor, 0)
        books.update(MANDATES.table, mandate["id"], used_minor=left_minor)


def told(books: Books, kind: EventKind, customer_id: UUID, mandate: Row) -> Body:
    """Tell the player and the platform about a mandate, and return the answer's body."""
    body: Body = {"mandate": mandate}
    books.tell(
        kind,
        body,
        audiences.customer(customer_id),
        audiences.partner(mandate["partner_id"]),
        account_id=mandate["account_id"],
    )
    return body

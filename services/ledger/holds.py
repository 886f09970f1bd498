"""What the verbs on a hold share."""

from uuid import UUID

from models import Hold
from models.engines import Lookup, Row
from models.kinds import HoldState
from services.actors import not_found
from services.ledger.books import Books
from services.refusals import RefusalCode, Refused

HOLDS = Lookup.of(Hold)


async def held_wallet(hold_id: UUID) -> UUID:
    """Return the wallet that a hold is on, to lock it; a hold never changes its wallet.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    hold = await Hold.get_or_none(id=hold_id)
    if hold is None:
        raise not_found("holdId")
    return hold.wallet_id


def placed(books: Books, hold_id: UUID) -> Row:
    """Return a hold that still holds money, under the lock of its wallet.

    Past its expiry it holds nothing for anybody, whether or not that has been written down yet.

    Raises:
        Refused: ``HOLD_ENDED`` with its ``state``.
    """
    hold = books.one(HOLDS, hold_id)
    if hold is None:
        raise not_found("holdId")
    state = hold["state"]
    if state == HoldState.PLACED and is_due(books, hold):
        state = HoldState.EXPIRED
    if state != HoldState.PLACED:
        raise Refused(RefusalCode.HOLD_ENDED, "holdId", state=state)
    return hold


def is_due(books: Books, hold: Row) -> bool:
    """Whether a hold is past its expiry."""
    return hold["expires_at"] is not None and hold["expires_at"] <= books.now


def check_part(books: Books, hold: Row, amount_minor: int) -> None:
    """Say no to more than a hold still holds.

    Raises:
        Refused: ``INSUFFICIENT_FUNDS`` with what remains of the hold.
    """
    if amount_minor > hold["remaining_minor"]:
        raise Refused(
            RefusalCode.INSUFFICIENT_FUNDS,
            "amount",
            available_minor=hold["remaining_minor"],
            currency=books.wallet(hold["wallet_id"]).currency,
        )

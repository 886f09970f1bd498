"""Whose draw it is, decided under the lock: another's looks exactly like a missing one."""

from uuid import UUID

from models.engines import Row
from services.actors import not_found
from services.ledger.books import Books
from services.lottery.lookups import DRAWS


def own_draw(books: Books, draw_id: UUID, centre_id: UUID) -> Row:
    """Return the row of a centre's own draw, which the command has locked.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    draw = books.one(DRAWS, draw_id)
    if draw is None or draw["centre_id"] != centre_id:
        raise not_found("drawId")
    return draw

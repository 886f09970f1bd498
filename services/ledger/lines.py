"""A wallet's statement: its lines, the newest first."""

from uuid import UUID

from models import Line
from services.actors import Actor
from services.ledger.sight import visible_wallet

MOST = 100


async def lines(
    actor: Actor, wallet_id: UUID, first: int, before_number: int | None = None
) -> list[Line]:
    """Return at most ``first`` (up to 100) lines of a wallet, from the newest back.

    Args:
        actor: The holder, an operator, or the house.
        wallet_id: Whose lines.
        first: How many.
        before_number: Go on behind the line of this number; lines that arrive shift no page.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    await visible_wallet(actor, wallet_id)
    found = Line.filter(wallet_id=wallet_id)
    if before_number is not None:
        found = found.filter(number__lt=before_number)
    return await found.order_by("-number").limit(max(0, min(first, MOST)))

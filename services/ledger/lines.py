"""A wallet's statement: its lines, the newest first."""

from uuid import UUID

from models import Entry, Line
from models.engines import Row
from services.actors import Actor
from services.ledger.sight import visible_wallet


async def lines(
    actor: Actor, wallet_id: UUID, limit: int, before_number: int | None = None
) -> list[Row]:
    """Return lines of a wallet, from the newest back, each with its entry's ``kind``.

    Args:
        actor: The holder, or who sees the ledger.
        wallet_id: Whose lines.
        limit: How many at the most.
        before_number: Go on behind the line of this number; lines that arrive shift no page.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    await visible_wallet(actor, wallet_id)
    found = Line.filter(wallet_id=wallet_id)
    if before_number is not None:
        found = found.filter(number__lt=before_number)
    rows: list[Row] = await found.order_by("-number").limit(limit).values()
    entries = await Entry.filter(id__in=[row["entry_id"] for row in rows]).values_list("id", "kind")
    kinds = dict(entries)
    return [row | {"kind": kinds[row["entry_id"]]} for row in rows]

"""What a wallet held at a moment of the past."""

from datetime import datetime
from uuid import UUID

from models import Line
from services.actors import Actor
from services.ledger.sight import visible_wallet


async def balance_at(actor: Actor, wallet_id: UUID, moment: datetime) -> int:
    """Return a wallet's balance in minor units after every line dated at or before the moment.

    Lines are numbered without gaps and never dated before one another, so the last one is found
    by halving: a score of reads by unique index for a million lines.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    wallet = await visible_wallet(actor, wallet_id)
    known_minor = 0
    low, high = 0, wallet.line_count  # line `low` is in, every line after `high` is not
    while low < high:
        middle = (low + high + 1) // 2
        line = await Line.get(wallet_id=wallet_id, number=middle)
        if line.at <= moment:
            low, known_minor = middle, line.balance_after_minor
        else:
            high = middle - 1
    return known_minor

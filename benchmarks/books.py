"""What must be true after each run: nothing acknowledged is missing, and the books balance."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from services.actors import SYSTEM
from services.ledger.check import check_ledger


class NotKept(Exception):
    """Something that was acknowledged is not there, or the books do not balance."""


_MISSING = """
SELECT acknowledged.reference FROM acknowledged
LEFT JOIN account_transaction AS bought
    ON bought.partner_id = $1 AND bought.reference = acknowledged.reference
LEFT JOIN ticket ON ticket.draw_id = $2 AND ticket.serial = acknowledged.reference
    AND ticket.purchase_id = bought.id
LEFT JOIN ledger_entry AS entry ON entry.id = bought.id
WHERE ticket.id IS NULL OR entry.id IS NULL
    OR 2 <> (SELECT count(*) FROM ledger_line WHERE entry_id = bought.id)
LIMIT 10
"""
"""References that were acknowledged and do not lead to a purchase, its ticket and its entry."""


async def check_acknowledged(
    url: str, platform_id: UUID, draw_id: UUID, run: str, numbers: Iterable[int]
) -> None:
    """Look up everything that a run was told was bought.

    Raises:
        NotKept: Something is not there.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TEMPORARY TABLE acknowledged (reference text)")
        await connection.copy_records_to_table(
            "acknowledged", records=((f"{run}-{number:010}",) for number in numbers)
        )
        await connection.execute("ANALYZE acknowledged")
        missing = await connection.fetch(_MISSING, platform_id, draw_id)
    finally:
        await connection.close()
    if missing:
        raise NotKept(f"acknowledged and not there: {[row['reference'] for row in missing]}")


async def check_books(url: str) -> int:
    """Recompute the whole ledger; return how many lines it has.

    Raises:
        NotKept: The books do not balance.
    """
    report = await check_ledger(url, SYSTEM)
    if not report.is_sound:
        raise NotKept(f"the books do not agree: {report.differences[:10]}")
    return report.lines

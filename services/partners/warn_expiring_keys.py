"""Telling partners that an API key of theirs expires soon, once."""

from datetime import timedelta
from uuid import UUID

from models import ApiKey
from models.kinds import EventKind
from services import audiences
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Body, Command, Key
from services.partners.keys import KEYS, facts_of, find_key, is_good, lock_of, shown

AHEAD = timedelta(days=7)
BATCH = 100


async def warn_expiring_keys(house: House) -> int:
    """Tell of every key that expires within ``AHEAD`` and was not told of; return how many."""
    now = house.clock()
    soon = ApiKey.filter(
        expires_at__gt=now, expires_at__lte=now + AHEAD, warned_at=None, revoked_at=None
    )
    found = await soon.order_by("expires_at").limit(BATCH)
    for key in found:
        await _warn(house, key.partner_id, key.id)
    return len(found)


async def _warn(house: House, partner_id: UUID, key_id: UUID) -> None:
    def decide(books: Books) -> Body:
        row = find_key(books, partner_id, key_id)
        if is_good(row, books.now) and row["warned_at"] is None:
            books.update(KEYS.table, key_id, warned_at=books.now)
            body = {"api_key": shown(row | {"warned_at": books.now})}
            books.tell(EventKind.API_KEY_EXPIRING, body, audiences.partner(partner_id))
        return {}

    await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "warnExpiringKey", str(key_id), {}),
            decide=decide,
            locks=(lock_of(partner_id),),
            facts=facts_of(partner_id),
        )
    )

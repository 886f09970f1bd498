"""Revoking an API key: from this moment on it opens nothing, and its open sockets are closed."""

from uuid import UUID

from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.partners.keys import (
    KEYS,
    check_holder,
    facts_of,
    find_key,
    lock_of,
    managed_key,
    shown,
)


async def revoke_api_key(
    house: House, actor: Actor, key: str, key_id: UUID, reason: str | None = None
) -> Answered:
    """Revoke a key, be it the caller's own. What is revoked already stays as it is.

    Returns:
        ``api_key``.

    Raises:
        NotAllowed: The caller may not manage the partner's keys.
        Refused: ``NOT_FOUND``.
    """
    partner_id = (await managed_key(actor, key_id)).partner_id

    def decide(books: Books) -> Body:
        check_holder(books, actor, partner_id)
        row = find_key(books, partner_id, key_id)
        if row["revoked_at"] is not None:
            return {"api_key": shown(row)}
        books.update(KEYS.table, key_id, revoked_at=books.now)
        books.note("revokedAt", None, books.now.isoformat())
        return {"api_key": shown(row | {"revoked_at": books.now})}

    arguments = {"key_id": key_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "revokeApiKey", key, arguments),
            decide=decide,
            locks=(lock_of(partner_id),),
            facts=facts_of(partner_id),
            audit=Audit(key_id, reason),
        )
    )

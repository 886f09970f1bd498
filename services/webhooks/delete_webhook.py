"""Deleting a webhook: it is told nothing any more, and its secrets are gone."""

from uuid import UUID

from models.engines import Row
from models.kinds import WebhookState
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.webhooks.endpoints import (
    WEBHOOKS,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    shown,
)


async def delete_webhook(house: House, actor: Actor, key: str, webhook_id: UUID) -> Answered:
    """Delete a webhook of the caller's. Its row stays, for the audit log's sake.

    Returns:
        ``webhook``.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``NOT_FOUND``.
    """
    await managed_webhook(actor, webhook_id)

    def decide(books: Books) -> Body:
        row = find_webhook(books, webhook_id)
        changes: Row = {
            "state": WebhookState.DELETED,
            "secret_sealed": None,
            "old_secret_sealed": None,
            "old_secret_until": None,
        }
        books.update(WEBHOOKS.table, webhook_id, **changes)
        books.note("state", row["state"], WebhookState.DELETED)
        return {"webhook": shown(row | changes)}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "deleteWebhook", key, {"webhook_id": webhook_id}),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=facts_of(webhook_id),
            audit=Audit(webhook_id),
        )
    )

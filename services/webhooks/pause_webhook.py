"""Pausing a webhook: it is told nothing, and goes on later where it stood."""

from uuid import UUID

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


async def pause_webhook(
    house: House, actor: Actor, key: str, webhook_id: UUID, reason: str | None = None
) -> Answered:
    """Stop telling at a webhook. What the house stops, the house alone lets go on.

    Returns:
        ``webhook``.

    Raises:
        NotAllowed: The caller may manage no webhooks.
        Refused: ``NOT_FOUND``.
    """
    await managed_webhook(actor, webhook_id, by_house=True)
    state = WebhookState.PAUSED if actor.partner_kind else WebhookState.BLOCKED

    def decide(books: Books) -> Body:
        row = find_webhook(books, webhook_id)
        if row["state"] in {state, WebhookState.BLOCKED}:
            return {"webhook": shown(row)}
        books.update(WEBHOOKS.table, webhook_id, state=state)
        books.note("state", row["state"], state)
        return {"webhook": shown(row | {"state": state})}

    arguments = {"webhook_id": webhook_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "pauseWebhook", key, arguments),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=facts_of(webhook_id),
            audit=Audit(webhook_id, reason),
        )
    )

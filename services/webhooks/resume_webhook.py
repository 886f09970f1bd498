"""Letting a webhook go on that was paused, or given up."""

from uuid import UUID

from models.engines import Row
from models.kinds import WebhookState
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused
from services.webhooks.endpoints import (
    WEBHOOKS,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    shown,
)


async def resume_webhook(
    house: House, actor: Actor, key: str, webhook_id: UUID, reason: str | None = None
) -> Answered:
    """Go on telling at a webhook, from where it stood; what was removed meanwhile is told as a gap.

    Returns:
        ``webhook``.

    Raises:
        NotAllowed: The caller may manage no webhooks.
        Refused: ``NOT_FOUND``, ``WEBHOOK_BLOCKED`` (the house stopped it).
    """
    await managed_webhook(actor, webhook_id, by_house=True)

    def decide(books: Books) -> Body:
        row = find_webhook(books, webhook_id)
        if row["state"] == WebhookState.ACTIVE:
            return {"webhook": shown(row)}
        if row["state"] == WebhookState.BLOCKED and actor.partner_kind:
            raise Refused(RefusalCode.WEBHOOK_BLOCKED)
        changes: Row = {
            "state": WebhookState.ACTIVE,
            "attempts": 0,
            "next_attempt_at": books.now,
            "failing_since": None,
        }
        books.update(WEBHOOKS.table, webhook_id, **changes)
        books.note("state", row["state"], WebhookState.ACTIVE)
        return {"webhook": shown(row | changes)}

    arguments = {"webhook_id": webhook_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "resumeWebhook", key, arguments),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=facts_of(webhook_id),
            audit=Audit(webhook_id, reason),
        )
    )

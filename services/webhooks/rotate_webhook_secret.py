"""Rotating the secret that a webhook's messages are signed with: both sign for a while."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.engines import Row
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Key
from services.partners.keys import LONGEST_OVERLAP, USUAL_OVERLAP, moment_within
from services.vault import Purpose
from services.webhooks.create_webhook import WebhookMade
from services.webhooks.endpoints import (
    WEBHOOKS,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    shown,
)
from services.webhooks.signing import new_signing_secret


@dataclass(frozen=True, slots=True)
class RotateWebhookSecret:
    """Which webhook, and until when the old secret signs beside the new one (None: a day)."""

    key: str
    webhook_id: UUID
    old_until: datetime | None = None


async def rotate_webhook_secret(
    house: House, actor: Actor, request: RotateWebhookSecret
) -> WebhookMade:
    """Give a webhook of the caller's a new secret. A secret that signed beside it ends at once.

    Returns:
        ``webhook``, and the new secret.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``NOT_FOUND``, ``EXPIRY_OUT_OF_RANGE``.
    """
    await managed_webhook(actor, request.webhook_id)
    secret = new_signing_secret()
    sealed = house.vault.seal(Purpose.WEBHOOK_SECRET, secret)

    def decide(books: Books) -> Body:
        row = find_webhook(books, request.webhook_id)
        until = moment_within(
            books.now, request.old_until, USUAL_OVERLAP, LONGEST_OVERLAP, "oldUntil"
        )
        changes: Row = {
            "secret_sealed": sealed,
            "old_secret_sealed": row["secret_sealed"],
            "old_secret_until": until,
        }
        books.update(WEBHOOKS.table, request.webhook_id, **changes)
        books.note("oldSecretUntil", None, until.isoformat())
        return {"webhook": shown(row | changes)}

    arguments = {"webhook_id": request.webhook_id, "old_until": request.old_until}
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "rotateWebhookSecret", request.key, arguments),
            decide=decide,
            locks=(lock_of(request.webhook_id),),
            facts=facts_of(request.webhook_id),
            audit=Audit(request.webhook_id),
        )
    )
    return WebhookMade(answered, None if answered.replayed else secret)

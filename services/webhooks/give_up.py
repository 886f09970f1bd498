"""What becomes of what cannot be delivered: an event is set aside, an address is given up.

Both go through the desk, because the position moves with the dead letter, and because the partner
is told in the feed.
"""

from urllib.parse import urlsplit
from uuid import UUID

from models import DeadLetter, Webhook
from models.engines import Lookup, Row
from models.kinds import DeadLetterState, EventKind, WebhookState
from services import audiences
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Fact, Key
from services.notifications.items import FeedItem
from services.webhooks.endpoints import WEBHOOKS, facts_of, lock_of

OF_WEBHOOK = Lookup.of(DeadLetter, "webhook_id", "position")


async def set_aside(
    house: House, webhook: Webhook, item: FeedItem, attempts: int, error: str
) -> None:
    """Put an event among the dead letters, and go on behind it.

    Nothing is done by whoever has lost the lease, or where the position was moved meanwhile.
    """
    webhook_id, lease_id = UUID(str(webhook.id)), webhook.lease_id

    def decide(books: Books) -> Body:
        row = books.one(WEBHOOKS, webhook_id)
        if row is None or (row["lease_id"], row["position"]) != (lease_id, webhook.position):
            return {}
        letter: Row = {
            "kind": item.kind,
            "at": item.at,
            "state": DeadLetterState.DEAD,
            "attempts": attempts,
            "error": error,
            "created_at": books.now,
        }
        earlier = books.one(OF_WEBHOOK, webhook_id, item.position)
        if earlier is None:
            names = {"id": books.new_id(), "webhook_id": webhook_id, "position": item.position}
            books.insert(OF_WEBHOOK.table, letter | names)
        else:
            books.update(OF_WEBHOOK.table, earlier["id"], **letter)
        books.update(
            WEBHOOKS.table,
            webhook_id,
            position=item.position,
            position_at=books.now,
            attempts=0,
            next_attempt_at=books.now,
        )
        return {}

    await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "setAside", f"{lease_id}:{item.position}", {}),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=(*facts_of(webhook_id), Fact(OF_WEBHOOK, (webhook_id, item.position))),
        )
    )


async def disable(house: House, webhook: Webhook, reason: str) -> None:
    """Send nothing to an address any more, and tell the partner and the house why."""
    webhook_id, lease_id = UUID(str(webhook.id)), webhook.lease_id

    def decide(books: Books) -> Body:
        row = books.one(WEBHOOKS, webhook_id)
        if row is None or (row["lease_id"], row["state"]) != (lease_id, WebhookState.ACTIVE):
            return {}
        books.update(WEBHOOKS.table, webhook_id, state=WebhookState.DISABLED)
        books.note("state", WebhookState.ACTIVE, WebhookState.DISABLED)
        body = {
            "webhook_id": webhook_id,
            "partner_id": row["partner_id"],
            "host": urlsplit(row["url"]).hostname,
            "reason": reason,
        }
        partner = audiences.partner(row["partner_id"])
        books.tell(EventKind.WEBHOOK_DISABLED, body, partner, audiences.ALERTS)
        return {}

    await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "disableWebhook", f"{webhook_id}:{lease_id}", {}),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=facts_of(webhook_id),
            audit=Audit(webhook_id, reason),
        )
    )

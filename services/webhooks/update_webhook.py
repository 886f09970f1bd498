"""Changing where a webhook leads, or which kinds of events it is told."""

from dataclasses import dataclass
from uuid import UUID

from models.engines import Row
from models.kinds import EventKind
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused
from services.webhooks.create_webhook import is_permitted
from services.webhooks.endpoints import (
    WEBHOOKS,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    named,
    shown,
)


@dataclass(frozen=True, slots=True)
class UpdateWebhook:
    """What shall be changed: None leaves it; ``all_kinds`` stands above ``kinds``."""

    key: str
    webhook_id: UUID
    url: str | None = None
    kinds: frozenset[EventKind] | None = None
    all_kinds: bool = False


async def update_webhook(house: House, actor: Actor, request: UpdateWebhook) -> Answered:
    """Change a webhook of the caller's; what comes next is the event that would have come next.

    Returns:
        ``webhook``.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``NOT_FOUND``, ``WEBHOOK_URL_REFUSED``.
    """
    await managed_webhook(actor, request.webhook_id)
    permitted = request.url is None or await is_permitted(house, request.url)

    def decide(books: Books) -> Body:
        row = find_webhook(books, request.webhook_id)
        if not permitted:
            raise Refused(RefusalCode.WEBHOOK_URL_REFUSED, "url")
        changes: Row = {}
        if request.url is not None:
            changes["url"] = request.url
        if request.all_kinds or request.kinds is not None:
            changes["kinds"] = named(None if request.all_kinds else request.kinds)
        for name, value in changes.items():
            books.note(name, row[name], value)
        books.update(WEBHOOKS.table, request.webhook_id, **changes)
        return {"webhook": shown(row | changes)}

    arguments = {
        "webhook_id": request.webhook_id,
        "url": request.url,
        "kinds": named(request.kinds),
        "all_kinds": request.all_kinds,
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "updateWebhook", request.key, arguments),
            decide=decide,
            locks=(lock_of(request.webhook_id),),
            facts=facts_of(request.webhook_id),
            audit=Audit(request.webhook_id),
        )
    )

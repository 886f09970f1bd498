"""Sending a test event: whether an address answers is seen without waiting for business."""

from uuid import UUID

from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.webhooks.endpoints import (
    WEBHOOKS,
    check_works,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    shown,
)


async def send_test_event(house: House, actor: Actor, key: str, webhook_id: UUID) -> Answered:
    """Have a test event sent to a webhook of the caller's, once, before whatever waits.

    Returns:
        ``webhook``, and ``test_id``, the message's id.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``NOT_FOUND``, ``WEBHOOK_NOT_ACTIVE``.
    """
    await managed_webhook(actor, webhook_id)

    def decide(books: Books) -> Body:
        row = find_webhook(books, webhook_id)
        check_works(row)
        test_id = books.new_id()
        books.update(WEBHOOKS.table, webhook_id, test_id=test_id)
        return {"webhook": shown(row), "test_id": test_id}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "sendTestEvent", key, {"webhook_id": webhook_id}),
            decide=decide,
            locks=(lock_of(webhook_id),),
            facts=facts_of(webhook_id),
            audit=Audit(webhook_id),
        )
    )

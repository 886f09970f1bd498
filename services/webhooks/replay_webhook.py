"""Sending again: all that followed an earlier event, or what was set aside."""

from dataclasses import dataclass
from uuid import UUID

from models import DeadLetter
from models.engines import Lookup, Row
from models.kinds import DeadLetterState
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused
from services.webhooks.endpoints import (
    WEBHOOKS,
    facts_of,
    find_webhook,
    lock_of,
    managed_webhook,
    shown,
)

LETTERS = Lookup.of(DeadLetter)


@dataclass(frozen=True, slots=True)
class ReplayWebhook:
    """Behind which position everything is sent again (None: go on), and which dead letters are."""

    key: str
    webhook_id: UUID
    after: int | None = None
    letter_ids: tuple[UUID, ...] = ()


async def replay_webhook(house: House, actor: Actor, request: ReplayWebhook) -> Answered:
    """Have events sent again to a webhook of the caller's, in the feed's order.

    Dead letters go first, each with one attempt; what fails is set aside again.

    Returns:
        ``webhook``.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``NOT_FOUND``, ``NOTHING_TO_REPLAY`` (the position lies ahead).
    """
    await managed_webhook(actor, request.webhook_id)

    def decide(books: Books) -> Body:
        row = find_webhook(books, request.webhook_id)
        changes: Row = {}
        if request.after is not None:
            if request.after >= row["position"]:
                raise Refused(RefusalCode.NOTHING_TO_REPLAY, "after")
            changes = {
                "position": request.after,
                "position_at": books.now,
                "attempts": 0,
                "next_attempt_at": books.now,
            }
            books.update(WEBHOOKS.table, request.webhook_id, **changes)
            books.note("position", str(row["position"]), str(request.after))
        for place, letter_id in enumerate(request.letter_ids):
            letter = books.one(LETTERS, letter_id)
            if letter is None or letter["webhook_id"] != request.webhook_id:
                raise not_found("deadLetterIds", place)
            books.update(LETTERS.table, letter_id, state=DeadLetterState.WAITING)
        if request.letter_ids:
            books.note("deadLetters", None, str(len(request.letter_ids)))
        return {"webhook": shown(row | changes)}

    arguments = {
        "webhook_id": request.webhook_id,
        "after": request.after,
        "letter_ids": sorted(map(str, request.letter_ids)),
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "replayWebhook", request.key, arguments),
            decide=decide,
            locks=(lock_of(request.webhook_id),),
            facts=(
                *facts_of(request.webhook_id),
                *(Fact(LETTERS, (letter_id,)) for letter_id in request.letter_ids),
            ),
            audit=Audit(request.webhook_id),
        )
    )

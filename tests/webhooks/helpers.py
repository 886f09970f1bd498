"""What the webhooks' tests share: who is told, what is told, and a turn of the delivery."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from models import DeadLetter, Webhook
from models.kinds import DeadLetterState, EventKind
from services import audiences
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Body
from services.notifications.items import FeedItem, Gap
from services.webhooks.create_webhook import CreateWebhook, create_webhook
from services.webhooks.deliver import Turn, WebhookFigures
from services.webhooks.due import find_due
from services.webhooks.pace import Pace
from tests.factories import HouseUnderTest, a_key, given, id_of, new_id

URL = "https://hooks.example.com/coffer"
DELAYS = (timedelta(seconds=10), timedelta(minutes=1))
PACE = Pace(delays=DELAYS, spread=0.0)
"""Three attempts for an event, at moments that are known."""

MOST_TURNS = 50


async def plainly(house: House, actor: Actor, item: FeedItem | Gap) -> dict[str, Any]:
    """Present an event by its position and number, for tests that make up their own events."""
    del house, actor
    if isinstance(item, Gap):
        return {"cursor": str(item.resumes_after)}
    return {"id": f"event-{item.position}", "number": item.body.get("number")}


async def a_webhook(
    house: HouseUnderTest,
    partner: Actor,
    *,
    kinds: frozenset[EventKind] | None = None,
    after: int | None = None,
    url: str = URL,
) -> UUID:
    """Make a webhook, and return its id."""
    made = await create_webhook(house, partner, CreateWebhook(a_key(), url, kinds, after))
    return UUID(made.answered.body["webhook"]["id"])


async def tell(
    house: House, partner: Actor, *numbers: int, kind: EventKind = EventKind.PURCHASE
) -> None:
    """Tell a partner an event for each number."""

    def decide(books: Books) -> Body:
        for number in numbers:
            books.tell(kind, {"number": number}, audiences.partner(id_of(partner)))
        return {}

    await given(house, decide)


def a_turn(
    house: House,
    webhook_id: UUID,
    *,
    pace: Pace = PACE,
    figures: WebhookFigures | None = None,
    stop: asyncio.Event | None = None,
) -> Turn:
    """Return a turn that can be taken."""
    return Turn(
        house, plainly, pace, figures or WebhookFigures(), webhook_id, stop or asyncio.Event()
    )


async def deliver(house: House, webhook_id: UUID, *, pace: Pace = PACE) -> int:
    """Take turns until the webhook is not due any more; return how many messages arrived."""
    delivered = 0
    for _ in range(MOST_TURNS):
        if webhook_id not in await find_due(house.clock, (), MOST_TURNS):
            return delivered
        delivered += await a_turn(house, webhook_id, pace=pace).take()
    raise AssertionError("it is due for ever")


def numbers(house: HouseUnderTest) -> list[int]:
    """Return the numbers of the events that the courier was given, in order."""
    return [
        posted.content["data"]["number"]
        for posted in house.courier.posted
        if posted.content["data"].get("number") is not None
    ]


async def webhook(webhook_id: UUID) -> Webhook:
    """Return a webhook's row."""
    return await Webhook.get(id=webhook_id)


async def a_dead_letter(house: HouseUnderTest, webhook_id: UUID, position: int = 1) -> DeadLetter:
    """Put an event among a webhook's dead letters, and return it."""
    return await DeadLetter.create(
        id=new_id(),
        webhook_id=webhook_id,
        position=position,
        kind=EventKind.PURCHASE,
        at=house.clock(),
        state=DeadLetterState.DEAD,
        attempts=9,
        error="HTTP 500",
        created_at=house.clock(),
    )

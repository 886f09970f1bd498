"""Which webhooks there is something to send to, found without changing anything."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models import DeadLetter, FeedEvent, Partner, Webhook
from models.kinds import DeadLetterState, WebhookState
from services.audiences import heard_by
from services.clock import Clock
from services.notifications.hearing import Hearing
from services.notifications.reading import floor
from services.webhooks.endpoints import kinds_in, listener

SLACK = 1000
"""How many events that are not for it a webhook may lie behind before its position is moved."""

LONGEST_LEASE = timedelta(minutes=10)
"""No lease lasts so long: one that would was taken before the clock stepped back."""

REFRESH = timedelta(hours=12)
"""After how long it is moved in any case: retention shall not meet one that missed nothing."""


def free(clock: Clock) -> QuerySet[Webhook]:
    """Return the active webhooks that nobody delivers to, as the database sees them now."""
    now = clock()
    nobody = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    nobody |= Q(lease_until__gt=now + LONGEST_LEASE)
    return Webhook.filter(nobody, state=WebhookState.ACTIVE)


def rests(webhook: Webhook, now: datetime) -> bool:
    """Tell whether a webhook waits because what it was told last did not arrive."""
    return webhook.attempts > 0 and webhook.next_attempt_at > now


def heard_at(webhook: Webhook, partner: Partner) -> Hearing:
    """Return what a webhook is told: what its partner may hear now, of the kinds it asks for."""
    return Hearing(heard_by(listener(partner)), kinds_in(webhook.kinds))


async def find_due(clock: Clock, busy: Collection[UUID], limit: int) -> list[UUID]:
    """Return up to so many webhooks that want a turn, those first that had none for longest.

    Args:
        clock: The present.
        busy: Those that this process delivers to already.
        limit: How many at the most.
    """
    candidates = [webhook for webhook in await free(clock) if webhook.id not in busy]
    if not candidates or limit <= 0:
        return []
    ids = [webhook.id for webhook in candidates]
    letters = DeadLetter.filter(webhook_id__in=ids, state=DeadLetterState.WAITING)
    waiting = set(await letters.distinct().values_list("webhook_id", flat=True))
    partners = {
        partner.id: partner
        for partner in await Partner.filter(id__in={webhook.partner_id for webhook in candidates})
    }
    newest = await FeedEvent.all().order_by("-id").first()
    end = max(await floor(), 0 if newest is None else newest.id)
    now = clock()
    due: list[UUID] = []
    for webhook in sorted(candidates, key=lambda each: each.last_attempt_at or each.created_at):
        if len(due) == limit:
            break
        wanted = webhook.test_id is not None or webhook.id in waiting
        if not wanted and not rests(webhook, now) and webhook.position < end:
            stale = end - webhook.position > SLACK or now - webhook.position_at > REFRESH
            wanted = stale or await _has_news(webhook, partners[webhook.partner_id])
        if wanted:
            due.append(UUID(str(webhook.id)))
    return due


async def _has_news(webhook: Webhook, partner: Partner) -> bool:
    lowest = await floor()
    if webhook.position < lowest:
        return True
    return await heard_at(webhook, partner).events().filter(id__gt=webhook.position).exists()


async def waiting_since(webhook: Webhook) -> datetime | None:
    """Return when the event happened that a webhook is told next; None where none waits."""
    heard = heard_at(webhook, await Partner.get(id=webhook.partner_id))
    comes_next = await heard.events().filter(id__gt=webhook.position).order_by("id").first()
    return None if comes_next is None else comes_next.at

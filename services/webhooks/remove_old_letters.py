"""Forgetting dead letters that nobody can send any more, in batches."""

from tortoise.expressions import Q, Subquery

from models import DeadLetter, Webhook
from models.kinds import WebhookState
from services.house import House
from services.notifications.reading import floor

BATCH = 1000


async def remove_old_letters(house: House) -> int:
    """Remove letters whose events the feed no longer keeps, and those of deleted webhooks.

    Returns:
        How many: ``BATCH`` at the most.
    """
    del house  # what is old was decided when the events were removed
    deleted = Webhook.filter(state=WebhookState.DELETED).values("id")
    over = Q(position__lte=await floor()) | Q(webhook_id__in=Subquery(deleted))
    old = await DeadLetter.filter(over).limit(BATCH).values_list("id", flat=True)
    return int(await DeadLetter.filter(id__in=list(old)).delete()) if old else 0

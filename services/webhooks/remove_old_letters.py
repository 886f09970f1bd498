"""Forgetting dead letters that nobody can send any more."""

from tortoise.expressions import Subquery

from models import DeadLetter, Webhook
from models.kinds import WebhookState
from services.house import House
from services.notifications.reading import floor


async def remove_old_letters(house: House) -> int:
    """Remove the letters whose events the feed no longer keeps, and those of deleted webhooks.

    Returns:
        How many.
    """
    del house  # what is old was decided when the events were removed
    old = await DeadLetter.filter(position__lte=await floor()).delete()
    deleted = Webhook.filter(state=WebhookState.DELETED).values("id")
    return int(old) + int(await DeadLetter.filter(webhook_id__in=Subquery(deleted)).delete())

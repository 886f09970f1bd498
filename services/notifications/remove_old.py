"""Forgetting old events, in batches, so that whoever comes too late is told so."""

from datetime import timedelta

from models import FeedEvent, FeedFloor
from services.house import House
from services.notifications.reading import floor
from services.notifications.watermark import Watermark
from services.parameters import ParameterName

BATCH = 1000
SETTLE_S = 1.0


async def remove_old_events(house: House) -> int:
    """Remove up to ``BATCH`` of the events older than ``EVENT_RETENTION_DAYS``; return how many.

    Only what lies together at the beginning of the feed goes, and nothing beyond the watermark.
    The floor is raised first, by a statement of its own: a reader that does not see an event finds
    the floor that took it, and a run that dies in between is finished by the next.
    """
    days = await house.parameters.value(ParameterName.EVENT_RETENTION_DAYS)
    oldest = house.clock() - timedelta(days=days)
    lowest = await floor()
    watermark = Watermark(lowest)
    await watermark.settle(SETTLE_S)
    candidates = (
        await FeedEvent.filter(id__lte=watermark.position)
        .order_by("id")
        .limit(BATCH)
        .values_list("id", "at")
    )
    top = 0
    for position, at in candidates:
        # At or below the floor is what a run that died left behind.
        if at >= oldest and position > lowest:
            break
        top = position
    if not top:
        return 0
    await FeedFloor.filter(id=1, position__lt=top).update(position=top)
    return int(await FeedEvent.filter(id__lte=top).delete())

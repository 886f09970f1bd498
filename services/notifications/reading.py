"""Reading a stretch of the feed, and noticing when retention took something out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.queryset import QuerySet

from models import FeedEvent, FeedFloor
from services.notifications.items import COLUMNS, Gap

BATCH = 500
"""How many events are read at once, at the most."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of the feed.

    Attributes:
        rows: The ``COLUMNS`` of the events, in order.
        end: The position up to which the rows are everything.
        gap: Where events above the beginning may have been removed; the rows come after it.
    """

    rows: list[Sequence[Any]]
    end: int
    gap: Gap | None


async def floor() -> int:
    """Return the position up to which events have been, or are about to be, removed."""
    return int((await FeedFloor.get(id=1)).position)


async def stretch(
    events: QuerySet[FeedEvent], after: int, upto: int, limit: int = BATCH
) -> Stretch:
    """Read events above one position and not above another, which a watermark has passed.

    Whoever removes raises the floor first, and here the floor is read last: an event that was
    gone when the rows were read is at or below the floor that is found then.
    """
    wanted = events.filter(id__gt=after, id__lte=upto).order_by("id").limit(limit)
    rows: list[Sequence[Any]] = list(await wanted.values_list(*COLUMNS))
    end = rows[-1][0] if len(rows) == limit else upto
    lowest = await floor()
    if lowest <= after:
        return Stretch(rows, end, None)
    return Stretch([row for row in rows if row[0] > lowest], max(end, lowest), Gap(lowest))

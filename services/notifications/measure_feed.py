"""What an operator watches of the feed's beginning: the rest each process tells of itself."""

from datetime import timedelta

from models import FeedEvent
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House
from services.parameters import ParameterName

OVERDUE_EVENTS = Figure(
    "coffer_events_overdue_seconds",
    FigureKind.GAUGE,
    "For how long the first event of the feed has been kept beyond its days.",
    "above an hour: the background work stands still, or removes less than is written",
)

FEED = (OVERDUE_EVENTS,)


async def measure_feed(house: House) -> list[Reading]:
    """Return for how long the first event has been overdue."""
    kept = timedelta(days=await house.parameters.value(ParameterName.EVENT_RETENTION_DAYS))
    first = await FeedEvent.all().order_by("id").first()
    return [OVERDUE_EVENTS.at(age_s(first.at + kept if first else None, house.clock()))]

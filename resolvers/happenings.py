"""Events of the feed as clients see them."""

from collections.abc import Sequence

from graphql_schema.faults import coded
from graphql_schema.messages import REFUSALS
from graphql_schema.notifications import FEED, FeedEvent, FeedGap, Happened, event
from graphql_schema.reading import ordinal
from graphql_schema.relay import cursor_of
from models.kinds import EventKind
from resolvers.context import Context
from services.notifications.items import FeedItem, Gap
from services.refusals import RefusalCode, Refused

KINDS_MAX = len(EventKind)


def shown(item: FeedItem) -> FeedEvent:
    """Return an event as clients see it."""
    return event(Happened(item.position, item.kind, item.at, item.body))


def shown_gap(gap: Gap) -> FeedGap:
    """Return a gap as clients see it."""
    return FeedGap(cursor=cursor_of(FEED, gap.resumes_after))


def read_kinds(context: Context, kinds: Sequence[EventKind] | None) -> frozenset[EventKind] | None:
    """Return which kinds of events are asked for."""
    if kinds is None:
        return None
    return frozenset(context.reading.items(kinds, "kinds", KINDS_MAX))


def read_after(context: Context, after: str | None) -> int | None:
    """Return the position that a cursor of the feed stands for."""
    return None if after is None else context.reading.cursor(FEED, after, ordinal)


def unseen(context: Context, refused: Refused) -> Exception:
    """Return what is told of an account that one does not see, to be raised."""
    code = RefusalCode.NOT_FOUND
    path = ".".join(str(step) for step in refused.refusal.path)
    return coded(code, REFUSALS[code].say(context.language, {}), field=path)

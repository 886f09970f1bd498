"""The feed as a query: what a subscription would have told, page by page."""

from dataclasses import dataclass
from uuid import UUID

from models.kinds import EventKind
from services.actors import Actor
from services.notifications.feed import Feed
from services.notifications.hearing import hearing
from services.notifications.items import COLUMNS, FeedItem, Gap
from services.notifications.reading import floor
from services.notifications.watermark import Watermark

LARGEST_PAGE = 100
SETTLE_S = 0.25
"""How long to wait for commits under way, so that one reads what one has just done."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of what a caller hears.

    Attributes:
        items: In the order that was asked for.
        has_next: Whether more follow in that order.
        gap: Where ``after`` lies below what has been removed.
    """

    items: list[FeedItem]
    has_next: bool
    gap: Gap | None


async def history(
    feed: Feed,
    actor: Actor,
    *,
    first: int,
    after: int | None = None,
    before: int | None = None,
    newest_first: bool = False,
    kinds: frozenset[EventKind] | None = None,
    account_id: UUID | None = None,
) -> Page:
    """Return up to ``first`` events that the caller hears.

    Args:
        feed: The process's reader, started.
        actor: Who asks; it decides what is heard.
        first: How many, from 1 to ``LARGEST_PAGE``.
        after: Only positions above this one.
        before: Only positions below this one.
        newest_first: From the highest position down, instead of from the lowest up.
        kinds: Only these kinds of events (None: all).
        account_id: Only events of this account.

    Raises:
        NotAllowed: The caller is neither a customer nor a partner.
        Refused: ``NOT_FOUND``, where the account is not the customer's.
        ValueError: ``first`` is out of its range.
    """
    if not 1 <= first <= LARGEST_PAGE:
        raise ValueError(f"first must be from 1 to {LARGEST_PAGE}")
    heard = await hearing(actor, kinds, account_id)
    watermark = Watermark(feed.position)
    await watermark.settle(SETTLE_S)
    events = heard.events().filter(id__lte=watermark.position)
    if after is not None:
        events = events.filter(id__gt=after)
    if before is not None:
        events = events.filter(id__lt=before)
    rows = list(
        await events.order_by("-id" if newest_first else "id")
        .limit(first + 1)
        .values_list(*COLUMNS)
    )
    # Read last, as in ``stretch``: what was gone from the rows is not above this floor.
    lowest = await floor()
    gap = Gap(lowest) if after is not None and after < lowest else None
    found = [FeedItem.of(row) for row in rows]
    kept = [item for item in found if item.position > lowest] if gap else found
    return Page(kept[:first], len(kept) > first, gap)

"""Following the feed: what was missed, then what happens, in order and without a seam."""

from collections.abc import AsyncGenerator
from uuid import UUID

from models.kinds import EventKind
from services.actors import Actor
from services.notifications.feed import Feed
from services.notifications.hearing import Hearing, hearing
from services.notifications.items import FeedItem, Gap
from services.notifications.reading import stretch


async def follow(
    feed: Feed,
    actor: Actor,
    *,
    after: int | None = None,
    kinds: frozenset[EventKind] | None = None,
    account_id: UUID | None = None,
) -> AsyncGenerator[FeedItem | Gap, None]:
    """Yield what the caller hears after a position, for ever; close the generator to end it.

    Args:
        feed: The process's reader, started.
        actor: Who follows; it decides what is heard.
        after: The position of the last event that the caller has; None is from now on, and now is
            when the first item is asked for.
        kinds: Only these kinds of events (None: all).
        account_id: Only events of this account.

    Yields:
        Items in the order of their positions, each once; a ``Gap`` before them where events above
        ``after`` have been removed.

    Raises:
        NotAllowed: The caller is neither a customer nor a partner.
        Refused: ``NOT_FOUND``, where the account is not the customer's.
        Overflowed: The caller was too slow; it may come back with ``after``.
    """
    heard = await hearing(actor, kinds, account_id)
    live = _from_now(feed, heard) if after is None else _from(feed, heard, after)
    try:
        async for item in live:
            yield item
    finally:
        await live.aclose()


async def _from_now(feed: Feed, heard: Hearing) -> AsyncGenerator[FeedItem | Gap, None]:
    # The reader may be a little behind: what it has yet to hand over and is committed already
    # happened before now. What is drawn and not yet committed did not, nor did what is committed
    # from here on, while this is being looked up or after it.
    position = feed.position
    unread = heard.events().filter(id__gt=position)
    earlier = {int(row[0]) for row in await unread.values_list("id")}
    live = _from(feed, heard, position)
    try:
        async for item in live:
            if isinstance(item, Gap) or item.position not in earlier:
                yield item
    finally:
        await live.aclose()


async def _from(feed: Feed, heard: Hearing, after: int) -> AsyncGenerator[FeedItem | Gap, None]:
    position = after
    # Read from the database at the caller's own pace, until there is nothing left to catch up.
    while position < feed.position:
        part = await stretch(heard.events(), position, feed.position, feed.batch)
        position = part.end
        if part.gap is not None:
            yield part.gap
        for row in part.rows:
            yield FeedItem.of(row)
    # Nothing waits between the check above and this: no event falls in between.
    follower = feed.listen(heard)
    try:
        async for item in follower:
            reached = item.resumes_after if isinstance(item, Gap) else item.position
            if reached > position:
                position = reached
                yield item
    finally:
        follower.close()

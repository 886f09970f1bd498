"""The feed as pages."""

import asyncpg
import pytest

from app.adapters.local_bus import LocalBus
from models.kinds import EventKind
from services import audiences
from services.actors import NOBODY, NotAllowed
from services.notifications.history import LARGEST_PAGE, Page, history
from services.notifications.items import Gap
from services.refusals import Refused
from tests.notifications.helpers import (
    OPERATOR,
    PLAYER,
    RAW_INSERT,
    STRANGERS,
    feeding,
    telling,
    until,
)
from tests.notifications.test_follow import OTHER_ACCOUNT, remove_to


def shown(page: Page) -> tuple[list[int], bool]:
    return [item.position for item in page.items], page.has_next


async def test_pages_meet_without_holes_or_repeats(database: str) -> None:
    bus = LocalBus()
    # The reader never looks: what one has just done is in the history all the same.
    async with telling(database, bus) as teller, feeding(LocalBus(), poll_s=3600) as feed:
        await teller.tell(*range(1, 6))
        await teller.tell(0, 0, to=STRANGERS)
        await teller.tell(8, 9)
        assert shown(await history(feed, PLAYER, first=3)) == ([1, 2, 3], True)
        assert shown(await history(feed, PLAYER, first=3, after=3)) == ([4, 5, 8], True)
        await teller.tell(10)
        assert shown(await history(feed, PLAYER, first=3, after=8)) == ([9, 10], False)
        newest = await history(feed, PLAYER, first=3, newest_first=True)
        assert shown(newest) == ([10, 9, 8], True)
        await teller.tell(11)
        older = await history(feed, PLAYER, first=10, before=8, newest_first=True)
        assert shown(older) == ([5, 4, 3, 2, 1], False)
        between = await history(feed, PLAYER, first=10, after=2, before=5)
        assert shown(between) == ([3, 4], False)


async def test_it_is_narrowed_as_a_subscription_is(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        await teller.tell(1, to=audiences.ALERTS, kind=EventKind.THRESHOLD_ALERT)
        await teller.tell(2, kind=EventKind.DEPOSIT)
        await teller.tell(3)
        deposits = frozenset({EventKind.DEPOSIT})
        assert shown(await history(feed, PLAYER, first=9, kinds=deposits)) == ([2], False)
        assert shown(await history(feed, PLAYER, first=9)) == ([2, 3], False)
        assert shown(await history(feed, OPERATOR, first=9)) == ([1], False)
        with pytest.raises(Refused):
            await history(feed, PLAYER, first=9, account_id=OTHER_ACCOUNT)
        with pytest.raises(NotAllowed):
            await history(feed, NOBODY, first=9)


@pytest.mark.parametrize("first", [0, -1, LARGEST_PAGE + 1])
async def test_a_page_has_a_size(database: str, first: int) -> None:
    del database
    async with feeding(LocalBus()) as feed:
        with pytest.raises(ValueError, match="first"):
            await history(feed, PLAYER, first=first)


async def test_what_was_removed_is_said(database: str) -> None:
    bus = LocalBus()
    async with telling(database, bus) as teller, feeding(bus) as feed:
        await teller.tell(1, 2, 3, 4)
        for die in (True, False):
            await remove_to(2, die=die)
            page = await history(feed, PLAYER, first=9, after=1)
            assert shown(page) == ([3, 4], False)
            assert page.gap == Gap(2)
            assert (await history(feed, PLAYER, first=9, after=2)).gap is None


@pytest.mark.postgres
async def test_a_page_ends_where_a_late_commit_may_come(postgres: str) -> None:
    """Else a client that goes on from the page's end would never see the late one."""
    late = await asyncpg.connect(postgres)
    bus = LocalBus()
    try:
        async with telling(postgres, bus) as teller, feeding(bus) as feed:
            await teller.tell(1)
            await until(lambda: feed.position == 1)
            await late.execute("BEGIN")
            await late.execute(RAW_INSERT)
            await teller.tell(3)
            assert shown(await history(feed, PLAYER, first=9)) == ([1], False)
            await late.execute("COMMIT")
            assert shown(await history(feed, PLAYER, first=9)) == ([1, 2, 3], False)
    finally:
        await late.close()

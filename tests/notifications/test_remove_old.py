"""Retention of events."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from tortoise.connection import get_connection

from app.adapters.local_bus import LocalBus
from app.database import connected
from models import FeedEvent, ParameterChange
from models.kinds import ParameterState
from services.clock import new_id
from services.notifications import remove_old
from services.notifications.measure_feed import measure_feed
from services.notifications.reading import floor
from services.notifications.remove_old import remove_old_events
from services.parameters import ParameterName
from tests.notifications.helpers import FAR_FUTURE, RAW_INSERT, house_at, telling
from tests.notifications.test_follow import remove_to

TOLD_AT = datetime(2026, 1, 1, tzinfo=UTC)


async def overdue_s(now: datetime) -> float:
    ((_, _, value),) = await measure_feed(house_at(now))
    assert isinstance(value, float)
    return value


async def kept() -> list[int]:
    return [row[0] for row in await FeedEvent.all().order_by("id").values_list("id")]


async def test_what_is_older_than_the_parameter_goes_in_batches(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_old, "BATCH", 4)
    await ParameterChange.create(
        id=new_id(),
        name=ParameterName.EVENT_RETENTION_DAYS,
        number=1,
        value=7,
        before=90,
        state=ParameterState.IN_FORCE,
        principal="-",
        at=TOLD_AT,
    )
    moments = iter([TOLD_AT, TOLD_AT + timedelta(hours=1)])
    async with telling(database, LocalBus(), clock=lambda: next(moments)) as teller:
        await teller.tell(*range(1, 11))
        await teller.tell(11, 12)
    just = TOLD_AT + timedelta(days=7)
    assert await remove_old_events(house_at(just)) == 0
    assert await overdue_s(just) == 0
    assert await kept() == list(range(1, 13))
    later = house_at(just + timedelta(minutes=30))
    assert await overdue_s(just + timedelta(minutes=30)) == 1800
    assert [await remove_old_events(later) for _ in range(4)] == [4, 4, 2, 0]
    assert await kept() == [11, 12]
    assert await floor() == 10


async def test_what_lies_behind_a_younger_event_stays(database: str) -> None:
    """Processes' clocks differ; the floor is one position for everybody."""
    days = timedelta(days=1)
    moments = iter([TOLD_AT, TOLD_AT + 200 * days, TOLD_AT])
    async with telling(database, LocalBus(), clock=lambda: next(moments)) as teller:
        for number in (1, 2, 3):
            await teller.tell(number)
    assert await remove_old_events(house_at(TOLD_AT + 100 * days)) == 1
    assert await remove_old_events(house_at(TOLD_AT + 100 * days)) == 0
    assert await kept() == [2, 3]


async def test_a_run_that_died_half_way_is_finished_by_the_next(database: str) -> None:
    async with telling(database, LocalBus()) as teller:
        await teller.tell(1, 2, 3)
        now = teller.desk.clock()
    await remove_to(2, die=True)
    assert await kept() == [1, 2, 3]
    assert await remove_old_events(house_at(now)) == 2
    assert await kept() == [3]
    assert await floor() == 2


async def test_the_floor_is_raised_before_anything_goes(sqlite_url: str) -> None:
    """The other way round a reader could miss an event and find the old floor."""
    async with connected(sqlite_url), telling(sqlite_url, LocalBus()) as teller:
        await teller.tell(1, 2, 3)
        await get_connection("default").execute_script(
            "CREATE TRIGGER floor_first BEFORE DELETE ON feed_event"
            " WHEN OLD.id > (SELECT position FROM feed_floor)"
            " BEGIN SELECT RAISE(ABORT, 'the floor is lower'); END"
        )
        assert await remove_old_events(house_at(FAR_FUTURE)) == 3


@pytest.mark.postgres
async def test_nothing_goes_beyond_a_late_commit(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the late event would lie below the floor before anybody could have read it."""
    monkeypatch.setattr(remove_old, "SETTLE_S", 0.05)
    late = await asyncpg.connect(postgres)
    try:
        await late.execute(RAW_INSERT)
        await late.execute("BEGIN")
        await late.execute(RAW_INSERT)
        async with telling(postgres, LocalBus()) as teller:
            await teller.tell(3)
        assert await remove_old_events(house_at(FAR_FUTURE)) == 0
        assert await floor() == 0
        await late.execute("COMMIT")
        assert await remove_old_events(house_at(FAR_FUTURE)) == 3
        assert await floor() == 3
    finally:
        await late.close()

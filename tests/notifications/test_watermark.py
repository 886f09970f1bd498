"""Up to where the feed may be read: late commits, holes, strangers, empty tables."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError

from app.adapters.local_bus import LocalBus
from app.database import connected, migrate
from models import FeedEvent, FeedFloor
from services.notifications.watermark import Watermark
from tests.notifications.helpers import RAW_INSERT, telling
from tests.servers import PostgresServer, running_postgres


@asynccontextmanager
async def connections(url: str, number: int) -> AsyncIterator[list[asyncpg.Connection]]:
    """Open connections of the test's own."""
    async with AsyncExitStack() as stack:
        opened = [await asyncpg.connect(url) for _ in range(number)]
        for connection in opened:
            stack.push_async_callback(connection.close)
        yield opened


async def test_a_sequence_that_was_never_used_has_no_position(database: str) -> None:
    del database
    watermark = Watermark()
    assert await watermark.advance()
    assert watermark.position == 0


async def test_what_is_committed_may_be_read_at_once(database: str) -> None:
    async with telling(database, LocalBus()) as teller:
        await teller.tell(1, 2, 3)
    watermark = Watermark()
    assert await watermark.advance()
    assert watermark.position == 3


async def test_it_does_not_fall_when_every_event_is_removed(database: str) -> None:
    async with telling(database, LocalBus()) as teller:
        await teller.tell(1, 2, 3)
        await FeedFloor.filter(id=1).update(position=3)
        await FeedEvent.all().delete()
        watermark = Watermark()
        assert await watermark.advance()
        assert watermark.position == 3
        await teller.tell(4)
        assert await watermark.advance()
        assert watermark.position == 4
        assert await FeedEvent.all().values_list("id") == [(4,)]


@pytest.mark.postgres
async def test_it_waits_for_a_lower_position_that_commits_later(postgres: str) -> None:
    async with connections(postgres, 3) as (early, late, reader):
        await early.execute("BEGIN")
        assert await early.fetchval(RAW_INSERT) == 1
        await late.execute("BEGIN")
        assert await late.fetchval(RAW_INSERT) == 2
        # All that a snapshot tells is met already, with both of them under way: its xmax is no
        # bound for who is running.
        assert await reader.fetchval(
            "SELECT pg_snapshot_xmin(s) >= pg_snapshot_xmax(s) FROM pg_current_snapshot() s"
        )
        await late.execute("COMMIT")
        watermark = Watermark()
        assert not await watermark.advance()
        assert (watermark.position, watermark.drawn) == (0, 2)
        assert not await watermark.advance()
        assert watermark.position == 0
        await early.execute("COMMIT")
        assert await watermark.advance()
        assert watermark.position == 2


@pytest.mark.postgres
async def test_who_begins_later_is_not_waited_for(postgres: str) -> None:
    async with connections(postgres, 2) as (first, second):
        await first.execute("BEGIN")
        await first.execute(RAW_INSERT)
        watermark = Watermark()
        assert not await watermark.advance()
        await second.execute("BEGIN")
        await second.execute(RAW_INSERT)
        await first.execute("COMMIT")
        # The first position is proven, though there was never a moment without a writer.
        assert not await watermark.advance()
        assert watermark.position == 1


@pytest.mark.postgres
async def test_a_writer_counts_from_before_it_has_drawn(postgres: str) -> None:
    """It may have no transaction id yet, as a command that locks nothing and only tells."""
    async with connections(postgres, 2) as (writer, other):
        # The first draw would bring an id along, for the sequence's own sake.
        await other.execute(RAW_INSERT)
        # Between drawing its position and storing the row, the writer waits for this lock.
        await other.execute(
            "CREATE FUNCTION stop_there() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$"
        )
        await other.execute(
            "CREATE TRIGGER stop_there BEFORE INSERT ON feed_event"
            " FOR EACH ROW EXECUTE FUNCTION stop_there()"
        )
        await other.execute("SELECT pg_advisory_lock(1)")
        pid = await writer.fetchval("SELECT pg_backend_pid()")
        inserting = asyncio.create_task(writer.fetchval(RAW_INSERT))
        waits = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted)"
        while not await other.fetchval(waits, pid):
            assert not inserting.done()
        xid = "SELECT backend_xid FROM pg_stat_activity WHERE pid = $1"
        assert await other.fetchval(xid, pid) is None
        watermark = Watermark()
        assert not await watermark.advance()
        assert (watermark.position, watermark.drawn) == (0, 2)
        await other.execute("SELECT pg_advisory_unlock(1)")
        assert await inserting == 2
        assert await watermark.advance()
        assert watermark.position == 2


@pytest.mark.postgres
async def test_a_transaction_that_was_rolled_back_leaves_a_hole_that_blocks_nothing(
    postgres: str,
) -> None:
    async with connections(postgres, 2) as (lost, kept):
        await lost.execute("BEGIN")
        await lost.execute(RAW_INSERT)
        await kept.execute(RAW_INSERT)
        watermark = Watermark()
        assert not await watermark.advance()
        await lost.execute("ROLLBACK")
        assert await watermark.advance()
        assert watermark.position == 2
        assert await FeedEvent.all().values_list("id") == [(2,)]


@pytest.mark.postgres
async def test_strangers_hold_nothing_up(postgres: str) -> None:
    async with connections(postgres, 4) as (idle, reading, writing, teller):
        await idle.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await idle.fetch("SELECT 1")
        await reading.execute("BEGIN")
        await reading.fetch("SELECT * FROM feed_event FOR UPDATE")
        await writing.execute("BEGIN")
        await writing.execute("UPDATE feed_floor SET position = position")
        await teller.execute(RAW_INSERT)
        watermark = Watermark()
        assert await watermark.advance()
        assert watermark.position == 1


@pytest.mark.postgres
async def test_the_sequence_caches_no_positions(postgres: str) -> None:
    """The argument rests on it: a cached position is drawn before others, and used after them."""
    del postgres
    rows = await get_connection("default").execute_query_dict(
        "SELECT cache_size FROM pg_sequences WHERE sequencename = 'feed_event_id_seq'"
    )
    assert rows == [{"cache_size": 1}]


@pytest.mark.postgres
async def test_settling_gives_up_in_time_and_keeps_what_it_had(postgres: str) -> None:
    async with connections(postgres, 1) as (writer,):
        await writer.execute(RAW_INSERT)
        watermark = Watermark()
        await watermark.settle(10)
        assert watermark.position == 1
        await writer.execute("BEGIN")
        await writer.execute(RAW_INSERT)
        await watermark.settle(0.05)
        assert (watermark.position, watermark.drawn) == (1, 2)


WRITERS = ("walwriter", "background writer", "checkpointer", "autovacuum launcher")
"""The server's own processes that bring its log to disk when they please."""

LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBConnectionError)
"""What a connection that broke may answer."""


@asynccontextmanager
async def crashing() -> AsyncIterator[tuple[PostgresServer, str]]:
    """A server of the test's own, with a database that Tortoise is connected to."""
    with running_postgres() as server:
        url = await server.create_database("coffer")
        await migrate(url)
        async with connected(url):
            yield server, url


async def write_no_more(connection: asyncpg.Connection) -> None:
    """Have the server's log reach the disk by commits alone, until the crash."""
    own = "SELECT pid FROM pg_stat_activity WHERE backend_type = ANY($1)"
    pids = [row["pid"] for row in await connection.fetch(own, WRITERS)]
    assert len(pids) == len(WRITERS)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


async def crash(server: PostgresServer) -> None:
    """Kill the server and start it again."""
    await asyncio.to_thread(server.kill9)
    await asyncio.to_thread(server.start)


async def reaches(watermark: Watermark, position: int) -> None:
    """Look until the position may be read; the first looks may meet connections that broke."""
    async with asyncio.timeout(30):
        while watermark.position < position:
            with contextlib.suppress(*LOST):
                await watermark.advance()
            await asyncio.sleep(0.01)


@pytest.mark.postgres
async def test_positions_that_a_crash_takes_back_are_not_passed_by() -> None:
    """The sequence goes back with what was drawn under way, and others draw the same again."""
    async with crashing() as (server, url):
        async with connections(url, 1) as (writer,):
            for _ in range(30):
                await writer.execute(RAW_INSERT)
            watermark = Watermark()
            await reaches(watermark, 30)
            await write_no_more(writer)
            await writer.execute("BEGIN")
            for _ in range(20):
                await writer.execute(RAW_INSERT)
            assert not await watermark.advance()
            assert (watermark.position, watermark.drawn) == (30, 50)
            await crash(server)
        async with connections(url, 1) as (writer,):
            await writer.execute("BEGIN")
            again = await writer.fetchval(RAW_INSERT)
            assert 30 < again <= 50
            for _ in range(3):
                with contextlib.suppress(*LOST):
                    assert not await watermark.advance()
            assert watermark.position == 30
            await writer.execute("COMMIT")
            await reaches(watermark, again)
            assert watermark.position == again


@pytest.mark.postgres
async def test_a_hole_at_the_top_is_not_passed_until_something_follows() -> None:
    async with crashing() as (server, url):
        async with connections(url, 1) as (writer,):
            for _ in range(30):
                await writer.execute(RAW_INSERT)
            await writer.execute("BEGIN")
            for _ in range(20):
                await writer.execute(RAW_INSERT)
            await writer.execute("ROLLBACK")
            watermark = Watermark()
            assert await watermark.advance()
            assert watermark.position == 30
            await crash(server)
        async with connections(url, 1) as (writer,):
            again = await writer.fetchval(RAW_INSERT)
            assert watermark.position < again
            await reaches(watermark, again)

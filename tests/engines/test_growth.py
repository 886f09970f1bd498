"""Indexes that leave rows out are used by whoever needs them, and hot rows stay on their pages."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

import models
from app.database import connected
from models import Entry, Ticket
from models.engines import Lookup, Row, Statement, Table, open_engine
from models.kinds import TicketState
from tests.stories.coffer import ROOT

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REVERSALS = Lookup.of(Entry, "reverses_id")
INDEXES = {
    "ledger_entry_reverses": "reverses_id",
    "transaction_original": "original_id",
    "ticket_overdue": "confirm_by",
}
"""The indexes on PostgreSQL, and the column without which a row has no place in them."""

BUSY = 400
"""As many wallets as fill some pages."""
OPEN = """
    INSERT INTO wallet
        (id, kind, currency, status, balance_minor, held_minor, line_count, opened_at)
    SELECT lpad(n::text, 32, '0')::uuid, 'LOTTERY', 'CNY', 'ACTIVE', 0, 0, 0, now()
    FROM generate_series(1, $1::int) AS n
"""
USED = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1"
TOLD_S = 10.0
PAY_IN = """
    UPDATE wallet SET balance_minor = balance_minor + 1 WHERE id = lpad($1::text, 32, '0')::uuid
"""


def test_every_table_is_named_with_what_becomes_of_it() -> None:
    page = (ROOT / "docs/operating.md").read_text()
    section = page.split("## What grows", 1)[1].split("\n## ", 1)[0]
    tables = {Table.of(getattr(models, name)).name for name in models.__all__}
    assert {table for table in tables if f"`{table}`" not in section} == set()


async def by_the_desk(url: str, count: int) -> None:
    """Look as many entries' reversals up as a desk does."""
    keys = [(uuid4(),) for _ in range(count)]
    engine = open_engine(url)

    def work() -> Generator[Statement, list[list[Row]], None]:
        for statement in engine.read({REVERSALS: keys}):  # noqa: UP028 - a list takes no rows
            yield statement

    try:
        await engine.run(work)
    finally:
        await engine.close()


async def by_the_job(url: str) -> None:
    """Look for overdue tickets as the background work does, where whole tables are not read."""
    async with connected(url, {"enable_seqscan": "off"}):
        overdue = Ticket.filter(state=TicketState.UNCONFIRMED, confirm_by__lte=NOW)
        await overdue.order_by("confirm_by").limit(1).values_list("purchase_id", flat=True)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("ledger_entry_reverses", lambda url: by_the_desk(url, 1)),
        ("ledger_entry_reverses", lambda url: by_the_desk(url, 3)),
        ("ticket_overdue", by_the_job),
    ],
)
async def test_a_partial_index_is_used_by_who_needs_it(
    name: str, look: Callable[[str], Awaitable[None]], postgres_url: str
) -> None:
    await look(postgres_url)
    watcher = await asyncpg.connect(postgres_url)
    try:
        # Whoever has looked tells as their session ends, a moment after they have hung up.
        async with asyncio.timeout(TOLD_S):
            while not await watcher.fetchval(USED, name):
                await watcher.execute("SELECT pg_sleep(0.01)")
    finally:
        await watcher.close()


@pytest.mark.postgres
async def test_most_rows_have_no_place_in_a_partial_index(postgres_url: str) -> None:
    watcher = await asyncpg.connect(postgres_url)
    try:
        rows = await watcher.fetch(
            "SELECT indexrelid::regclass::text AS name, pg_get_expr(indpred, indrelid) AS said,"
            " indisunique FROM pg_index WHERE indpred IS NOT NULL ORDER BY 1"
        )
    finally:
        await watcher.close()
    assert {row["name"]: row["said"] for row in rows} == {
        name: f"({column} IS NOT NULL)" for name, column in INDEXES.items()
    }
    assert [row["name"] for row in rows if row["indisunique"]] == ["ledger_entry_reverses"]


def test_sqlite_uses_them_too(sqlite_url: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite://"))) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT purchase_id FROM ticket"
            " WHERE state = ? AND confirm_by <= ? ORDER BY confirm_by LIMIT 1",
            (TicketState.UNCONFIRMED, NOW.isoformat()),
        ).fetchall()
    assert "USING INDEX ticket_overdue" in plan[0][-1]


@pytest.mark.postgres
async def test_a_row_that_is_written_all_day_stays_on_its_page(postgres_url: str) -> None:
    """No index is written for it, even where pages were filled by rows that came together."""
    connection = await asyncpg.connect(postgres_url, server_settings={"synchronous_commit": "off"})
    try:
        await connection.execute(OPEN, BUSY)
        for number in range(1, BUSY + 1):
            await connection.execute(PAY_IN, str(number))
        await connection.execute("SELECT pg_stat_force_next_flush()")
        counted = await connection.fetchrow(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'wallet'"
        )
    finally:
        await connection.close()
    assert counted is not None
    assert tuple(counted) == (BUSY, BUSY)  # all of them in place


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("option", "tables"),
    [
        # Removed from at one end, so vacuumed early.
        ("autovacuum_vacuum_scale_factor=0.01", {"answer", "feed_event"}),
        # Added to by each purchase, so vacuumed without hurry.
        (
            "autovacuum_vacuum_cost_delay=10",
            {
                "account_transaction",
                "answer",
                "feed_event",
                "ledger_entry",
                "ledger_line",
                "ticket",
            },
        ),
    ],
)
async def test_tables_are_vacuumed_as_suits_them(
    postgres_url: str, option: str, tables: set[str]
) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        told = await connection.fetch(
            "SELECT relname FROM pg_class WHERE $1 = ANY(reloptions)", option
        )
    finally:
        await connection.close()
    assert {row["relname"] for row in told} == tables

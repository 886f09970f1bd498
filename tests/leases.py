"""What somebody works on alone for a time: have the time of those be over who died at it."""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing

import asyncpg

TABLES = ("payout_run", "webhook")
LOCKED_S = 30.0


async def leases_end(url: str) -> None:
    """Have all of it be free at once, past everything of Coffer's own.

    Whoever lives and is at it has company then, which must do no harm.
    """
    statements = [f"UPDATE {table} SET lease_until = NULL" for table in TABLES]  # noqa: S608 - ours
    if url.startswith("sqlite://"):
        await asyncio.to_thread(_on_sqlite, url.removeprefix("sqlite://"), statements)
        return
    connection = await asyncpg.connect(url, timeout=LOCKED_S)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _on_sqlite(path: str, statements: Iterable[str]) -> None:
    with closing(sqlite3.connect(path, LOCKED_S, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)

"""Reading either database from outside, past everything of Coffer's own."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any
from uuid import UUID

import asyncpg

Rows = list[dict[str, Any]]


async def rows(url: str, sql: str) -> Rows:
    """Return what a query answers; ids as text."""
    if url.startswith("sqlite://"):
        return await asyncio.to_thread(_sqlite_rows, url.removeprefix("sqlite://"), sql)
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return [{k: _plain(v) for k, v in row.items()} for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def _sqlite_rows(path: str, sql: str) -> Rows:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value

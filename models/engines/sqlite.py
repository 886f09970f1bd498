"""The desk's connection on SQLite: a whole transaction is one function on one thread."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from models.engines.base import (
    Conflict,
    Contention,
    EngineError,
    Lookup,
    Row,
    Statement,
    Table,
    Work,
    Writes,
)

T = TypeVar("T")

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "recursive_triggers": "ON",
    "busy_timeout": "10000",
}
"""What every connection to the file is opened with, the desk's and Tortoise's alike.

Recursive triggers make ``INSERT OR REPLACE`` meet the triggers that keep the journal append-only.
"""

_DECODE: dict[str, Callable[[Any], Any]] = {
    "uuid": UUID,
    "timestamptz": datetime.fromisoformat,
    "date": date.fromisoformat,
}


class SqliteEngine:
    """``Engine`` on SQLite, the only writer of money in the file (``docs/decisions/0003``)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coffer-desk")
        self.tap: Callable[[str], None] | None = None

    async def connect(self) -> None:
        """Open the file."""
        await self._on_thread(self._open)

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._on_thread(self._shut)
        self._thread.shutdown(wait=True)

    async def run(self, work: Work[T]) -> T:
        """Run the work as one immediate transaction; see ``Engine.run``."""
        return await self._on_thread(lambda: self._guarded(work))

    async def _on_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _open(self) -> None:
        self._shut()
        self._connection = sqlite3.connect(
            self._path, isolation_level=None, cached_statements=500, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        for pragma, value in PRAGMAS.items():
            self._connection.execute(f"PRAGMA {pragma}={value}")

    def _shut(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _guarded(self, work: Work[T]) -> T:
        if self._connection is None:
            self._open()
        connection = self._connection
        assert connection is not None  # noqa: S101 - _open() sets it or raises
        try:
            return self._transaction(connection, work)
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                unique = error.sqlite_errorcode in {
                    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
                    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
                }
                raise (Conflict if unique else EngineError)(str(error)) from error
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise Contention(str(error)) from error
            if isinstance(error, sqlite3.Error):
                raise EngineError(str(error)) from error
            raise

    def _transaction(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        self._step("BEGIN")
        connection.execute("BEGIN IMMEDIATE")
        steps = work()
        rows: list[Row] | None = None
        while True:
            try:
                statement = next(steps) if rows is None else steps.send(rows)
            except StopIteration as done:
                result: T = done.value
                break
            self._step(statement.sql.split(None, 1)[0])
            if statement.many:
                connection.executemany(statement.sql, statement.args)
                rows = []
            else:
                found = connection.execute(statement.sql, statement.args).fetchall()
                rows = _decoded(statement.table, found) if statement.table is not None else []
        self._step("COMMIT")
        connection.execute("COMMIT")
        self._step("COMMITTED")
        return result

    def _step(self, label: str) -> None:
        if self.tap is not None:
            self.tap(label)

    def lock(self, table: Table, ids: Sequence[Any], *, exclusive: bool) -> Statement:
        """Return a plain read: the immediate transaction already keeps every other writer out."""
        del exclusive
        return self.select(Lookup(table), [(identity,) for identity in ids])

    def select(self, lookup: Lookup, keys: Iterable[tuple[Any, ...]]) -> Statement:
        """Return the set-based read of these keys."""
        distinct = {tuple(_encode(value) for value in key) for key in keys}
        return Statement(_select_sql(lookup), (json.dumps(list(distinct)),), lookup.table)

    def write(self, writes: Writes) -> list[Statement]:
        """Return one statement per table and shape; lines come before the entry that seals them."""
        statements = []
        for table in sorted(writes.inserts, key=lambda table: table.name == "ledger_entry"):
            rows = writes.inserts[table]
            columns = tuple(c for c in table.columns if not (c == "id" and table.generated_id))
            values = [tuple(_encode(row[column]) for column in columns) for row in rows]
            statements.append(Statement(_insert_sql(table, columns), values, many=True))
        for table, changes in writes.updates.items():
            for identity, change in changes.items():
                columns = tuple(sorted(change))
                values = [(*(_encode(change[column]) for column in columns), _encode(identity))]
                statements.append(Statement(_update_sql(table, columns), values, many=True))
        return statements


def _encode(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _decoded(table: Table, rows: Iterable[sqlite3.Row]) -> list[Row]:
    decoders = [(name, _DECODE.get(kind)) for name, kind in table.columns.items()]
    return [
        {
            name: decode(row[name]) if decode and row[name] is not None else row[name]
            for name, decode in decoders
        }
        for row in rows
    ]


@cache
def _select_sql(lookup: Lookup) -> str:
    columns = ", ".join(f"t.{column}" for column in lookup.table.columns)
    match = " AND ".join(
        f"t.{column} = json_extract(k.value, '$[{n}]')" for n, column in enumerate(lookup.by)
    )
    # CROSS JOIN keeps the planner from scanning the table and probing the keys.
    return f"SELECT {columns} FROM json_each(?) k CROSS JOIN {lookup.table.name} t WHERE {match}"  # noqa: S608


@cache
def _insert_sql(table: Table, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


@cache
def _update_sql(table: Table, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{column} = ?" for column in columns)
    return f"UPDATE {table.name} SET {changes} WHERE id = ?"  # noqa: S608 - own names

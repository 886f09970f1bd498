"""The desk's connection on SQLite: a whole transaction is one function on one thread."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import cache
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from models.engines.base import (
    Conflict,
    ConnectionLost,
    Contention,
    EngineError,
    Locks,
    Lookup,
    Row,
    Snapshot,
    Statement,
    Table,
    Wanted,
    Work,
    Writes,
)
from models.ids import id_of

T = TypeVar("T")

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "recursive_triggers": "ON",
    "busy_timeout": "10000",
    "cache_size": "-65536",
    "wal_autocheckpoint": "16384",
}
"""What every connection to the file is opened with, the desk's and Tortoise's alike.

A cache size below zero is in KiB, and a checkpoint's in pages: 64 MiB both. A group of 256 writes a
thousand pages, many of them those of the group before, so one checkpoint for many saves most of
that writing. Recursive triggers make ``INSERT OR REPLACE`` meet the triggers that keep the journal
append-only.
"""

_CONTENDED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}

_PLAIN = frozenset({"bigint", "integer"})
"""Types whose values the driver takes as they are."""

_DECODE: dict[str, Callable[[Any], Any]] = {
    "uuid": id_of,
    "timestamptz": datetime.fromisoformat,
    "date": date.fromisoformat,
}


class SqliteEngine:
    """``Engine`` on SQLite, the only writer of money in the file (``docs/decisions/0003``)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.portion: int | None = None
        self.tap: Callable[[str], None] | None = None

    async def connect(self) -> None:
        """Open the file.

        Raises:
            ConnectionLost: It cannot be opened.
        """
        try:
            await self._on_thread(self._open)
        except sqlite3.Error as error:
            raise ConnectionLost(str(error)) from error

    async def close(self) -> None:
        """Close the file and end the thread."""
        if self._thread is not None:
            await self._on_thread(self._shut)
            thread, self._thread = self._thread, None
            thread.shutdown(wait=True)

    async def take_turn(self, row_id: UUID) -> None:
        """Go on: nobody else writes money in the file."""

    async def run(self, work: Work[T]) -> T:
        """Run the work as one immediate transaction; see ``Engine.run``."""
        return await self._on_thread(lambda: self._guarded(work))

    async def _on_thread(self, function: Callable[[], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coffer-desk")
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _open(self) -> None:
        self._shut()
        self._connection = sqlite3.connect(
            self._path, isolation_level=None, cached_statements=500, check_same_thread=False
        )
        for pragma, value in PRAGMAS.items():
            self._connection.execute(f"PRAGMA {pragma}={value}")

    def _shut(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()  # rolls back what is open

    def _guarded(self, work: Work[T]) -> T:
        try:
            if self._connection is None:
                self._open()
            connection = self._connection
            assert connection is not None  # noqa: S101 - _open() sets it or raises
            result = self._transaction(connection, work)
        except BaseException as error:
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise _translated(error) from error
            raise
        try:
            self._step("COMMIT")
            connection.execute("COMMIT")
            self._step("COMMITTED")
        except sqlite3.IntegrityError as error:
            self._roll_back()
            raise _translated(error) from error
        except Exception as error:
            # A disk that fails while the log is synced may keep the commit or not: only the key,
            # looked up again, tells.
            self._roll_back()
            raise ConnectionLost(str(error)) from error
        except BaseException:
            self._roll_back()
            raise
        return result

    def _roll_back(self) -> None:
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._shut()

    def _transaction(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        self._step("BEGIN")
        connection.execute("BEGIN IMMEDIATE")
        steps = work()
        rows: list[list[Row]] | None = None
        while True:
            try:
                statement = next(steps) if rows is None else steps.send(rows)
            except StopIteration as done:
                result: T = done.value
                return result
            self._step(statement.sql.split(None, 1)[0])
            if statement.many:
                connection.executemany(statement.sql, statement.args)
                rows = []
            else:
                found = connection.execute(statement.sql, statement.args).fetchall()
                rows = [_decoded(table, found) for table in statement.tables]  # one, or none

    def _step(self, label: str) -> None:
        if self.tap is not None:
            self.tap(label)

    def lock(self, wanted: Sequence[Locks]) -> list[Statement]:
        """Return plain reads: the immediate transaction already keeps every other writer out."""
        return [self.free(locks) for locks in wanted]

    def free(self, wanted: Locks) -> Statement:
        """Return a plain read: inside the immediate transaction nobody else holds a row."""
        return _select(Lookup.on(wanted.table), [(identity,) for identity in wanted.ids])

    def read(self, wanted: Wanted) -> list[Statement]:
        """Return one set-based read for each lookup."""
        return [_select(lookup, keys) for lookup, keys in wanted.items()]

    def write(self, writes: Writes) -> list[Statement]:
        """Return one statement per table and shape; lines come before the entry that seals them."""
        statements = []
        for table in sorted(writes.inserts, key=lambda table: table.name == "ledger_entry"):
            rows = writes.inserts[table]
            columns = tuple(table.brought)
            values = _encoded(table.brought.values(), map(table.values_of, rows))
            statements.append(Statement(_insert_sql(table, columns), values, many=True))
        for table, changes in writes.updates.items():
            by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
            for identity, change in changes.items():
                columns = tuple(sorted(change))
                updated = (*(change[column] for column in columns), identity)
                by_columns.setdefault(columns, []).append(updated)
            for columns, changed in by_columns.items():
                kinds = [table.columns[column] for column in (*columns, "id")]
                values = _encoded(kinds, changed)
                statements.append(Statement(_update_sql(table, columns), values, many=True))
        return statements

    def snapshot(self) -> Snapshot:
        """Return a reader of one moment of the same file."""
        return SqliteSnapshot(self._path)


class SqliteSnapshot:
    """``Snapshot`` as one read transaction; the write-ahead log lets the writer go on meanwhile."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coffer-snapshot")

    async def __aenter__(self) -> Self:
        """Open the file; the first read fixes the moment."""
        try:
            await self._on_thread(self._open)
        except sqlite3.Error as error:
            self._thread.shutdown(wait=True)
            raise ConnectionLost(str(error)) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        await self._on_thread(self._shut)
        self._thread.shutdown(wait=True)

    async def page(
        self, table: Table, order: tuple[str, ...], after: tuple[Any, ...] | None, limit: int
    ) -> list[Row]:
        """Return the next rows in the order of these columns."""
        names = ", ".join(order)
        where = f"WHERE ({names}) > ({', '.join('?' * len(order))})" if after is not None else ""
        sql = (
            f"SELECT {', '.join(table.columns)} FROM {table.name} {where}"  # noqa: S608 - own names
            f" ORDER BY {names} LIMIT {limit}"
        )
        args = [_encode(value) for value in after or ()]
        return await self._on_thread(lambda: _decoded(table, self._fetch(sql, args)))

    async def orphans(self, table: Table, column: str, parent: Table, limit: int) -> list[Row]:
        """Return the rows that name no row of the parent."""
        sql = (
            f"SELECT c.id, c.{column} AS value FROM {table.name} c"  # noqa: S608 - own names
            f" LEFT JOIN {parent.name} p ON p.id = c.{column}"
            f" WHERE c.{column} IS NOT NULL AND p.id IS NULL ORDER BY c.id LIMIT {limit}"
        )
        return await self._on_thread(lambda: [dict(row) for row in self._fetch(sql, [])])

    async def _on_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute(f"PRAGMA busy_timeout={PRAGMAS['busy_timeout']}")
        self._connection.execute("PRAGMA query_only=ON")
        self._connection.execute("BEGIN")

    def _shut(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fetch(self, sql: str, args: Sequence[Any]) -> list[sqlite3.Row]:
        assert self._connection is not None  # noqa: S101 - entered
        return self._connection.execute(sql, args).fetchall()


def _translated(error: sqlite3.Error) -> EngineError:
    """Return an error before the commit, after which nothing is kept, in the engine's words."""
    code = getattr(error, "sqlite_errorcode", 0)  # the module's own complaints have none
    if code in _UNIQUE:
        return Conflict(str(error))
    if code & 0xFF in _CONTENDED:
        return Contention(str(error))
    if code & 0xFF in _DISK:
        return ConnectionLost(str(error))
    return EngineError(str(error))


def _encode(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            message = f"{value} has no time zone"
            raise ValueError(message)
        # In one zone, because the file compares times as text.
        return value.astimezone(UTC).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and "\0" in value:
        message = "text cannot hold a NUL"
        raise ValueError(message)
    return value


def _encoded(kinds: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Encode rows column by column: a group's rows have most of their times in common."""
    return list(zip(*map(_encoded_column, kinds, zip(*rows, strict=True)), strict=True))


def _encoded_column(kind: str, values: Sequence[Any]) -> Sequence[Any]:
    if kind == "uuid":
        return [None if value is None else str(value) for value in values]
    if kind == "text" and "\0" not in "".join(filter(None, values)):
        return values
    if kind in _PLAIN:
        return values
    known = {value: _encode(value) for value in set(values)}
    return [known[value] for value in values]


def _decoded(table: Table, rows: Iterable[Iterable[Any]]) -> list[Row]:
    """Decode rows that have every column of a table, in order, column by column."""
    kept = map(_decoded_column, table.columns.values(), zip(*rows, strict=True))
    return [dict(zip(table.columns, values, strict=True)) for values in zip(*kept, strict=True)]


def _decoded_column(kind: str, values: Sequence[Any]) -> Sequence[Any]:
    decode = _DECODE.get(kind)
    if decode is None:
        return values
    return [None if value is None else decode(value) for value in values]


def _select(lookup: Lookup, keys: Iterable[tuple[Any, ...]]) -> Statement:
    kinds = [lookup.table.columns[column] for column in lookup.by]
    return Statement(_select_sql(lookup), (json.dumps(_encoded(kinds, keys)),), (lookup.table,))


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

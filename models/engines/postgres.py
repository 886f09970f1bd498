"""The desk's connection on PostgreSQL: one raw asyncpg connection, arrays in, rows out."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import asyncpg

from models.engines.base import (
    Conflict,
    ConnectionLost,
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

_SESSION = {
    "application_name": "coffer-desk",
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "synchronous_commit": "on",
}
"""A stalled desk must not stop the others: every wait of the database has an end."""

_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, TimeoutError)
_GOING_AWAY = (
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
)
_CONTENDED = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
)


class PostgresEngine:
    """``Engine`` on PostgreSQL (design §2)."""

    def __init__(self, url: str, *, command_timeout_s: float = 30) -> None:
        self._url = url
        self._command_timeout_s = command_timeout_s
        self._connection: asyncpg.Connection | None = None
        self.tap: Callable[[str], None] | None = None

    async def connect(self) -> None:
        """Open the connection, dropping one that was open.

        Raises:
            ConnectionLost: The server cannot be reached.
        """
        await self.close()
        try:
            self._connection = await asyncpg.connect(
                self._url,
                timeout=10,
                command_timeout=self._command_timeout_s,
                server_settings=_SESSION,
                statement_cache_size=500,
            )
        except (*_LOST, *_GOING_AWAY) as error:
            raise ConnectionLost(str(error)) from error

    async def close(self) -> None:
        """Close the connection; a transaction in it is rolled back by the server."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()

    async def run(self, work: Work[T]) -> T:
        """Run the work as one READ COMMITTED transaction; see ``Engine.run``."""
        connection = self._connection
        if connection is None or connection.is_closed():
            await self.connect()
            connection = self._connection
            assert connection is not None  # noqa: S101 - connect() sets it or raises
        try:
            return await self._transaction(connection, work)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                await self.close()
                raise
            if isinstance(error, (*_LOST, *_GOING_AWAY)):
                await self.close()
                raise ConnectionLost(str(error)) from error
            await self._roll_back(connection)
            if isinstance(error, _CONTENDED):
                raise Contention(str(error)) from error
            if isinstance(error, asyncpg.UniqueViolationError):
                raise Conflict(str(error)) from error
            if isinstance(error, asyncpg.PostgresError):
                raise EngineError(str(error)) from error
            raise

    async def _transaction(self, connection: asyncpg.Connection, work: Work[T]) -> T:
        self._step("BEGIN")
        await connection.execute("BEGIN")
        steps = work()
        rows: list[Row] | None = None
        while True:
            try:
                statement = next(steps) if rows is None else steps.send(rows)
            except StopIteration as done:
                result: T = done.value
                break
            self._step(statement.sql.split(None, 1)[0])
            if statement.table is None:
                await connection.execute(statement.sql, *statement.args)
                rows = []
            else:
                rows = [dict(row) for row in await connection.fetch(statement.sql, *statement.args)]
        self._step("COMMIT")
        await connection.execute("COMMIT")
        self._step("COMMITTED")
        return result

    async def _roll_back(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.execute("ROLLBACK")
        except (*_LOST, asyncpg.PostgresError):
            await self.close()

    def _step(self, label: str) -> None:
        if self.tap is not None:
            self.tap(label)

    def lock(self, table: Table, ids: Sequence[Any], *, exclusive: bool) -> Statement:
        """Return the locking read; sharers use a lock that only writers of the row wait for."""
        strength = "NO KEY UPDATE" if exclusive else "SHARE"
        return Statement(_lock_sql(table, strength), (ids,), table)

    def select(self, lookup: Lookup, keys: Iterable[tuple[Any, ...]]) -> Statement:
        """Return the set-based read of these keys."""
        return Statement(_select_sql(lookup), tuple(zip(*keys, strict=True)), lookup.table)

    def write(self, writes: Writes) -> list[Statement]:
        """Return one statement whose common table expressions write everything."""
        shape: list[tuple[str, Table, tuple[str, ...]]] = []
        args: list[list[Any]] = []
        for table, rows in writes.inserts.items():
            columns = tuple(c for c in table.columns if not (c == "id" and table.generated_id))
            shape.append(("insert", table, columns))
            args += [[row[column] for row in rows] for column in columns]
        for table, changes in writes.updates.items():
            for columns, changed in _by_columns(changes).items():
                shape.append(("update", table, columns))
                args.append([identity for identity, _ in changed])
                args += [[change[column] for _, change in changed] for column in columns]
        return [Statement(_write_sql(tuple(shape)), args)] if shape else []


def _by_columns(changes: dict[Any, Row]) -> dict[tuple[str, ...], list[tuple[Any, Row]]]:
    grouped: dict[tuple[str, ...], list[tuple[Any, Row]]] = {}
    for identity, change in changes.items():
        grouped.setdefault(tuple(sorted(change)), []).append((identity, change))
    return grouped


@cache
def _lock_sql(table: Table, strength: str) -> str:
    columns = ", ".join(table.columns)
    return (
        f"SELECT {columns} FROM {table.name} WHERE id = ANY($1::uuid[])"  # noqa: S608 - own names
        f" ORDER BY id FOR {strength}"
    )


@cache
def _select_sql(lookup: Lookup) -> str:
    table = lookup.table
    columns = ", ".join(f"t.{column}" for column in table.columns)
    if len(lookup.by) == 1:
        (column,) = lookup.by
        return (
            f"SELECT {columns} FROM {table.name} t"  # noqa: S608 - own names
            f" WHERE t.{column} = ANY($1::{table.columns[column]}[])"
        )
    arrays = ", ".join(f"${n}::{table.columns[c]}[]" for n, c in enumerate(lookup.by, 1))
    names = ", ".join(lookup.by)
    match = " AND ".join(f"t.{column} = k.{column}" for column in lookup.by)
    return (
        f"SELECT {columns} FROM (SELECT DISTINCT {names} FROM unnest({arrays}) AS u({names})) k"  # noqa: S608
        f" JOIN {table.name} t ON {match}"
    )


@cache
def _write_sql(shape: tuple[tuple[str, Table, tuple[str, ...]], ...]) -> str:
    parts: list[str] = []
    position = 0
    for number, (verb, table, columns) in enumerate(shape):
        given = columns if verb == "insert" else ("id", *columns)
        arrays = ", ".join(
            f"${position + n}::{table.columns[column]}[]" for n, column in enumerate(given, 1)
        )
        position += len(given)
        names = ", ".join(given)
        if verb == "insert":
            # Sequence values are drawn in the order given: one wallet's events keep their order.
            parts.append(
                f"w{number} AS (INSERT INTO {table.name} ({names})"  # noqa: S608 - own names
                f" SELECT {names} FROM unnest({arrays}) WITH ORDINALITY AS u({names}, ordinal)"
                " ORDER BY ordinal)"
            )
        else:
            changes = ", ".join(f"{column} = u.{column}" for column in columns)
            parts.append(
                f"w{number} AS (UPDATE {table.name} t SET {changes}"  # noqa: S608 - own names
                f" FROM unnest({arrays}) AS u({names}) WHERE t.id = u.id)"
            )
    return f"WITH {', '.join(parts)} SELECT 1"

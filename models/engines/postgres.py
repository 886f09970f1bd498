"""The desk's connection on PostgreSQL: one raw asyncpg connection, arrays in, rows out."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import asyncpg

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
from models.engines.packing import Form, array, one, packed

T = TypeVar("T")

SESSION: Mapping[str, str] = {
    "application_name": "coffer-desk",
    "lock_timeout": "3s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "synchronous_commit": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_bitmapscan": "off",
    "jit": "off",
}
"""A stalled desk must not stop the others: every wait of the database has an end.

The desk reads by keys alone, a few hundred at a time, so whole-table plans are never right for it,
however young its tables' statistics are; and a plan made once is good for ever.

Who waits for a lock tries twice, so a desk that stalls in a transaction loses it (``idle_in_…``)
before its neighbours give up.
"""

# Named in full: a role or database may have other defaults, and the desk's reads after its locks
# must see what was committed meanwhile.
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

PORTION = 64
"""So many commands take the server about as long to write as the next take to be decided."""

SHAPES = 500
"""How many statements are kept prepared, the least recently used first to go."""

LOST = (
    OSError,  # TimeoutError is one: after a command_timeout in COMMIT the outcome is unknown
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.exceptions.TransactionTimeoutError,
    asyncpg.exceptions.StatementCompletionUnknownError,
    asyncpg.ReadOnlySQLTransactionError,  # a server that became a standby: connect anew
)
"""The connection is of no more use; at COMMIT the outcome is unknown."""

CONTENDED = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,  # the disk, above all: no room, or a file as large as it may be
    asyncpg.InvalidCachedStatementError,  # a migration changed a table: asyncpg prepares anew
)
"""The server rolled back, and the same transaction may well succeed later."""


class PostgresEngine:
    """``Engine`` on PostgreSQL (design §2).

    Args:
        url: ``postgres://user:password@host:port/database``.
        command_timeout_s: After how long without an answer the server counts as lost.
        turn_ms: How long a turn is waited for, in milliseconds.
        session: Settings of the server session that replace those of ``SESSION``.
    """

    def __init__(
        self,
        url: str,
        *,
        command_timeout_s: float = 30,
        turn_ms: int = 200,
        session: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._turn_ms = turn_ms
        self._command_timeout_s = command_timeout_s
        self._session = {**SESSION, **(session or {})}
        self._connection: asyncpg.Connection | None = None
        self._begun = False
        self.portion: int | None = PORTION
        self.tap: Callable[[str], None] | None = None

    async def connect(self) -> None:
        """Open the connection, dropping one that was open.

        Raises:
            ConnectionLost: The server cannot be reached, or lets us not in.
        """
        await self.close()
        self._connection = await _connect(self._url, self._command_timeout_s, self._session)

    async def close(self) -> None:
        """Close the connection; a transaction in it is rolled back by the server."""
        self._drop()

    def _drop(self) -> None:
        self._begun = False
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()

    async def take_turn(self, row_id: UUID) -> None:
        """Begin the next transaction, and have this row's advisory lock in it."""
        number = int.from_bytes(row_id.bytes[8:], signed=True)
        try:
            connection = await self._connected()
        except Exception:  # noqa: BLE001 - whatever it is, the transaction meets it and tells
            return
        try:
            await connection.execute(
                f"{BEGIN}; SET LOCAL lock_timeout = {self._turn_ms};"
                f" SELECT pg_advisory_xact_lock({number}); SET LOCAL lock_timeout TO DEFAULT"
            )
        except asyncpg.PostgresError:
            await self._roll_back(connection)
        except Exception:  # noqa: BLE001 - as above
            self._drop()
        except BaseException:  # cancelled or interrupted
            self._drop()
            raise
        else:
            self._begun = True

    async def run(self, work: Work[T]) -> T:
        """Run the work as one READ COMMITTED transaction; see ``Engine.run``."""
        connection = await self._connected()
        try:
            result = await self._transaction(connection, work)
        except LOST as error:
            self._drop()
            raise ConnectionLost(_words(error)) from error
        except Exception as error:
            await self._roll_back(connection)
            if isinstance(error, asyncpg.PostgresError):
                raise _translated(error) from error
            raise
        except BaseException:  # cancelled or interrupted, perhaps in the middle of a statement
            self._drop()
            raise
        await self._commit(connection)
        return result

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            await self.connect()
        assert self._connection is not None  # noqa: S101 - connect() sets it or raises
        return self._connection

    async def _commit(self, connection: asyncpg.Connection) -> None:
        """Commit; nothing short of the server's own word says what became of it."""
        try:
            self._step("COMMIT")
            status = await connection.execute("COMMIT")
            self._step("COMMITTED")
        except asyncpg.PostgresError as error:
            if isinstance(error, LOST):
                self._drop()
                raise ConnectionLost(_words(error)) from error
            await self._roll_back(connection)
            raise _translated(error) from error
        except Exception as error:
            self._drop()
            raise ConnectionLost(_words(error)) from error
        except BaseException:
            self._drop()
            raise
        if status != "COMMIT":  # a transaction that had failed answers ROLLBACK, without an error
            self._drop()
            message = f"the server answered {status} to COMMIT"
            raise EngineError(message)

    async def _transaction(self, connection: asyncpg.Connection, work: Work[T]) -> T:
        begun, self._begun = self._begun, False
        self._step("BEGIN")
        if not begun:
            await connection.execute(BEGIN)
        steps = work()
        rows: list[list[Row]] | None = None
        writing: asyncio.Task[None] | None = None

        async def written() -> None:
            nonlocal writing
            if writing is not None:
                task, writing = writing, None
                await task

        try:
            while True:
                try:
                    statement = next(steps) if rows is None else steps.send(rows)
                except StopIteration as done:
                    await written()
                    result: T = done.value
                    return result
                await written()
                self._step(statement.sql.split(None, 1)[0])
                if statement.tables:
                    rows = _rows(statement, await connection.fetch(statement.sql, *statement.args))
                    continue
                # The server writes while the work goes on to its next statement.
                rows, writing = [], asyncio.create_task(_execute(connection, statement))
                for _ in range(2):  # the first turn of the loop begins to send it, the second has
                    await asyncio.sleep(0)
        except BaseException:
            if writing is not None:  # the work broke off, and the server may still be writing
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)
                self._drop()
            raise

    async def _roll_back(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it is, the connection is of no more use
            self._drop()

    def _step(self, label: str) -> None:
        if self.tap is not None:
            self.tap(label)

    def lock(self, wanted: Sequence[Locks]) -> list[Statement]:
        """Return one statement for all; sharers use a lock that only writers of the row wait for.

        It evaluates its arrays one after the other, so every desk locks the tables in one order.
        """
        return [_locking(wanted, "")] if wanted else []

    def free(self, wanted: Locks) -> Statement:
        """Return the locking read that passes over what others have locked."""
        return _locking([wanted], " SKIP LOCKED")

    def read(self, wanted: Wanted) -> list[Statement]:
        """Return one statement for everything: a round trip costs more than most reads."""
        shape: list[tuple[Lookup, tuple[Form, ...]]] = []
        args: list[Any] = []
        for lookup, keys in wanted.items():
            # All of a key together, or the planner may walk a whole index for a part of it.
            several = len(keys) > 1 and len(lookup.by) > 1
            sent = [
                packed(lookup.table.columns[column], values, several=several)
                for column, values in zip(lookup.by, zip(*keys, strict=True), strict=True)
            ]
            shape.append((lookup, tuple(form for form, _ in sent)))
            args += [arg for _, arg in sent]
        tables = tuple(lookup.table for lookup, _ in shape)
        return [Statement(_read_sql(tuple(shape)), args, tables)] if shape else []

    def write(self, writes: Writes) -> list[Statement]:
        """Return one statement whose common table expressions write everything."""
        shape: list[tuple[str, Table, tuple[str, ...], tuple[Form, ...]]] = []
        args: list[Any] = []
        # In one order, so that the same tables make the same statement, prepared once.
        for table in sorted(writes.inserts, key=_name):
            values = list(zip(*map(table.values_of, writes.inserts[table]), strict=True))
            sent = _packed_rows(table.brought.values(), values)
            shape.append(("insert", table, tuple(table.brought), tuple(form for form, _ in sent)))
            args += [arg for _, arg in sent]
        for table in sorted(writes.updates, key=_name):
            for columns, changed in sorted(_by_columns(writes.updates[table]).items()):
                values = [tuple(identity for identity, _ in changed)]
                values += [tuple(change[column] for _, change in changed) for column in columns]
                given = ("id", *columns)
                sent = _packed_rows([table.columns[column] for column in given], values)
                shape.append(("update", table, given, tuple(form for form, _ in sent)))
                args += [arg for _, arg in sent]
        return [Statement(_write_sql(tuple(shape)), args)] if shape else []

    def snapshot(self) -> Snapshot:
        """Return a reader of one moment of the same database."""
        return PostgresSnapshot(self._url)


class PostgresSnapshot:
    """``Snapshot`` as one REPEATABLE READ transaction that only reads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None

    async def __aenter__(self) -> Self:
        """Open the connection; the first read fixes the moment."""
        # A long reader has no limits on its statements; it holds nobody up.
        self._connection = await _connect(self._url, None, {"application_name": "coffer-snapshot"})
        await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the transaction with its connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def page(
        self, table: Table, order: tuple[str, ...], after: tuple[Any, ...] | None, limit: int
    ) -> list[Row]:
        """Return the next rows in the order of these columns."""
        names = ", ".join(order)
        marks = ", ".join(f"${n}::{table.columns[column]}" for n, column in enumerate(order, 1))
        where = f"WHERE ({names}) > ({marks})" if after is not None else ""
        return await self._rows(
            f"SELECT {', '.join(table.columns)} FROM {table.name} {where}"  # noqa: S608 - own names
            f" ORDER BY {names} LIMIT {limit}",
            *(after or ()),
        )

    async def orphans(self, table: Table, column: str, parent: Table, limit: int) -> list[Row]:
        """Return the rows that name no row of the parent."""
        return await self._rows(
            f"SELECT c.id, c.{column} AS value FROM {table.name} c"  # noqa: S608 - own names
            f" LEFT JOIN {parent.name} p ON p.id = c.{column}"
            f" WHERE c.{column} IS NOT NULL AND p.id IS NULL ORDER BY c.id LIMIT {limit}"
        )

    async def _rows(self, sql: str, *args: Any) -> list[Row]:  # noqa: ANN401 - column values
        assert self._connection is not None  # noqa: S101 - entered
        return [dict(row) for row in await self._connection.fetch(sql, *args)]


async def _execute(connection: asyncpg.Connection, statement: Statement) -> None:
    await connection.fetch(statement.sql, *statement.args)


def _rows(statement: Statement, answer: Sequence[asyncpg.Record]) -> list[list[Row]]:
    """Return the rows in the arrays of a statement's one row."""
    return [
        [dict(zip(table.columns, values, strict=True)) for values in found]
        for table, found in zip(statement.tables, answer[0], strict=True)
    ]


async def _connect(
    url: str, command_timeout_s: float | None, session: Mapping[str, str]
) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(
            url,
            timeout=10,
            command_timeout=command_timeout_s,
            server_settings=dict(session),
            statement_cache_size=SHAPES,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,  # the statement that writes is a long one
        )
    except (*LOST, asyncpg.PostgresError) as error:
        raise ConnectionLost(_words(error)) from error


def _translated(error: asyncpg.PostgresError) -> EngineError:
    """Return an error of which the server says that nothing was kept, in the engine's words."""
    if isinstance(error, CONTENDED):
        return Contention(_words(error))
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict(_words(error))
    return EngineError(_words(error))


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _name(table: Table) -> str:
    return table.name


def _by_columns(changes: dict[Any, Row]) -> dict[tuple[str, ...], list[tuple[Any, Row]]]:
    as_given: dict[tuple[str, ...], list[tuple[Any, Row]]] = {}
    for identity, change in changes.items():
        as_given.setdefault(tuple(change), []).append((identity, change))
    grouped: dict[tuple[str, ...], list[tuple[Any, Row]]] = {}
    for columns, changed in as_given.items():
        grouped.setdefault(tuple(sorted(columns)), []).extend(changed)
    return grouped


def _packed_rows(kinds: Iterable[str], columns: Sequence[Sequence[Any]]) -> list[tuple[Form, Any]]:
    """Pack the columns of some rows; of several rows at least one column tells how many."""
    sent = [packed(kind, values) for kind, values in zip(kinds, columns, strict=True)]
    if len(columns[0]) > 1 and all(form is Form.ONE for form, _ in sent):
        sent[0] = packed(next(iter(kinds)), columns[0], several=True)
    return sent


def _locking(wanted: Sequence[Locks], held: str) -> Statement:
    sent = [packed(locks.table.columns["id"], locks.ids) for locks in wanted]
    shape = tuple(
        (locks.table, form, locks.exclusive) for locks, (form, _) in zip(wanted, sent, strict=True)
    )
    tables = tuple(locks.table for locks in wanted)
    return Statement(_lock_sql(shape, held), [arg for _, arg in sent], tables)


@lru_cache(SHAPES)
def _lock_sql(shape: tuple[tuple[Table, Form, bool], ...], held: str) -> str:
    parts: list[str] = []
    for position, (table, form, exclusive) in enumerate(shape, 1):
        kind = table.columns["id"]
        where = one(position, kind) if form is Form.ONE else f"ANY({array(form, position, kind)})"
        columns = ", ".join(table.columns)
        strength = "NO KEY UPDATE" if exclusive else "SHARE"
        parts.append(
            f"ARRAY(SELECT ROW({columns}) FROM {table.name} WHERE id = {where}"  # noqa: S608 - own names
            f" ORDER BY id FOR {strength}{held})"
        )
    return f"SELECT {', '.join(parts)}"


@lru_cache(SHAPES)
def _read_sql(shape: tuple[tuple[Lookup, tuple[Form, ...]], ...]) -> str:
    parts: list[str] = []
    position = 1
    for lookup, forms in shape:
        parts.append(f"ARRAY({_select_sql(lookup, forms, position)})")
        position += len(forms)
    return f"SELECT {', '.join(parts)}"


def _select_sql(lookup: Lookup, forms: Sequence[Form], position: int) -> str:
    table = lookup.table
    conditions: list[str] = []
    arrays: dict[str, str] = {}
    for place, (column, form) in enumerate(zip(lookup.by, forms, strict=True), position):
        kind = table.columns[column]
        if form is Form.ONE:
            conditions.append(f"t.{column} = {one(place, kind)}")
        elif len(forms) == 1:
            conditions.append(f"t.{column} = ANY({array(form, place, kind)})")
        else:
            conditions.append(f"t.{column} = k.{column}")
            arrays[column] = array(form, place, kind)
    keys = f"unnest({', '.join(arrays.values())}) AS k({', '.join(arrays)}) JOIN " if arrays else ""
    columns = ", ".join(f"t.{column}" for column in table.columns)
    where = f"{'ON' if arrays else 'WHERE'} {' AND '.join(conditions)}"
    return f"SELECT ROW({columns}) FROM {keys}{table.name} t {where}"  # noqa: S608 - own names


@lru_cache(SHAPES)
def _write_sql(shape: tuple[tuple[str, Table, tuple[str, ...], tuple[Form, ...]], ...]) -> str:
    parts: list[str] = []
    position = 1
    for number, (verb, table, columns, forms) in enumerate(shape):
        values: dict[str, str] = {}
        arrays: dict[str, str] = {}
        for place, (column, form) in enumerate(zip(columns, forms, strict=True), position):
            if form is Form.ONE:
                values[column] = one(place, table.columns[column])
            else:
                values[column] = f"u.{column}"
                arrays[column] = array(form, place, table.columns[column])
        position += len(columns)
        make = _insert_sql if verb == "insert" else _update_sql
        parts.append(f"w{number} AS ({make(table, values, arrays)})")
    return f"WITH {', '.join(parts)} SELECT 1"


def _insert_sql(table: Table, values: dict[str, str], arrays: dict[str, str]) -> str:
    insert = f"INSERT INTO {table.name} ({', '.join(values)}) SELECT {', '.join(values.values())}"
    if not arrays:
        return insert
    rows, names = ", ".join(arrays.values()), ", ".join(arrays)
    if not table.generated_id:
        return f"{insert} FROM unnest({rows}) AS u({names})"
    # Sequence values are drawn in the order given: one wallet's events keep their order.
    return f"{insert} FROM unnest({rows}) WITH ORDINALITY AS u({names}, ordinal) ORDER BY ordinal"


def _update_sql(table: Table, values: dict[str, str], arrays: dict[str, str]) -> str:
    changes = ", ".join(f"{column} = {value}" for column, value in values.items() if column != "id")
    rows = f" FROM unnest({', '.join(arrays.values())}) AS u({', '.join(arrays)})" if arrays else ""
    return f"UPDATE {table.name} t SET {changes}{rows} WHERE t.id = {values['id']}"  # noqa: S608

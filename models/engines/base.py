"""What an engine is: tables, lookups, statements, and running one transaction of them."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

Row = dict[str, Any]
"""A row as Python values: UUID, aware datetime, date, int, str, None."""

T = TypeVar("T")

_TYPES: tuple[tuple[type, str], ...] = (
    (fields.UUIDField, "uuid"),
    (fields.DatetimeField, "timestamptz"),
    (fields.DateField, "date"),
    (fields.BigIntField, "bigint"),
    (fields.IntField, "integer"),
    (fields.CharField, "text"),
    (fields.TextField, "text"),
)


class EngineError(Exception):
    """The database refused or lost a transaction; nothing of it is known to be kept."""


class ConnectionLost(EngineError):
    """The database went away or failed at the commit: whether anything was kept is unknown."""


class Contention(EngineError):
    """A lock or another means was not had in time: nothing was kept, try again."""


class Conflict(EngineError):
    """A uniqueness rule refused a row: nothing was kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A model's table with its columns and their types, worked out once per model.

    ``brought`` are the columns that every new row must bring: all but an id that the database
    draws.
    """

    name: str
    columns: Mapping[str, str]
    generated_id: bool
    brought: Mapping[str, str]
    values_of: Callable[[Row], tuple[Any, ...]]
    """Returns what a row brings, in order; raises ``KeyError`` where it does not."""

    @staticmethod
    @cache
    def of(model: type[Model]) -> "Table":
        """Return the one ``Table`` of a model."""
        columns = {}
        for name, kept in model._meta.fields_map.items():  # noqa: SLF001 - documented introspection
            if name not in model._meta.db_fields:  # noqa: SLF001 - as above
                continue
            kind = type(kept)
            columns[name] = next(sql for base, sql in _TYPES if issubclass(kind, base))
        primary = model._meta.fields_map["id"] if "id" in columns else None  # noqa: SLF001
        generated_id = bool(primary and primary.generated)
        brought = {
            column: kind
            for column, kind in columns.items()
            if not (generated_id and column == "id")
        }
        return Table(
            name=str(model._meta.db_table),  # noqa: SLF001 - as above
            columns=columns,
            generated_id=generated_id,
            brought=brought,
            values_of=itemgetter(*brought),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Finding the rows of a table by the values of some columns; there is one of each."""

    table: Table
    by: tuple[str, ...]
    key_of: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """Returns this lookup's key of a row."""

    @staticmethod
    def of(model: type[Model], *by: str) -> "Lookup":
        """Return the lookup of a model's rows by these columns (by id, where none is named)."""
        return Lookup.on(Table.of(model), *by)

    @staticmethod
    @cache
    def on(table: Table, *by: str) -> "Lookup":
        """Return the lookup of a table's rows by these columns (by id, where none is named)."""
        columns = by or ("id",)
        if len(columns) == 1:
            (column,) = columns
            return Lookup(table, columns, lambda row: (row[column],))
        return Lookup(table, columns, itemgetter(*columns))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for the database, and the tables whose rows it answers with, if any.

    On SQLite that is one table, on PostgreSQL an array of rows for each.

    Attributes:
        sql: Its text.
        args: Its parameters; of ``many`` runs, those of each.
        tables: Whose rows it answers with.
        many: Whether it is run once for each of its parameters.
    """

    sql: str
    args: Sequence[Any] = ()
    tables: tuple[Table, ...] = ()
    many: bool = False


class Locks(NamedTuple):
    """Rows of a table that a transaction locks, all with one strength."""

    table: Table
    ids: Sequence[Any]
    exclusive: bool


@dataclass(slots=True)
class Writes:
    """What a transaction will write: new rows, and changed columns by id."""

    inserts: dict[Table, list[Row]] = field(default_factory=dict)
    updates: dict[Table, dict[Any, Row]] = field(default_factory=dict)


Wanted = Mapping[Lookup, Collection[tuple[Any, ...]]]
"""What is to be read: keys, each once, by lookup."""

Work = Callable[[], Generator[Statement, list[list[Row]], T]]
"""A transaction without its I/O: yields statements, is sent a list of rows for each of their
tables, and returns its result."""


class Snapshot(Protocol):
    """A reading connection of its own that sees one moment of the database, however long it reads.

    It takes no lock that a writer would wait for.
    """

    async def __aenter__(self) -> Self:
        """Open the connection and fix the moment.

        Raises:
            ConnectionLost: The database cannot be reached.
        """

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the moment go, and close the connection."""

    async def page(
        self, table: Table, order: tuple[str, ...], after: tuple[Any, ...] | None, limit: int
    ) -> list[Row]:
        """Return the rows that follow ``after`` in the order of these columns, at most ``limit``.

        Ids come in the order of their text form on every engine.
        """

    async def orphans(self, table: Table, column: str, parent: Table, limit: int) -> list[Row]:
        """Return ``id`` and the value of rows whose column names no row of the parent."""


class Engine(Protocol):
    """One connection that runs one transaction at a time.

    ``portion`` is how many commands' rows are best written at once, while the next are decided;
    None where writing cannot go on beside deciding.

    ``tap`` is called with a label before every step (``BEGIN``, each statement's first word,
    ``COMMIT``) and once after the commit (``COMMITTED``), so that tests can break in between.
    """

    portion: int | None
    tap: Callable[[str], None] | None

    async def connect(self) -> None:
        """Open the connection."""

    async def close(self) -> None:
        """Close the connection."""

    async def take_turn(self, row_id: UUID) -> None:
        """Wait a while for other connections that have taken their turn at this row.

        The turn ends with the next transaction, which has to be run at once. It keeps nobody from
        anything, whether it was had or not: locks do.
        """

    async def run(self, work: Work[T]) -> T:
        """Run the work as one transaction.

        Raises:
            ConnectionLost: The outcome is unknown. Also when the server was never reached.
            Contention: Nothing was kept; try again.
            Conflict: Nothing was kept; a uniqueness rule refused it.
            EngineError: Nothing was kept, for any other reason of the database.
        """

    def lock(self, wanted: Sequence[Locks]) -> list[Statement]:
        """Return the statements that lock rows, table by table in id order, and read them."""

    def free(self, wanted: Locks) -> Statement:
        """Return the statement that locks and reads those of the rows that nobody else holds."""

    def read(self, wanted: Wanted) -> list[Statement]:
        """Return the statements that read these rows: their tables are the lookups', in order."""

    def write(self, writes: Writes) -> list[Statement]:
        """Return the statements that write everything, set-based."""

    def snapshot(self) -> Snapshot:
        """Return a reader of one moment of the same database, over a connection of its own."""

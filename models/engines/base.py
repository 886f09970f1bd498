"""What an engine is: tables, lookups, statements, and running one transaction of them."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar

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
    """The connection went away: whether the transaction was committed is unknown."""


class Contention(EngineError):
    """A lock was not had in time, or a deadlock was broken: nothing was kept, try again."""


class Conflict(EngineError):
    """A uniqueness rule refused a row: nothing was kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A model's table with its columns and their types, worked out once per model."""

    name: str
    columns: Mapping[str, str]
    generated_id: bool

    @staticmethod
    @cache
    def of(model: type[Model]) -> "Table":
        """Return the one ``Table`` of a model."""
        columns = {}
        for name in model._meta.db_fields:  # noqa: SLF001 - Tortoise's documented introspection
            kind = type(model._meta.fields_map[name])  # noqa: SLF001 - as above
            columns[name] = next(sql for base, sql in _TYPES if issubclass(kind, base))
        primary = model._meta.fields_map["id"] if "id" in columns else None  # noqa: SLF001
        return Table(
            name=str(model._meta.db_table),  # noqa: SLF001 - as above
            columns=columns,
            generated_id=bool(primary and primary.generated),
        )


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finding the rows of a table by the values of some columns."""

    table: Table
    by: tuple[str, ...] = ("id",)

    @staticmethod
    def of(model: type[Model], *by: str) -> "Lookup":
        """Return the lookup of a model's rows by these columns (by id, where none is named)."""
        return Lookup(Table.of(model), by or ("id",))

    def key_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return this lookup's key of a row."""
        return tuple(row[column] for column in self.by)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for the database, and the table whose rows it answers with, if any."""

    sql: str
    args: Sequence[Any] = ()
    table: Table | None = None
    many: bool = False


@dataclass(slots=True)
class Writes:
    """What a transaction will write: new rows, and changed columns by id."""

    inserts: dict[Table, list[Row]] = field(default_factory=dict)
    updates: dict[Table, dict[Any, Row]] = field(default_factory=dict)


Work = Callable[[], Generator[Statement, list[Row], T]]
"""A transaction without its I/O: yields statements, is sent their rows, returns its result."""


class Engine(Protocol):
    """One connection that runs one transaction at a time.

    ``tap`` is called with a label before every step (``BEGIN``, each statement's first word,
    ``COMMIT``) and once after the commit (``COMMITTED``), so that tests can break in between.
    """

    tap: Callable[[str], None] | None

    async def connect(self) -> None:
        """Open the connection."""

    async def close(self) -> None:
        """Close the connection."""

    async def run(self, work: Work[T]) -> T:
        """Run the work as one transaction.

        Raises:
            ConnectionLost: The outcome is unknown.
            Contention: Nothing was kept; try again.
            Conflict: Nothing was kept; a uniqueness rule refused it.
            EngineError: Nothing was kept, for any other reason of the database.
        """

    def lock(self, table: Table, ids: Sequence[Any], *, exclusive: bool) -> Statement:
        """Return the statement that locks rows in id order and reads them."""

    def select(self, lookup: Lookup, keys: Iterable[tuple[Any, ...]]) -> Statement:
        """Return the statement that reads the rows of these keys."""

    def write(self, writes: Writes) -> list[Statement]:
        """Return the statements that write everything, set-based."""

"""Queries that are asked again and again, for other callers and other rows.

Tortoise builds a query and its SQL anew each time, which costs several times what the driver needs
to run it. Here it builds each once, with stand-ins for the values that differ.
"""

import secrets
from collections.abc import Callable, Hashable, Sequence
from types import LambdaType
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.queryset import QuerySet, ValuesQuery

from models.engines import Row

Given = UUID | int | str
"""A value that differs from time to time."""
Build = Callable[[Sequence[Any]], QuerySet[Any] | None]
"""Returns the query for such values, which it puts into conditions and nowhere else; None where
nobody needs to ask. Whatever else it depends on is part of the query's name."""

TEXT = 32
"""How long a text's stand-in is, which has to fit into the columns that it is compared with."""
CAPACITY = 2_000
"""How many queries are kept built; with more, they are built again by and by."""


class _Parameter(NamedTuple):
    """Where a parameter of the SQL comes from: a value given, perhaps as text, or always itself."""

    place: int | None
    constant: Any
    as_text: bool

    def of(self, given: Sequence[Given]) -> Any:  # noqa: ANN401 - whatever the driver takes
        if self.place is None:
            return self.constant
        return str(given[self.place]) if self.as_text else given[self.place]


class _Built(NamedTuple):
    sql: str
    parameters: tuple[_Parameter, ...]
    read: tuple[tuple[str, Callable[[Any], Any]], ...]
    """How the columns are read that the driver does not give as they are."""


_built: dict[Hashable, _Built | None] = {}


async def rows_of(name: Hashable, build: Build, given: Sequence[Given]) -> list[Row]:
    """Return the rows that a query finds for these values, each with all its columns.

    Args:
        name: Tells the query from every other one, but for the values.
        build: Builds it, when it is asked for the first time with so many values.
        given: The values.
    """
    connection = get_connection("default")
    key = (connection.capabilities.dialect, name, len(given))
    if key not in _built:
        if len(_built) >= CAPACITY:
            _built.clear()
        _built[key] = _build(build, given)
    built = _built[key]
    if built is None:
        return []
    return await _run(connection, built, given)


async def _run(connection: BaseDBAsyncClient, built: _Built, given: Sequence[Given]) -> list[Row]:
    values = [parameter.of(given) for parameter in built.parameters]
    rows: list[Row] = await connection.execute_query_dict(built.sql, values)
    for row in rows:
        for column, read in built.read:
            row[column] = read(row[column])
    return rows


def _build(build: Build, given: Sequence[Given]) -> _Built | None:
    """Build a query with stand-ins, so that nobody's values can stay in it."""
    stand_ins = [_stand_in(value) for value in given]
    query = build(stand_ins)
    if query is None:
        return None
    values = query.values()
    values.sql()
    sql, parameters = values.query.get_parameterized_sql()
    return _Built(
        sql, tuple(_parameter(value, stand_ins) for value in parameters), _reading(values)
    )


def _stand_in(value: Given) -> Given:
    if isinstance(value, UUID):
        return uuid4()
    return secrets.randbits(62) if isinstance(value, int) else secrets.token_hex(TEXT // 2)


def _parameter(value: object, stand_ins: Sequence[Given]) -> _Parameter:
    for place, stand_in in enumerate(stand_ins):
        if value == stand_in:
            return _Parameter(place, None, as_text=False)
        if value == str(stand_in):
            return _Parameter(place, None, as_text=True)
    return _Parameter(None, value, as_text=False)


def _reading(values: ValuesQuery[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    selected = values._fields_for_select  # noqa: SLF001 - nothing else tells a query's columns
    readers = ((n, values.resolve_to_python_value(values.model, f)) for n, f in selected.items())
    # Tortoise's own sign of a column that the driver gives as it is.
    return tuple((name, read) for name, read in readers if not isinstance(read, LambdaType))

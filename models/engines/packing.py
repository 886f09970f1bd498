"""Columns of values as parameters of PostgreSQL statements.

The driver encodes an array value by value, which costs more than anything else the desk does to
write a row. So a column whose values are all the same goes as one value, and ids, numbers and texts
go as one text that the server takes apart.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

_LITERAL = frozenset({"uuid", "bigint", "integer"})
_BETWEEN, _NOTHING = "\x1f", "\x1e"
"""What separates texts, and stands for one that is not there; no text of a row holds them."""


class Form(StrEnum):
    """How a column's values are sent."""

    ONE = "ONE"
    """As one value, which all have."""
    LITERAL = "LITERAL"
    """As the text of an array."""
    SEPARATED = "SEPARATED"
    """As texts with a separator in between."""
    ARRAY = "ARRAY"
    """As the driver's array."""


def packed(kind: str, values: Sequence[Any], *, several: bool = False) -> tuple[Form, Any]:
    """Return how a column's values are sent, and the parameter that holds them.

    Args:
        kind: The column's type.
        values: One or more.
        several: Whether values that are all the same are still to be sent one by one.
    """
    first = values[0]
    if not several and first == values[-1] and values.count(first) == len(values):
        return Form.ONE, first
    if kind in _LITERAL:
        return Form.LITERAL, f"{{{','.join(map(str, values))}}}".replace("None", "NULL")
    if kind == "text" and len(values) > 1:  # a single empty text would be no text at all
        texts = [_NOTHING if value is None else value for value in values]
        text = _BETWEEN.join(texts)
        if text.count(_BETWEEN) == len(values) - 1 and text.count(_NOTHING) == values.count(None):
            return Form.SEPARATED, text
    return Form.ARRAY, values


def one(position: int, kind: str) -> str:
    """Return the SQL of a parameter that was packed as ``Form.ONE``."""
    return f"${position}::{kind}"


def array(form: Form, position: int, kind: str) -> str:
    """Return the SQL of the array that a parameter of another form holds."""
    if form is Form.LITERAL:
        return f"${position}::text::{kind}[]"
    if form is Form.SEPARATED:
        return f"string_to_array(${position}::text, E'\\x1f', E'\\x1e')"
    return f"${position}::{kind}[]"

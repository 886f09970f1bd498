"""Scalars: amounts, moments and large whole numbers, all of them strings on the wire.

They only refuse what is no string; what a string says is read by ``Reading``, which can name the
field and speak the caller's language.
"""

from datetime import UTC, datetime
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from graphql_schema.faults import coded

MoneyAmount = NewType("MoneyAmount", str)
Moment = NewType("Moment", str)
WholeNumber = NewType("WholeNumber", str)


def moment(value: datetime | str) -> Moment:
    """Return a time in UTC as RFC 3339; a string is one from an answer, which is in UTC already."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).isoformat()
    return Moment(value.removesuffix("+00:00").removesuffix("Z") + "Z")


def moment_or_none(value: datetime | str | None) -> Moment | None:
    """Return a time as RFC 3339, where there is one."""
    return None if value is None else moment(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise coded("BAD_USER_INPUT", "Give it as a string", rule="NOT_A_STRING")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    MoneyAmount: strawberry.scalar(
        name="MoneyAmount",
        description=(
            'An amount of money as a decimal string, such as "12.50": never a float, and never '
            "with more decimals than its currency has."
        ),
        parse_value=_text,
    ),
    Moment: strawberry.scalar(
        name="DateTime",
        description=(
            'A moment as RFC 3339, such as "2025-06-01T08:30:00Z". Answers are in UTC; '
            "inputs name their offset."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        parse_value=_text,
    ),
    WholeNumber: strawberry.scalar(
        name="WholeNumber",
        description='A whole number of any size as a string, such as "10000000".',
        parse_value=_text,
    ),
}
"""For the schema's configuration."""

"""What holders allow themselves."""

import strawberry

from graphql_schema.describe import gql_enum, gql_type
from graphql_schema.money import Money, money
from graphql_schema.scalars import Moment, moment
from models.engines import Row
from models.kinds import LimitKind

gql_enum(
    LimitKind,
    "What holders may limit for themselves. Days and months begin where the house does business.",
    {
        "DEPOSITS_PER_DAY": "Money put in on one day.",
        "DEPOSITS_PER_MONTH": "Money put in within one calendar month.",
        "PURCHASES_PER_DAY": "Tickets paid for on one day, through all platforms.",
        "PURCHASES_PER_MONTH": "Tickets paid for within one calendar month, through all platforms.",
    },
)


@gql_type
class SelfLimit:
    """A limit that an account's holder has set."""

    kind: LimitKind = strawberry.field(description="On what.")
    amount: Money | None = strawberry.field(description="The limit in force; null for none.")
    used: Money = strawberry.field(
        description="What is used of it today or this month; what came back meanwhile is not."
    )
    next_from: Moment | None = strawberry.field(
        description="When a higher limit that was asked for comes into force; null for none."
    )
    next_amount: Money | None = strawberry.field(
        description="What the limit will be from then on; null for no limit any more."
    )


def self_limit(row: Row, used_minor: int, currency: str) -> SelfLimit:
    """Return a limit as its holder sees it.

    Args:
        row: Its row, with a raise whose time has come taken over.
        used_minor: What is used of it.
        currency: The account's.
    """
    limit_minor, next_minor, next_from = row["limit_minor"], row["next_minor"], row["next_from"]
    return SelfLimit(
        kind=LimitKind(row["kind"]),
        amount=None if limit_minor is None else money(limit_minor, currency),
        used=money(used_minor, currency),
        next_from=None if next_from is None else moment(next_from),
        next_amount=None if next_minor is None else money(next_minor, currency),
    )

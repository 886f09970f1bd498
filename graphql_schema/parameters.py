"""System parameters."""

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.port import Info
from graphql_schema.reading import ordinal
from graphql_schema.relay import After, Connection, First, connect
from graphql_schema.scalars import Moment, WholeNumber, moment
from models.engines import Row
from services.parameters import ParameterName

gql_enum(
    ParameterName,
    "Every system parameter; the unit ends its name.",
    {
        "PRIZE_POOL_THRESHOLD_MINOR": (
            "Below this an alert tells that a prize pool is low, in minor units."
        ),
        "TICKET_CONFIRMATION_S": (
            "How long a ticket may wait for its serial before its stake goes back, in seconds."
        ),
        "PRIZE_CLAIM_DAYS": "How long after its publication a draw's prizes are paid, in days.",
        "PRIZE_TAX_FROM_MINOR": "A prize above this is taxed as a whole, in minor units.",
        "PRIZE_TAX_BASIS_POINTS": "The tax on such a prize: 100 basis points are one per cent.",
        "LIMIT_RAISE_S": (
            "How long a holder waits before a higher limit of their own holds, in seconds."
        ),
        "EXCLUSION_MIN_DAYS": "The shortest period of self-exclusion, in days.",
        "EXCLUSION_MAX_DAYS": "The longest period of self-exclusion, in days.",
        "ANSWER_RETENTION_DAYS": "How long idempotency keys and their answers are kept, in days.",
        "EVENT_RETENTION_DAYS": "How long the feed's events are kept, in days.",
        "WITHDRAWAL_PER_DAY_MINOR": "The most that leaves an account for cards in a business day.",
        "PIN_TRIES": "How many wrong payment PINs lock it.",
        "PIN_LOCK_S": "How long a payment PIN is locked then, in seconds.",
        "STEP_UP_S": "How long a session that gave the payment PIN is stepped up, in seconds.",
    },
)


@gql_type
class ParameterChange:
    """A value that a parameter was given."""

    value: WholeNumber = strawberry.field(description="The value.")
    before: WholeNumber = strawberry.field(description="What was in force before.")
    principal: str = strawberry.field(
        description="Who gave it: the kind of caller, and their own id."
    )
    reason: str | None = strawberry.field(description="Why, in their words.")
    at: Moment = strawberry.field(description="Since when it was in force.")


@gql_type
class Parameter:
    """A system parameter, which operators change without a restart."""

    name: ParameterName = strawberry.field(description="Which one.")
    value: WholeNumber = strawberry.field(description="What is in force.")
    default: WholeNumber = strawberry.field(description="What holds until somebody says otherwise.")

    @gql_field
    async def history(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ParameterChange]:
        """Every value that it was given, newest first."""
        page = info.context.reading.page("parameter", first, after, ordinal)
        rows = await info.context.reads.parameter_changes(self.name, page)
        return connect(rows, page, _change, "number")


def _change(row: Row) -> ParameterChange:
    return ParameterChange(
        value=WholeNumber(str(row["value"])),
        before=WholeNumber(str(row["before"])),
        principal=row["principal"],
        reason=row["reason"],
        at=moment(row["at"]),
    )

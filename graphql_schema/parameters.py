"""System parameters."""

import strawberry

from graphql_schema.describe import gql_enum, gql_type
from graphql_schema.scalars import WholeNumber
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
        "ANSWER_RETENTION_DAYS": "How long idempotency keys and their answers are kept, in days.",
        "EVENT_RETENTION_DAYS": "How long the feed's events are kept, in days.",
    },
)


@gql_type
class Parameter:
    """A system parameter, which operators change without a restart."""

    name: ParameterName = strawberry.field(description="Which one.")
    value: WholeNumber = strawberry.field(description="What is in force.")
    default: WholeNumber = strawberry.field(description="What holds until somebody says otherwise.")

"""What the inputs and results of all mutations have in common."""

import strawberry

from graphql_schema.describe import gql_input, gql_interface


@gql_input
class KeyedInput:
    """An input with an idempotency key."""

    idempotency_key: str = strawberry.field(
        description=(
            "Yours, 1 to 128 printable characters. However often it is asked with the same key, "
            "it is done once, and the first answer is given again, for ANSWER_RETENTION_DAYS at "
            "least; after that the key is a new one."
        )
    )


@gql_interface
class Success:
    """An answer that says yes."""

    replayed: bool = strawberry.field(description="Whether this is the first answer given again.")

"""The schema: every root field, and how names and scalars are made."""

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from graphql_schema.relay import NODE_TYPES
from graphql_schema.scalars import SCALARS
from resolvers.carrying import audit_refusals
from resolvers.mutations import MUTATIONS
from resolvers.queries import QUERIES
from resolvers.subscriptions import SUBSCRIPTIONS

schema = strawberry.Schema(
    create_type("Query", QUERIES, description="What can be read."),
    create_type("Mutation", MUTATIONS, description="What can be done."),
    create_type("Subscription", SUBSCRIPTIONS, description="What can be followed live."),
    types=list(NODE_TYPES.values()),
    config=StrawberryConfig(scalar_map=SCALARS),
)
"""Without Strawberry extensions: the transport runs none."""

audit_refusals(schema._schema)  # noqa: SLF001  Strawberry has no public name for it

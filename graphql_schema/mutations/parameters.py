"""Changing system parameters."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.mutations.common import Success
from graphql_schema.parameters import Parameter
from graphql_schema.refusals import PlainRefusal
from graphql_schema.scalars import WholeNumber
from services.parameters import ParameterName


@gql_input
class SetParameterInput:
    """A parameter's new value."""

    name: ParameterName = strawberry.field(description="Which one.")
    value: WholeNumber = strawberry.field(description="What shall be in force; zero or above.")
    reason: str | None = strawberry.field(
        default=None, description="Why, at most 200 characters: kept with the change."
    )


@gql_type
class SetParameterSuccess(Success):
    """The value is in force, in other processes within seconds."""

    parameter: Parameter = strawberry.field(description="The parameter.")


SetParameterResult = Annotated[
    SetParameterSuccess | PlainRefusal,
    strawberry.union("SetParameterResult", description="What became of `setParameter`."),
]

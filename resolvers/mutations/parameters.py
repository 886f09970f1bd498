"""Changing system parameters."""

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.parameters import (
    SetParameterInput,
    SetParameterResult,
    SetParameterSuccess,
)
from graphql_schema.refusals import PLAIN
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from resolvers.queries.parameters import parameter


@gql_mutation
async def set_parameter(info: Info, given: Input[SetParameterInput]) -> SetParameterResult | None:
    """Change a system parameter, without a restart. For operators."""
    context = info.context
    value = context.reading.whole(given.value, "value")
    return await carry_out(
        context,
        context.house.parameters.change(context.actor, given.name, value),
        lambda changed: SetParameterSuccess(
            parameter=parameter(given.name, changed), replayed=False
        ),
        PLAIN,
    )


MUTATIONS = [set_parameter]

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
from services.staff.set_parameter import set_parameter as set_it


@gql_mutation
async def set_parameter(info: Info, given: Input[SetParameterInput]) -> SetParameterResult | None:
    """Change a system parameter, without a restart. For operators."""
    context = info.context
    value = context.reading.whole(given.value, "value")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        set_it(context.house, context.actor, given.name, value, reason),
        lambda answered: SetParameterSuccess(
            parameter=parameter(given.name, answered.body["change"]["value"]), replayed=False
        ),
        PLAIN,
    )


MUTATIONS = [set_parameter]

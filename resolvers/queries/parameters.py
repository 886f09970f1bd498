"""System parameters."""

from graphql_schema.describe import gql_field
from graphql_schema.parameters import Parameter
from graphql_schema.scalars import WholeNumber
from models.kinds import Permission
from resolvers.context import Info
from services.actors import NotAllowed
from services.parameters import DEFAULTS, ParameterName


@gql_field
async def parameters(info: Info) -> list[Parameter] | None:
    """Every system parameter with what is in force. For who sets them, or sees the audit log."""
    context = info.context
    try:
        context.actor.require(Permission.SET_PARAMETERS, Permission.SEE_AUDIT)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    values = context.house.parameters
    return [parameter(name, await values.value(name)) for name in ParameterName]


def parameter(name: ParameterName, value: int) -> Parameter:
    """Return a parameter as clients see it."""
    return Parameter(
        name=name, value=WholeNumber(str(value)), default=WholeNumber(str(DEFAULTS[name]))
    )


QUERIES = [parameters]

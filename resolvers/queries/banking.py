"""Money that arrived for nobody."""

from typing import Annotated

import strawberry

from graphql_schema.banking import SuspenseItem
from graphql_schema.describe import gql_field
from graphql_schema.relay import After, Connection, First, connect, uuid_of
from models.kinds import Permission, SuspenseState
from resolvers.context import Info
from services.actors import NotAllowed


@gql_field
async def suspense(
    info: Info,
    state: Annotated[
        SuspenseState | None,
        strawberry.argument(description="Only what stands like this; all, when left out."),
    ] = None,
    first: First = 20,
    after: After = None,
) -> Connection[SuspenseItem] | None:
    """Money that arrived for nobody that is known, newest first. For operators."""
    context = info.context
    try:
        context.actor.require(Permission.ATTRIBUTE_SUSPENSE, Permission.SEE_LEDGER)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    page = context.reading.page("suspense", first, after, uuid_of)
    rows = await context.reads.suspense(page, {} if state is None else {"state": state})
    return connect(rows, page, lambda row: SuspenseItem(row=row))


QUERIES = [suspense]

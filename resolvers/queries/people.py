"""Who asks."""

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.partners import Partner
from graphql_schema.people import Customer, Viewer
from resolvers.context import Info
from services.actors import ActorKind


@gql_field
async def viewer(info: Info) -> Viewer | None:
    """Who you are: a customer, or a partner's system; null when you have not signed in."""
    actor = info.context.actor
    if actor.kind is ActorKind.CUSTOMER:
        return await fetch(info.context, Customer, actor.id)
    return await fetch(info.context, Partner, actor.id)


QUERIES = [viewer]

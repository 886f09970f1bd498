"""Who asks."""

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.partners import Partner
from graphql_schema.people import Customer, Viewer
from graphql_schema.staff import StaffMember
from resolvers.context import Info
from services.actors import ActorKind


@gql_field
async def viewer(info: Info) -> Viewer | None:
    """Who you are: a customer, a partner's system, a person of the house; null for nobody."""
    actor = info.context.actor
    if actor.kind is ActorKind.CUSTOMER:
        return await fetch(info.context, Customer, actor.id)
    if actor.is_of_the_house:
        return await fetch(info.context, StaffMember, actor.id)
    return await fetch(info.context, Partner, actor.id)


QUERIES = [viewer]

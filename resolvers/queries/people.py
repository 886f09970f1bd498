"""Who asks, and their sessions."""

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.partners import Partner
from graphql_schema.people import Customer, Session, Viewer
from graphql_schema.staff import StaffMember
from resolvers.context import Info
from services.actors import ActorKind, NotAllowed
from services.people.persons import PERSONS


@gql_field
async def viewer(info: Info) -> Viewer | None:
    """Who you are: a customer, a partner's system, a person of the house; null for nobody."""
    actor = info.context.actor
    if actor.kind is ActorKind.CUSTOMER:
        return await fetch(info.context, Customer, actor.id)
    if actor.is_of_the_house:
        return await fetch(info.context, StaffMember, actor.id)
    return await fetch(info.context, Partner, actor.id)


@gql_field
async def sessions(info: Info) -> list[Session] | None:
    """Your own sessions that are open, newest first, at most 50. For whoever signed in."""
    context = info.context
    if context.actor.kind not in PERSONS:
        raise context.not_allowed(NotAllowed(signed_in=context.actor.kind is not ActorKind.NOBODY))
    return [Session(row=row) for row in await context.reads.sessions()]


QUERIES = [viewer, sessions]

"""Partners, and a lottery centre's prize pool."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.money import money
from graphql_schema.partners import Partner, PrizePool
from graphql_schema.relay import After, Connection, First, connect, uuid_of
from models.kinds import ApiKeyScope, PartnerKind
from resolvers.context import Info
from services.actors import NotAllowed
from services.parameters import ParameterName


@gql_field
async def partners(
    info: Info,
    first: First = 20,
    after: After = None,
    kind: Annotated[
        PartnerKind | None, strawberry.argument(description="Only those of this kind.")
    ] = None,
) -> Connection[Partner] | None:
    """The partners, newest first: who may be given a mandate, whose the draws are."""
    context = info.context
    context.require_signed_in()
    page = context.reading.page("partner", first, after, uuid_of)
    rows = await context.reads.partners(page, {} if kind is None else {"kind": kind})
    return connect(rows, page, lambda row: Partner(row=row))


@gql_field
async def prize_pool(info: Info) -> PrizePool | None:
    """What your prize pool holds. For lottery centres."""
    context = info.context
    try:
        centre_id = context.actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.READ)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    centre = await fetch(info.context, Partner, centre_id)
    pool = await context.reads.balance(centre_id)
    if centre is None or pool is None:
        return None
    threshold = await context.house.parameters.value(ParameterName.PRIZE_POOL_THRESHOLD_MINOR)
    return PrizePool(
        partner=centre,
        balance=money(pool["balance_minor"], pool["currency"]),
        threshold=money(threshold, pool["currency"]),
    )


QUERIES = [partners, prize_pool]

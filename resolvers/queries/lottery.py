"""Draws, and how far their payment has come."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.lottery import Draw, PayoutRun
from graphql_schema.relay import After, Connection, First, NodeKind, connect, uuid_of
from models.kinds import ApiKeyScope, DrawState, PartnerKind, Permission
from resolvers.bounds import GAME_MAX
from resolvers.context import Info
from services.actors import NotAllowed


@gql_field
async def draw(
    info: Info,
    draw_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The draw's id.")],
) -> Draw | None:
    """A draw; null when there is none."""
    info.context.require_signed_in()
    return await fetch(info.context, Draw, info.context.reading.id(draw_id, NodeKind.DRAW, "id"))


@gql_field
async def draws(
    info: Info,
    first: First = 20,
    after: After = None,
    state: Annotated[
        DrawState | None, strawberry.argument(description="Only those in this state.")
    ] = None,
    game: Annotated[str | None, strawberry.argument(description="Only those of this game.")] = None,
) -> Connection[Draw] | None:
    """The draws of all lottery centres, newest first."""
    context = info.context
    context.require_signed_in()
    page = context.reading.page("draw", first, after, uuid_of)
    wanted: dict[str, str] = {}
    if state is not None:
        wanted["state"] = state
    if game is not None:
        wanted["game"] = context.reading.text(game, "game", GAME_MAX)
    rows = await context.reads.draws(page, wanted)
    return connect(rows, page, lambda row: Draw(row=row))


@gql_field
async def payout_run(
    info: Info,
    run_id: Annotated[
        strawberry.ID, strawberry.argument(name="id", description="From the answer to `payDraw`.")
    ],
) -> PayoutRun | None:
    """How far the payment of a draw has come. For operators, and for the draw's lottery centre."""
    context = info.context
    try:
        if context.actor.is_of_the_house:
            context.actor.require(Permission.PAY_PRIZES, Permission.SEE_LEDGER)
        else:
            context.actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.READ)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    return await fetch(
        info.context, PayoutRun, context.reading.id(run_id, NodeKind.PAYOUT_RUN, "id")
    )


QUERIES = [draw, draws, payout_run]

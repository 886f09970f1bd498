"""Partners' webhooks."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.relay import After, Connection, First, NodeKind, connect, uuid_of
from graphql_schema.webhooks import Webhook
from models.kinds import ApiKeyScope, Permission
from resolvers.context import Info
from services.actors import NotAllowed


@gql_field
async def webhooks(
    info: Info,
    first: First = 20,
    after: After = None,
    partner_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only those of this partner.")
    ] = None,
) -> Connection[Webhook] | None:
    """Webhooks, newest first: your own, or any partner's for operators who manage partners."""
    context = info.context
    try:
        if context.actor.partner_kind is None:
            context.actor.require(Permission.MANAGE_PARTNERS)
        else:
            context.actor.partner_id(scope=ApiKeyScope.MANAGE_WEBHOOKS)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    page = context.reading.page("webhook", first, after, uuid_of)
    of_partner = (
        {}
        if partner_id is None
        else {"partner_id": context.reading.id(partner_id, NodeKind.PARTNER, "partnerId")}
    )
    rows = await context.reads.webhooks(page, of_partner)
    return connect(rows, page, lambda row: Webhook(row=row))


QUERIES = [webhooks]

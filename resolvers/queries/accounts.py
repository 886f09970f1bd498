"""Accounts, and purchases by their reference."""

from typing import Annotated

import strawberry

from graphql_schema.accounts import Account, Transaction
from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch
from graphql_schema.relay import NodeKind
from models.kinds import ApiKeyScope, PartnerKind
from resolvers.bounds import REFERENCE_MAX
from resolvers.context import Info
from services.actors import NotAllowed


@gql_field
async def account(
    info: Info,
    account_id: Annotated[
        strawberry.ID, strawberry.argument(name="id", description="The account's id.")
    ],
) -> Account | None:
    """An account; null when there is none, or none for you."""
    info.context.require_signed_in()
    return await fetch(
        info.context, Account, info.context.reading.id(account_id, NodeKind.ACCOUNT, "id")
    )


@gql_field
async def purchase_by_reference(
    info: Info,
    reference: Annotated[
        str, strawberry.argument(description="Your order reference, at most 64 characters.")
    ],
) -> Transaction | None:
    """The purchase that your order reference paid for; null when none did. For sales platforms."""
    context = info.context
    try:
        platform_id = context.actor.partner_id(PartnerKind.SALES_PLATFORM, scope=ApiKeyScope.READ)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    text = context.reading.text(reference, "reference", REFERENCE_MAX)
    row = await context.reads.purchase_by_reference(platform_id, text)
    return None if row is None else Transaction(row=row)


QUERIES = [account, purchase_by_reference]

"""Limiting and excluding oneself."""

from datetime import datetime

from graphql_schema.describe import gql_mutation
from graphql_schema.limits import self_limit
from graphql_schema.mutations.limits import (
    ExcludeMyselfInput,
    ExcludeMyselfResult,
    ExcludeMyselfSuccess,
    SetSelfLimitInput,
    SetSelfLimitResult,
    SetSelfLimitSuccess,
)
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from graphql_schema.scalars import moment
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.accounts.exclude_myself import ExcludeMyself
from services.accounts.exclude_myself import exclude_myself as exclude
from services.accounts.set_self_limit import SetLimit
from services.accounts.set_self_limit import set_self_limit as limit


@gql_mutation
async def set_self_limit(info: Info, given: Input[SetSelfLimitInput]) -> SetSelfLimitResult | None:
    """Limit what goes into your account, or what is spent from it. For customers.

    A lower limit holds at once, a higher one after LIMIT_RAISE_S; setting what is in force cancels
    a higher one that waits.
    """
    context = info.context
    reading = context.reading
    amount = None if given.amount is None else given.amount.read(reading, "amount")
    order = SetLimit(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        kind=given.kind,
        limit_minor=None if amount is None else amount[0],
        currency=None if amount is None else amount[1],
    )
    return await carry_out(
        context,
        limit(context.house, context.actor, order),
        lambda answered: SetSelfLimitSuccess(
            self_limit=self_limit(
                answered.body["limit"], answered.body["used_minor"], answered.body["currency"]
            ),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def exclude_myself(
    info: Info, given: Input[ExcludeMyselfInput]
) -> ExcludeMyselfResult | None:
    """Keep away from the game for a while; nobody can shorten it. For customers."""
    context = info.context
    order = ExcludeMyself(
        key=context.reading.key(given.idempotency_key),
        until=context.reading.time(given.until, "until"),
    )
    return await carry_out(
        context,
        exclude(context.house, context.actor, order),
        lambda answered: ExcludeMyselfSuccess(
            until=moment(datetime.fromisoformat(answered.body["until"])),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


MUTATIONS = [set_self_limit, exclude_myself]

"""Following the feed live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, cast
from uuid import UUID

import strawberry

from graphql_schema.describe import gql_subscription
from graphql_schema.faults import FORBIDDEN, OVERFLOW, fault
from graphql_schema.notifications import After, FeedMessage, Kinds
from graphql_schema.relay import NodeKind
from models.kinds import ApiKeyScope, EventKind, PartnerKind, Permission
from resolvers.context import Context, Info
from resolvers.happenings import read_after, read_kinds, shown, shown_gap, unseen
from services.actors import NotAllowed
from services.notifications.feed import Overflowed
from services.notifications.follow import follow
from services.notifications.hearing import hearing
from services.notifications.items import Gap
from services.refusals import Refused

PRIZES = frozenset({EventKind.PRIZE_PAID})
ALERTS = frozenset({EventKind.THRESHOLD_ALERT})


@gql_subscription
async def prize_notifications(info: Info, after: After = None) -> AsyncGenerator[FeedMessage, None]:
    """Prizes, as they arrive on your accounts. For customers."""
    context = info.context
    try:
        context.actor.customer_id()
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    return await _followed(context, after, PRIZES)


@gql_subscription
async def account_activity(
    info: Info,
    account_id: Annotated[strawberry.ID, strawberry.argument(description="Your account.")],
    after: After = None,
) -> AsyncGenerator[FeedMessage, None]:
    """Whatever happens on one account of yours. For customers."""
    context = info.context
    try:
        context.actor.customer_id()
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    account = context.reading.id(account_id, NodeKind.ACCOUNT, "accountId")
    return await _followed(context, after, None, account)


@gql_subscription
async def notifications(
    info: Info, after: After = None, kinds: Kinds = None
) -> AsyncGenerator[FeedMessage, None]:
    """Everything that you are told. For whoever has signed in, partners' systems above all."""
    return await _followed(info.context, after, read_kinds(info.context, kinds))


@gql_subscription
async def threshold_alerts(info: Info, after: After = None) -> AsyncGenerator[FeedMessage, None]:
    """Alerts: operators hear all of them, lottery centres those of their own pool."""
    context = info.context
    try:
        if context.actor.is_of_the_house:
            context.actor.require(Permission.SEE_LEDGER)
        else:
            context.actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.SUBSCRIBE)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    return await _followed(context, after, ALERTS)


async def _followed(
    context: Context,
    after: str | None,
    kinds: frozenset[EventKind] | None,
    account_id: UUID | None = None,
) -> AsyncGenerator[FeedMessage, None]:
    """Check who asks for what before the stream begins, and return it."""
    position = read_after(context, after)
    try:
        await hearing(context.actor, kinds, account_id)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    except Refused as refused:
        raise unseen(context, refused) from None
    return _messages(context, position, kinds, account_id)


async def _messages(
    context: Context,
    after: int | None,
    kinds: frozenset[EventKind] | None,
    account_id: UUID | None,
) -> AsyncGenerator[FeedMessage, None]:
    stream = follow(context.feed, context.actor, after=after, kinds=kinds, account_id=account_id)
    try:
        async with aclosing(stream):
            async for item in stream:
                if not await context.still_in(context.house.clock, context.actor):
                    raise fault(context.language, FORBIDDEN)
                if context.actor.is_of_the_house and not await context.still_may(context.actor):
                    raise fault(context.language, FORBIDDEN)
                told = shown_gap(item) if isinstance(item, Gap) else shown(item)
                yield cast("FeedMessage", told)
    except Overflowed:
        raise fault(context.language, OVERFLOW) from None


SUBSCRIPTIONS = [prize_notifications, account_activity, notifications, threshold_alerts]

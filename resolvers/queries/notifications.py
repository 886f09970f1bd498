"""The feed as a query: what the subscriptions tell, page by page."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.notifications import FEED, FeedConnection, Kinds
from graphql_schema.reading import ordinal
from graphql_schema.relay import After, Edge, First, NodeKind, PageInfo, cursor_of
from resolvers.context import Info
from resolvers.happenings import read_kinds, shown, shown_gap, unseen
from services.actors import NotAllowed
from services.notifications.history import history
from services.refusals import Refused


@gql_field
async def feed(
    info: Info,
    first: First = 20,
    after: After = None,
    kinds: Kinds = None,
    account_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only events of this account.")
    ] = None,
    newest_first: Annotated[  # noqa: FBT002 - a GraphQL argument always has a name
        bool, strawberry.argument(description="From the newest back, not from the oldest on.")
    ] = False,
) -> FeedConnection | None:
    """What you were told: the same events as the subscriptions, oldest first unless asked."""
    context = info.context
    page = context.reading.page(FEED, first, after, ordinal)
    account = (
        None
        if account_id is None
        else context.reading.id(account_id, NodeKind.ACCOUNT, "accountId")
    )
    try:
        found = await history(
            context.feed,
            context.actor,
            first=page.first,
            after=None if newest_first else page.after,
            before=page.after if newest_first else None,
            newest_first=newest_first,
            kinds=read_kinds(context, kinds),
            account_id=account,
        )
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    except Refused as refused:
        raise unseen(context, refused) from None
    edges = [Edge(node=shown(item), cursor=cursor_of(FEED, item.position)) for item in found.items]
    return FeedConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=found.has_next,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        gap=None if found.gap is None else shown_gap(found.gap),
    )


QUERIES = [feed]

"""Anything by its id."""

import asyncio
from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.fetching import fetch_kind
from graphql_schema.reading import IDS_MAX
from graphql_schema.relay import Node
from resolvers.context import Info


@gql_field
async def node(
    info: Info,
    node_id: Annotated[
        strawberry.ID, strawberry.argument(name="id", description="The id of anything.")
    ],
) -> Node | None:
    """The thing of that id; null when there is none, or none for you."""
    info.context.require_signed_in()
    return await fetch_kind(info.context, *info.context.reading.node_id(node_id, "id"))


@gql_field
async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")],
) -> list[Node | None] | None:
    """The things of those ids, in their order, each null where there is none, or none for you."""
    info.context.require_signed_in()
    reading = info.context.reading
    wanted = [
        reading.node_id(node_id, f"ids.{index}")
        for index, node_id in enumerate(reading.items(ids, "ids", IDS_MAX, 0))
    ]
    return await asyncio.gather(*(fetch_kind(info.context, *each) for each in wanted))


QUERIES = [node, nodes]

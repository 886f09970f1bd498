"""From one node to another."""

from typing import TypeVar
from uuid import UUID

from graphql_schema.port import Port
from graphql_schema.relay import NODE_TYPES, Node, NodeKind, uuid_of

N = TypeVar("N", bound=Node)


async def fetch(context: Port, node: type[N], row_id: UUID | str | None) -> N | None:
    """Return the node of that id, or None where there is none, for this caller."""
    if row_id is None:
        return None
    row = await context.reads.row(node.KIND, uuid_of(row_id))
    return None if row is None else node(row=row)


async def fetch_public(context: Port, node: type[N], row_id: UUID | str) -> N:
    """Return a node that is never removed and that whoever has signed in may see."""
    found = await fetch(context, node, row_id)
    assert found is not None  # noqa: S101 - see above
    return found


async def fetch_kind(context: Port, kind: NodeKind, row_id: UUID | str | None) -> Node | None:
    """Do the same where the type cannot be imported, because it stands above."""
    return await fetch(context, NODE_TYPES[kind], row_id)

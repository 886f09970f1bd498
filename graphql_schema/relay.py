"""Relay: nodes with opaque global ids, and connections that page by key, never by offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, ClassVar, Generic, TypeVar
from uuid import UUID

import strawberry

from graphql_schema.describe import gql_field, gql_interface, gql_type
from models.engines import Row
from models.ids import id_of


class NodeKind(StrEnum):
    """What a global id may name: the GraphQL types that are nodes."""

    ACCOUNT = "Account"
    API_KEY = "ApiKey"
    AUDIT_ENTRY = "AuditEntry"
    BANK_CARD = "BankCard"
    CUSTOMER = "Customer"
    DEAD_LETTER = "DeadLetter"
    DEPOSIT = "Deposit"
    DRAW = "Draw"
    MANDATE = "Mandate"
    PARTNER = "Partner"
    PAYOUT_RUN = "PayoutRun"
    ROLE = "Role"
    SESSION = "Session"
    STAFF_MEMBER = "StaffMember"
    SUSPENSE_ITEM = "SuspenseItem"
    TICKET = "Ticket"
    TRANSACTION = "Transaction"
    WEBHOOK = "Webhook"
    WINNING_TICKET = "WinningTicket"
    WITHDRAWAL = "Withdrawal"


IDS_KEPT = 20_000
"""How many ids are remembered with what they name: the same accounts come again and again."""
ID_MAX = 100


def encode(kind: NodeKind, row_id: UUID | str) -> strawberry.ID:
    """Return the global id of a row."""
    return strawberry.ID(base64.b64encode(f"{kind}:{row_id}".encode()).decode())


def decode(value: str) -> tuple[NodeKind, UUID] | None:
    """Return what a global id names, or None where it is none of ours."""
    return _read(value) if len(value) <= ID_MAX else None


@lru_cache(IDS_KEPT)
def _read(value: str) -> tuple[NodeKind, UUID] | None:
    try:
        kind, _, row_id = base64.b64decode(value, validate=True).decode().partition(":")
        decoded = NodeKind(kind), id_of(row_id)
    except (binascii.Error, ValueError):
        return None
    return decoded if encode(*decoded) == value else None


def uuid_of(value: UUID | str) -> UUID:
    """Return a row's id: rows of the database hold UUIDs, rows of answers their text."""
    return value if isinstance(value, UUID) else id_of(value)


NODE_TYPES: dict[NodeKind, type["Node"]] = {}
"""The type of each kind; filled as the types are made."""


@gql_interface
class Node:
    """A thing that can be fetched again by its id, through `node` and `nodes`."""

    KIND: ClassVar[NodeKind]
    row: strawberry.Private[Row]

    def __init_subclass__(cls) -> None:
        """Remember which type the ids of this kind name."""
        NODE_TYPES[cls.KIND] = cls

    @gql_field
    def id(self) -> strawberry.ID:
        """Opaque and global: no other thing of any type has it."""
        return encode(self.KIND, self.row["id"])


T = TypeVar("T")
Position = TypeVar("Position", int, UUID)


@dataclass(frozen=True, slots=True)
class Page(Generic[Position]):
    """How many rows, and the position after which they begin. ``kind`` marks the cursors."""

    kind: str
    first: int
    after: Position | None


def cursor_of(kind: str, position: int | UUID) -> str:
    """Return the opaque cursor of a position in a connection."""
    return base64.b64encode(f"{kind}:{position}".encode()).decode()


First = Annotated[
    int, strawberry.argument(description="How many at the most, from 1 to 100.", name="first")
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="Begin after this cursor, taken from an earlier page.", name="after"
    ),
]


@gql_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether more follows after `endCursor`.")
    has_previous_page: bool = strawberry.field(
        description="Whether this page was asked for with `after`."
    )
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")
    end_cursor: str | None = strawberry.field(
        description="The last edge's cursor: give it as `after` to go on."
    )


@gql_type
class Edge(Generic[T]):
    """One entry of a page."""

    node: T = strawberry.field(description="The entry itself.")
    cursor: str = strawberry.field(description="Its position: give it as `after` to go on here.")


@gql_type
class Connection(Generic[T]):
    """A page of a list. Entries that arrive meanwhile neither shift nor repeat what follows."""

    edges: list[Edge[T]] = strawberry.field(description="The entries, in the list's order.")
    page_info: PageInfo = strawberry.field(description="Whether and where the list goes on.")


def connect(
    rows: Sequence[Row], page: Page[Position], wrap: Callable[[Row], T], position: str = "id"
) -> Connection[T]:
    """Make a connection of a page's rows and the one after them, which only tells that it exists.

    Args:
        rows: In order; at most one more than the page has.
        page: What was asked for.
        wrap: Makes the node of a row.
        position: The column by which the rows are ordered.
    """
    edges = [
        Edge(node=wrap(row), cursor=cursor_of(page.kind, row[position]))
        for row in rows[: page.first]
    ]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rows) > page.first,
            has_previous_page=page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )

"""DataLoaders: what a list's entries ask for one by one is read at once, for one caller.

They live as long as one operation, or one event of a subscription, and are thrown away after each
mutation, so that nothing old is shown.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from strawberry.dataloader import DataLoader

from graphql_schema.relay import NodeKind
from models import StaffRole, Wallet
from models.engines import Row
from models.kinds import GrantState
from resolvers.visible import Rows, visible, visible_balances, visible_profiles
from services.actors import Actor

RowLoader = DataLoader[UUID, Row | None]


class Loaders:
    """The loaders of one caller."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._nodes: dict[NodeKind, RowLoader] = {}
        self.balances = RowLoader(_by(visible_balances(actor), "id"))
        self.profiles = RowLoader(_by(visible_profiles(actor), "id"))
        self.currencies = RowLoader(_by(Wallet.all(), "id"))
        self.tickets: DataLoader[UUID, list[Row]] = DataLoader(
            _all_by(visible(NodeKind.TICKET, actor), "purchase_id")
        )
        self.roles: DataLoader[UUID, list[Row]] = DataLoader(self._roles_of)
        self.winnings = RowLoader(_by(visible(NodeKind.WINNING_TICKET, actor), "ticket_id"))

    def node(self, kind: NodeKind) -> RowLoader:
        """Return the loader of the nodes of a kind by their ids."""
        if kind not in self._nodes:
            self._nodes[kind] = RowLoader(_by(visible(kind, self._actor), "id"))
        return self._nodes[kind]

    async def _roles_of(self, member_ids: list[UUID]) -> list[list[Row]]:
        found: dict[UUID, list[Row]] = {member_id: [] for member_id in member_ids}
        held = StaffRole.filter(member_id__in=member_ids, state=GrantState.HELD)
        for member_id, role_id in await held.order_by("id").values_list("member_id", "role_id"):
            role = await self.node(NodeKind.ROLE).load(role_id)
            if role is not None:
                found[member_id].append(role)
        return [found[member_id] for member_id in member_ids]


def _by(query: Rows, column: str) -> Callable[[list[UUID]], Awaitable[list[Row | None]]]:
    async def load(keys: list[UUID]) -> list[Row | None]:
        if query is None:
            return [None] * len(keys)
        rows: list[Row] = await query.filter(**{f"{column}__in": keys}).values()
        found = {row[column]: row for row in rows}
        return [found.get(key) for key in keys]

    return load


def _all_by(query: Rows, column: str) -> Callable[[list[UUID]], Awaitable[list[list[Row]]]]:
    async def load(keys: list[UUID]) -> list[list[Row]]:
        found: dict[UUID, list[Row]] = {key: [] for key in keys}
        if query is not None:
            rows: list[Row] = await query.filter(**{f"{column}__in": keys}).order_by("id").values()
            for row in rows:
                found[row[column]].append(row)
        return [found[key] for key in keys]

    return load
